"""Surface factors from bands of reflectance."""

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.factors.surface import BANDS, derive_surface_factors
from landshift.geodata.composites import compose_median

GRID = GeoBox.from_bbox((0, 0, 40, 30), "EPSG:32643", resolution=10)
CLOUD, SHADOW, VEGETATION, BARE = 9, 3, 4, 5


def make_image(**values):
    """Bands with one value each, or arrays of shape (3, 4)."""
    return {
        name: wrap_xr(np.broadcast_to(np.float32(value), GRID.shape).copy(), GRID)
        for name, value in values.items()
    }


def stack(*values):
    """Images of one band, one value a date."""
    return xr.concat([make_image(band=value)["band"] for value in values], "time")


def test_indices_by_hand():
    derived = derive_surface_factors(make_image(blue=300, red=400, nir=2800, swir=1200))
    assert list(derived) == ["ndvi", "ndmi", "bsi"]
    np.testing.assert_allclose(derived.ndvi, 2400 / 3200)
    np.testing.assert_allclose(derived.ndmi, 1600 / 4000)
    np.testing.assert_allclose(derived.bsi, (1600 - 3100) / 4700, rtol=1e-6)
    assert derived.bsi.odc.geobox == GRID
    assert derived.ndvi.attrs == {
        "units": "1",
        "long_name": "normalised difference vegetation index",
    }


def test_scale_does_not_matter():
    values = {"blue": 300, "red": 400, "nir": 2800, "swir": 1200}
    shares = {name: value / 10_000 for name, value in values.items()}
    xr.testing.assert_allclose(
        derive_surface_factors(make_image(**values)), derive_surface_factors(make_image(**shares))
    )


def test_dark_cells_have_values_and_missing_ones_have_none():
    image = make_image(blue=0, red=-50, nir=0, swir=0)
    image["swir"][1, 2] = np.nan
    derived = derive_surface_factors(image)
    assert (derived.ndvi == 0).all()
    assert np.isnan(derived.ndmi.values[1, 2]) and np.isnan(derived.bsi.values[1, 2])
    assert np.isnan(derived.ndmi.values).sum() == 1


def test_median_of_odd_even_and_no_dates():
    np.testing.assert_array_equal(compose_median(stack(5, 1, 3)), np.full(GRID.shape, 3))
    np.testing.assert_array_equal(
        compose_median(stack(5, 1, np.nan, 2, 9)), np.full(GRID.shape, 3.5)
    )
    assert np.isnan(compose_median(stack(np.nan, np.nan))).all()


def test_median_equals_that_of_numpy():
    generator = np.random.default_rng(1)
    values = generator.normal(size=(7, *GRID.shape)).astype(np.float32)
    values[generator.random(values.shape) < 0.3] = np.nan
    values[0] = 0
    band = stack(*range(7)).copy(data=values)
    np.testing.assert_allclose(compose_median(band), np.nanmedian(values, axis=0), rtol=1e-6)


def test_clouds_and_shadows_do_not_count():
    band = stack(9000, 400, 50, 600)
    classes = stack(CLOUD, VEGETATION, SHADOW, BARE)
    np.testing.assert_array_equal(compose_median(band, classes), np.full(GRID.shape, 500))
    classes[:, 0, 0] = CLOUD
    masked = compose_median(band, classes)
    assert np.isnan(masked.values[0, 0]) and not np.isnan(masked.values[0, 1])


def test_factors_of_a_cloudy_stack_equal_those_of_its_clear_image():
    clear = {"blue": 300, "red": 400, "nir": 2800, "swir": 1200}
    stacks = {name: stack(9500, value, value) for name, value in clear.items()}
    derived = derive_surface_factors(stacks, scene_classes=stack(CLOUD, VEGETATION, BARE))
    xr.testing.assert_allclose(derived, derive_surface_factors(make_image(**clear)))


def test_chunks_change_nothing():
    generator = np.random.default_rng(2)
    bands = {
        name: stack(0, 0, 0).copy(
            data=generator.uniform(0, 5000, (3, *GRID.shape)).astype(np.float32)
        )
        for name in BANDS
    }
    classes = stack(VEGETATION, CLOUD, BARE)
    whole = derive_surface_factors(bands, scene_classes=classes)
    chunked = derive_surface_factors(
        {name: band.chunk(time=1, y=2, x=3) for name, band in bands.items()},
        scene_classes=classes.chunk(time=1, y=2, x=3),
    )
    assert chunked.ndvi.chunks is not None
    xr.testing.assert_identical(chunked.compute(), whole)


def test_refuses_incomplete_or_unlike_bands():
    image = make_image(blue=1, red=1, nir=1, swir=1)
    with pytest.raises(ValueError, match="bands nir, swir are missing"):
        derive_surface_factors({name: image[name] for name in ("blue", "red")})
    with pytest.raises(ValueError, match="the band swir has dimensions"):
        derive_surface_factors(image | {"swir": image["swir"][:2]})
    moved = wrap_xr(image["nir"].values, GRID.translate_pix(1, 0))
    with pytest.raises(ValueError, match="nir is on another grid"):
        derive_surface_factors(image | {"nir": moved})
    with pytest.raises(ValueError, match="give bands with a dimension time"):
        derive_surface_factors(image, scene_classes=image["red"])
    with pytest.raises(ValueError, match="the same dates"):
        compose_median(stack(1, 2), stack(VEGETATION))
