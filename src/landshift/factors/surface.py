"""Surface factors: vegetation, moisture and bare soil from the bands of a multispectral image.

Made for Sentinel-2 (level 2A): blue B02, red B04, near infrared B08, short-wave infrared B11.
The indices are ratios of sums, so they do not depend on the scale of the reflectance, but they do
depend on an offset: products of Sentinel-2 since processing baseline 04.00 need -1000 added first.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from landshift.factors.table import FACTORS, factor_names
from landshift.geodata.composites import compose_median
from landshift.geodata.raster import wrap_like

BANDS = ("blue", "red", "nir", "swir")
"""Bands that the factors need."""


NAMES = tuple(name for name in factor_names("surface") if not FACTORS[name].classes)
"""Measured factors of the group, in the order of the bands."""


def derive_surface_factors(
    bands: Mapping[str, xr.DataArray], *, scene_classes: xr.DataArray | None = None
) -> xr.Dataset:
    """Derive vegetation, moisture and bare soil indices, from one image or from many.

    ====== ==== ================================================================
    factor unit meaning
    ====== ==== ================================================================
    ndvi   1    vegetation: ``(nir - red) / (nir + red)``
    ndmi   1    moisture: ``(nir - swir) / (nir + swir)``
    bsi    1    bare soil: ``(swir + red - nir - blue) / (swir + red + nir + blue)``
    ====== ==== ================================================================

    Reflectances below 0, an artefact of dark shadows, count as 0, and an index of bands that are
    all 0 is 0. Where a band has no data, the factors have none.

    Parameters
    ----------
    bands
        Reflectance without offset, in any scale, of the bands `BANDS` (a dataset will do): all on
        one grid, dimensions ``(y, x)`` or ``(time, y, x)``, NaN as no data; eager or dask-backed.
        Stacks are reduced by `compose_median` first.
    scene_classes
        Sentinel-2's scene classification on the same grid and times, for stacks.

    Returns
    -------
    xarray.Dataset
        float32, dimensions ``(y, x)``.

    Raises
    ------
    ValueError
        If a band is missing or differs from the others in grid or dimensions, or scene classes
        come with single images.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 10, 10), "EPSG:32643", resolution=10)
    >>> values = {"blue": 300, "red": 400, "nir": 2800, "swir": 1600}
    >>> image = {name: wrap_xr(np.array([[value]]), grid) for name, value in values.items()}
    >>> derive_surface_factors(image).ndvi.item()
    0.75
    """
    _check_bands(bands, scene_classes)
    single = {name: _to_image(bands[name], scene_classes) for name in BANDS}
    reflectance = {name: image.clip(min=0).astype(np.float32) for name, image in single.items()}
    blue, red, nir, swir = (reflectance[name].data for name in BANDS)
    values = {
        "ndvi": _contrast(nir, red),
        "ndmi": _contrast(nir, swir),
        "bsi": _contrast(swir + red, nir + blue),
    }
    return xr.Dataset(
        {
            name: wrap_like(
                values[name],
                reflectance["red"],
                name=name,
                units=FACTORS[name].units,
                long_name=FACTORS[name].long_name,
            )
            for name in NAMES
        }
    )


def _contrast(first, second):
    """Difference over sum, 0 where both are 0."""
    total = first + second
    return (first - second) / (total + (total == 0))


def _to_image(band: xr.DataArray, scene_classes: xr.DataArray | None) -> xr.DataArray:
    return compose_median(band, scene_classes) if "time" in band.dims else band


def _check_bands(bands: Mapping[str, xr.DataArray], scene_classes: xr.DataArray | None) -> None:
    missing = [name for name in BANDS if name not in bands]
    if missing:
        raise ValueError(f"bands {', '.join(missing)} are missing; the surface needs {BANDS}")
    first = bands[BANDS[0]]
    for name in BANDS:
        if bands[name].dims != first.dims or bands[name].shape != first.shape:
            raise ValueError(
                f"the band {name} has dimensions {dict(bands[name].sizes)}, {BANDS[0]} has "
                f"{dict(first.sizes)}; bring all to one grid and the same dates"
            )
        if bands[name].odc.geobox != first.odc.geobox:
            raise ValueError(f"the band {name} is on another grid than {BANDS[0]}; align it first")
    if scene_classes is not None and "time" not in first.dims:
        raise ValueError("scene classes select dates; give bands with a dimension time")
