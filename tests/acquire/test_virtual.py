import inspect

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_laplace, zoom
from scipy.special import logit, ndtri

from landshift.acquire.virtual import regions
from landshift.acquire.virtual.landscape import (
    accumulate_specific_area,
    fill_depressions,
    make_fractal_field,
    shape_surface,
)
from landshift.acquire.virtual.regions import (
    SPACING_M,
    compute_factor_of_safety,
    generate_virtual_region,
)
from landshift.runtime.seeds import derive_seed

SMALL = {"seed": 42, "origin": (600000, 5000000), "crs": "EPSG:32632", "size": 64, "landslides": 40}


@pytest.fixture(scope="module")
def region():
    return generate_virtual_region("alder", **SMALL, validation_landslides=30)


def expected_auc(probability):
    # A cell of probability p is a landslide with weight p and none with weight 1 - p.
    ordered = np.sort(probability.ravel().astype(float))
    below = np.cumsum(1 - ordered) - (1 - ordered) / 2
    return (ordered * below).sum() / (ordered.sum() * (1 - ordered).sum())


def test_layers_lie_on_the_grid_that_was_asked(region):
    grid = region.layers.dem.odc.geobox
    assert grid.transform[:6] == (30, 0, 600000, 0, -30, 5001920)
    assert grid.shape == (64, 64) and grid.crs.to_epsg() == 32632
    for layer in region.layers.values():
        assert layer.dims == ("y", "x") and layer.attrs["units"] and layer.attrs["long_name"]
        assert layer.odc.geobox.transform == grid.transform
    assert region.layers.dem.dtype == region.layers.rainfall.dtype == np.float32


def test_layers_have_the_values_that_were_asked(region):
    layers = region.layers
    assert np.ptp(layers.dem.values) == pytest.approx(900, abs=0.02)
    assert float(layers.rainfall.mean()) == pytest.approx(1500, rel=1e-4)
    assert float(layers.true_probability.mean()) == pytest.approx(0.04, rel=1e-4)
    assert 0 <= float(layers.true_probability.min()) <= float(layers.true_probability.max()) <= 1
    assert set(np.unique(layers.lithology)) <= {1, 2, 3, 4}
    assert layers.lithology.dtype == np.uint8 and layers.lithology.attrs["nodata"] == 0


def test_elevations_begin_at_200_metres_and_are_whole_centimetres(region):
    dem = region.layers.dem.values
    assert dem.min() == 200
    assert np.array_equal(dem, np.round(dem.astype(float), 2).astype(np.float32))


def test_units_are_where_one_of_several_smooth_fields_is_highest(region):
    # the region is cut from the middle of one that is half as wide again
    generator = np.random.default_rng(derive_seed(42, "virtual", "alder"))
    fields = [make_fractal_field(96, 0.9, generator, longest=0.3) for _ in range(4)]
    units = np.argmax(fields, axis=0)[16:80, 16:80]
    assert np.array_equal(region.layers.lithology, units + 1)


def test_landslides_are_numbered_and_dated(region):
    assert list(region.inventory.id) == [f"alder-{number:04d}" for number in range(1, 41)]
    assert list(region.validation.id) == [f"alder-later-{number:04d}" for number in range(1, 31)]
    assert set(region.inventory.date) <= {str(year) for year in range(2001, 2016)}
    assert set(region.validation.date) <= {str(year) for year in range(2016, 2021)}
    both = [*region.inventory.geometry, *region.validation.geometry]
    places = np.array([(point.x - 600000, point.y - 5000000) for point in both])
    assert places.min() >= SPACING_M and places.max() <= 64 * 30 - SPACING_M
    # in the middle of cells
    assert np.array_equal(places % 30, np.full((70, 2), 15))


def test_bedding_takes_a_share_of_the_resistance_of_slopes_that_face_its_dip(region):
    tilted = generate_virtual_region("alder", **SMALL, dip_direction_degree=60, dip_effect=0.5)
    assert np.array_equal(tilted.layers.dem, region.layers.dem)
    along_y, along_x = np.gradient(region.layers.dem.values.astype(float))
    aspect = np.arctan2(-along_x, along_y)
    share = 1 - 0.5 * np.cos(aspect - np.radians(60))
    # the log factor of safety scatters by 0.45; the storm is what gives 4 % in both
    changes = ndtri(tilted.layers.true_probability.values.astype(float)) - ndtri(
        region.layers.true_probability.values.astype(float)
    )
    assert np.ptp(changes) > 1
    storms = changes + np.log(share) / 0.45
    np.testing.assert_allclose(storms, storms.mean(), atol=2e-3)


def test_what_slopes_are_made_of(monkeypatch):
    given = {}

    def note(steepness, specific_area, **others):
        given.update(others, steepness=steepness)
        return compute_factor_of_safety(steepness, specific_area, **others)

    monkeypatch.setattr(regions, "compute_factor_of_safety", note)
    region = generate_virtual_region("alder", **SMALL)
    dem = region.layers.dem.values.astype(float)
    units = region.layers.lithology.values
    strengths = {unit: given["cohesion_kpa"][units == unit] for unit in np.unique(units)}
    assert all(np.ptp(own) == 0 for own in strengths.values())
    # four units share out 2 to 10 kPa and 26 to 38 degrees evenly
    found = np.unique(np.round(given["cohesion_kpa"], 9))
    assert set(found) <= set(np.round([2, 2 + 8 / 3, 2 + 16 / 3, 10], 9))
    found = np.unique(np.round(np.degrees(given["friction_radian"]), 9))
    assert set(found) <= {26, 30, 34, 38}
    # soil is deep in hollows and thin on steep ground; what is left is a field of spread 1
    steepness = np.hypot(*np.gradient(dem, 30.0))
    np.testing.assert_allclose(given["steepness"], steepness, atol=1e-5)
    hollowness = gaussian_laplace(dem, 1.5)
    share = (given["soil_depth_m"] - 0.5) / 1.5
    rest = logit(share) - hollowness / hollowness.std() + (steepness - 0.4) / 0.3
    assert rest.mean() == pytest.approx(0, abs=1e-4) and rest.std() == pytest.approx(0.7, rel=1e-4)
    # rain grows with the height of the land around; showers are a field of spread 1
    broad = gaussian_filter(dem, 64 / 25)
    height = (broad - broad.mean()) / broad.std()
    showers = np.log(given["rainfall_mm"]) - 0.12 * height
    assert showers.std() == pytest.approx(0.08, rel=1e-4)
    assert given["rainfall_mm"].mean() == pytest.approx(1500)
    np.testing.assert_allclose(region.layers.rainfall, given["rainfall_mm"], rtol=1e-6)


def test_a_region_may_have_one_unit_one_landslide_and_no_scatter():
    region = generate_virtual_region(
        "alder", **SMALL | {"size": 32, "landslides": 1}, lithology_units=1,
        friction_degree=(30.0, 30.0), cohesion_kpa=(0.0, 0.0), hillslope_length_m=0.0,
    )  # fmt: skip
    assert len(region.inventory) == 1 and region.validation.empty
    assert np.all(region.layers.lithology == 1)


def test_what_a_region_is_like_unless_asked_otherwise():
    parameters = inspect.signature(generate_virtual_region).parameters.values()
    stated = {one.name: one.default for one in parameters if one.default is not one.empty}
    assert stated == {
        "size": 256,
        "resolution_m": 30,
        "relief_m": 900,
        "roughness": 0.2,
        "incision": 0.5,
        "hillslope_length_m": 50,
        "lithology_units": 4,
        "cohesion_kpa": (2, 10),
        "friction_degree": (26, 38),
        "soil_depth_m": (0.5, 2),
        "rainfall_mm": 1500,
        "dip_direction_degree": 0,
        "dip_effect": 0,
        "wetness": 1,
        "micro_relief_m": 0,
        "scar_depth_m": 0,
        "failure_share": 0.04,
        "landslides": 300,
        "validation_landslides": 0,
    }


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("size", 32, 4096),
        ("resolution_m", 1.0, 1000.0),
        ("relief_m", 1.0, 8000.0),
        ("roughness", 0.0, 1.0),
        ("incision", 0.0, 3.0),
        ("hillslope_length_m", 0.0, 300.0),
        ("lithology_units", 1, 20),
        ("rainfall_mm", 1.0, 15000.0),
        ("dip_direction_degree", 0.0, 360.0),
        ("dip_effect", 0.0, 0.9),
        ("wetness", 0.0, 1.0),
        ("micro_relief_m", 0.0, 20.0),
        ("scar_depth_m", 0.0, 20.0),
        ("failure_share", 0.001, 0.5),
        ("landslides", 1, 4096),
        ("validation_landslides", 0, 4096),
        ("cohesion_kpa", 0.0, 200.0),
        ("friction_degree", 5.0, 60.0),
        ("soil_depth_m", 0.1, 20.0),
    ],
)
def test_ranges_of_values(key, low, high):
    for wrong in (low - 1e-3, high + 1e-3, True):
        pair = key in ("cohesion_kpa", "friction_degree", "soil_depth_m")
        # the size of a region counts its landslides, and its cells how far soil creeps
        given = SMALL | {key: (wrong, wrong) if pair else wrong}
        with pytest.raises(ValueError, match=rf"{key} is .*give a number from {low} to {high}$"):
            generate_virtual_region("alder", **given)


def test_same_seed_gives_the_same_region_and_another_name_another(region):
    again = generate_virtual_region("alder", **SMALL, validation_landslides=30)
    assert again.layers.identical(region.layers)
    assert again.inventory.equals(region.inventory) and again.validation.equals(region.validation)
    other = generate_virtual_region("birch", **SMALL)
    assert not np.array_equal(other.layers.dem, region.layers.dem)


def test_inventories_are_apart_and_distinct(region):
    both = [*region.inventory.geometry, *region.validation.geometry]
    assert len(region.inventory) == 40 and len(region.validation) == 30
    position = np.array([(point.x, point.y) for point in both])
    distance = np.hypot(*(position[:, None] - position[None]).transpose(2, 0, 1))
    assert distance[~np.eye(len(both), dtype=bool)].min() >= SPACING_M
    assert list(region.inventory.columns) == ["id", "date", "geometry"]
    assert region.inventory.crs.to_epsg() == 32632
    assert not set(region.inventory.id) & set(region.validation.id)
    assert region.inventory.date.max() < region.validation.date.min()


def test_a_source_is_neither_trivial_nor_hopeless():
    region = generate_virtual_region("alder", **SMALL | {"size": 128, "landslides": 300})
    truth = region.layers.true_probability
    assert 0.85 < expected_auc(truth.values) < 0.95
    columns = ((region.inventory.geometry.x - 600000) / 30 - 0.5).astype(int)
    rows = ((5000000 + 128 * 30 - region.inventory.geometry.y) / 30 - 0.5).astype(int)
    assert truth.values[rows, columns].mean() > 3 * float(truth.mean())


def test_terrain_has_no_checkerboard():
    region = generate_virtual_region("cedar", **SMALL, relief_m=1500, hillslope_length_m=40)
    dem = region.layers.dem.values.astype(float)
    window = np.hanning(62)[:, None] * np.hanning(62)
    spectrum = np.abs(np.fft.fft2(np.diff(dem, n=2, axis=0)[:, 1:-1] * window)) ** 2
    assert spectrum[27:36, 27:36].mean() < spectrum[11:20, 11:20].mean()


def test_dry_slopes_fail_however_much_land_drains_into_them(region):
    dry = generate_virtual_region("alder", **SMALL, wetness=0.0)
    assert np.array_equal(dry.layers.dem, region.layers.dem)
    assert np.array_equal(dry.layers.rainfall, region.layers.rainfall)
    # the wetter a slope, the more of its chance it loses
    area = accumulate_specific_area(region.layers.dem.values.astype(float), 30.0)
    lost = ndtri(region.layers.true_probability.values.astype(float)) - ndtri(
        dry.layers.true_probability.values.astype(float)
    )
    thirds = np.digitize(area, np.quantile(area, [1 / 3, 2 / 3]))
    low, middle, high = (lost[thirds == third].mean() for third in range(3))
    assert low < middle < high and high - low > 0.2


@pytest.fixture(scope="module")
def rough():
    return generate_virtual_region("alder", **SMALL, validation_landslides=30, micro_relief_m=2.0)


def test_micro_relief_lies_on_thirds_of_cells(rough, region):
    detail = rough.detail
    assert detail.odc.geobox.transform[:6] == (10, 0, 600000, 0, -10, 5001920)
    assert detail.shape == (192, 192)
    # the layers hold means of nine parts
    means = detail.values.astype(float).reshape(64, 3, 64, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(rough.layers.dem, means, atol=1e-4)
    assert float(rough.layers.true_probability.mean()) == pytest.approx(0.04, rel=1e-4)
    # the means follow the smooth surface, and the rest has a spread of 2 m and no long waves
    smooth = zoom(region.layers.dem.values.astype(float), 3, mode="nearest", grid_mode=True)
    hollows = detail.values - smooth
    assert hollows.mean() == pytest.approx(0, abs=1e-2) and hollows.std() == pytest.approx(2, 1e-3)
    power = np.abs(np.fft.rfft2(hollows * np.outer(np.hanning(192), np.hanning(192)))) ** 2
    waves = 1920 * np.hypot(np.fft.fftfreq(192)[:, None], np.fft.rfftfreq(192)[None]) / 10
    assert power[waves < 9].sum() < 0.2 * power.sum()
    for place in rough.inventory.geometry:
        assert (place.x - 600000) % 10 == 5 and (place.y - 5000000) % 10 == 5
    assert region.detail.identical(region.layers.dem)


def test_scars_lie_where_the_inventory_has_landslides(rough):
    scarred = generate_virtual_region(
        "alder", **SMALL, validation_landslides=30, micro_relief_m=2.0, scar_depth_m=3.0
    )
    assert scarred.inventory.equals(rough.inventory)
    assert scarred.layers.true_probability.equals(rough.layers.true_probability)
    depth = (rough.detail - scarred.detail).astype(float)
    x, y = (getattr(rough.inventory.geometry, axis).to_numpy() for axis in "xy")
    at = depth.sel(x=x, method="nearest").sel(y=y, method="nearest").values.diagonal()
    np.testing.assert_allclose(at, 3, atol=0.02)
    east = depth.sel(x=x + 10, method="nearest").sel(y=y, method="nearest").values.diagonal()
    np.testing.assert_allclose(east, 3 * np.exp(-0.5 * (10 / 12) ** 2), atol=0.05)
    later = rough.validation.geometry
    far = depth.sel(x=later.x.to_numpy(), method="nearest").sel(
        y=later.y.to_numpy(), method="nearest"
    )
    assert far.values.diagonal().max() < 0.01


def test_factor_of_safety_of_dry_sand_is_the_ratio_of_tangents():
    safety = compute_factor_of_safety(
        np.array([0.5]), np.array([0.0]), soil_depth_m=1.0, cohesion_kpa=0.0,
        friction_radian=np.radians(30), rainfall_mm=1000.0,
    )  # fmt: skip
    assert safety == pytest.approx(np.tan(np.radians(30)) / 0.5)


def test_factor_of_safety_of_soaked_sand_loses_its_buoyancy():
    safety = compute_factor_of_safety(
        np.array([0.5]), np.array([1e6]), soil_depth_m=1.0, cohesion_kpa=0.0,
        friction_radian=np.radians(30), rainfall_mm=1000.0,
    )  # fmt: skip
    assert safety == pytest.approx((1 - 9.81 / 18) * np.tan(np.radians(30)) / 0.5)


def test_cohesion_of_a_slope_by_hand():
    safety = compute_factor_of_safety(
        np.array([1.0]), np.array([0.0]), soil_depth_m=2.0, cohesion_kpa=9.0,
        friction_radian=0.0, rainfall_mm=0.0,
    )  # fmt: skip
    assert safety == pytest.approx(9 / (18 * 2 * 0.5))


def test_a_pit_is_filled_to_its_outlet():
    elevation = np.full((5, 5), 9.0)
    elevation[1:4, 1:4] = [[5, 5, 5], [5, 1, 5], [5, 5, 5]]
    elevation[2, 4] = 6.0
    filled, order, receivers = fill_depressions(elevation, np.ones((5, 5)))
    assert filled[2, 3] == pytest.approx(6.01) and filled[2, 2] == pytest.approx(6.02)
    assert receivers[2 * 5 + 3] == 2 * 5 + 4
    assert np.array_equal(np.sort(order), np.arange(25))


def test_specific_area_of_a_plane_grows_by_a_cell_per_row():
    plane = np.repeat(np.arange(40.0, 0, -1)[:, None], 9, axis=1) * 100
    area = accumulate_specific_area(plane, 30.0)
    assert area[:4, 4] == pytest.approx(30 * np.arange(1, 5), rel=0.02)


def test_without_incision_the_surface_is_only_scaled():
    field = make_fractal_field(32, 0.8, np.random.default_rng(1))
    knobs = {"resolution_m": 30.0, "hillslope_length_m": 50.0, "erodibility": np.ones((32, 32))}
    surface = shape_surface(field, relief_m=500.0, incision=0.0, wander=np.ones((32, 32)), **knobs)
    assert np.corrcoef(field.ravel(), surface.ravel())[0, 1] == pytest.approx(1)
    assert np.diff(np.quantile(surface, [0.01, 0.99]))[0] == pytest.approx(500)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"relief_m": -5}, r"region alder: relief_m is -5; give a number from 1.0 to 8000"),
        ({"relief_m": "high"}, r"relief_m is 'high'; give a number"),
        ({"failure_share": float("nan")}, r"failure_share is nan; give a number"),
        ({"landslides": 2.5}, r"landslides is 2.5; give a whole number"),
        ({"friction_degree": (38, 26)}, r"friction_degree is \(38, 26\); the lowest value must"),
        ({"cohesion_kpa": 5}, r"cohesion_kpa is 5; give the lowest and the highest"),
        ({"soil_depth_m": (0.5, 99)}, r"soil_depth_m is 99; give a number from 0.1 to 20"),
        ({"origin": 600000}, r"origin is 600000; give the west and south edge"),
        ({"crs": "EPSG:4326"}, r"crs of the virtual region .*: is in degrees"),
        ({"crs": "EPSG:2272"}, "EPSG:2272, whose unit is US survey foot"),
        ({"crs": "EPSG:nonsense"}, r"EPSG:nonsense is unknown"),
        ({"landslides": 4000}, r"4000 landslides asked .* only \d+ fit 90 m apart"),
    ],
)
def test_wrong_values_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        generate_virtual_region("alder", **SMALL | wrong)
