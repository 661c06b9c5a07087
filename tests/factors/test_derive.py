import dask.array
import numpy as np
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from scipy.ndimage import distance_transform_edt

from landshift.factors import drainage as flow
from landshift.factors.drainage import derive as drainage
from landshift.factors.table import DISTANCE_CAP_M, FACTORS, factor_names

RESOLUTION_M = 30.0


def as_dem(elevation, *, width_m=RESOLUTION_M, height_m=RESOLUTION_M, crs="EPSG:32643"):
    cell = Affine(width_m, 0.0, 0.0, 0.0, -height_m, 0.0)
    return wrap_xr(elevation.astype(np.float32), GeoBox(elevation.shape, cell, crs))


def v_valley(rows=120, columns=81, *, slope=0.5, fall=0.02):
    """Tilt two planes into a straight valley that leaves the raster in the south."""
    row, column = np.indices((rows, columns))
    across = np.abs(column - columns // 2)
    return 2000.0 + RESOLUTION_M * (slope * across - fall * row)


def hills(shape=(90, 80), *, seed=1):
    rng = np.random.default_rng(seed)
    row, column = np.indices(shape)
    relief = 120 * np.sin(row / 9.0) * np.cos(column / 11.0) - 4.0 * row
    return 900.0 + relief + rng.normal(0.0, 3.0, shape)


@pytest.fixture(scope="module")
def valley():
    return as_dem(v_valley())


@pytest.fixture(scope="module")
def valley_factors(valley):
    return drainage.derive_drainage_factors(valley)


def test_names_units_and_grid_follow_the_table(valley, valley_factors):
    assert tuple(valley_factors) == factor_names("drainage")
    for name, factor in valley_factors.items():
        assert factor.attrs == {
            "units": FACTORS[name].units,
            "long_name": FACTORS[name].long_name,
        }
        assert factor.dtype == np.float32 and factor.dims == ("y", "x")
        assert factor.odc.geobox == valley.odc.geobox
        low, high = FACTORS[name].valid_range
        assert float(factor.min()) >= low and float(factor.max()) <= high


def test_area_grows_down_the_valley(valley_factors):
    thalweg = valley_factors.upslope_area.values[:, 40]
    assert (np.diff(thalweg) > 0).all()
    assert valley_factors.upslope_area.values[0, 0] == pytest.approx(np.log10(RESOLUTION_M**2))


def test_height_above_the_straight_stream(valley_factors):
    # The thalweg drains 81 cells a row: 0.1 km2 are reached in the second row. Far below, water
    # falls 0.5 across and drifts 0.02 / 0.5 down the valley, whose floor falls by 0.02 meanwhile.
    across_m = RESOLUTION_M * np.abs(np.arange(81) - 40)
    hand = valley_factors.hand.values[60]
    np.testing.assert_allclose(hand, across_m * (0.5 + 0.02**2 / 0.5), rtol=2e-4)


def test_way_to_the_straight_stream(valley_factors):
    # Single paths run straight across.
    across_m = RESOLUTION_M * np.abs(np.arange(81) - 40)
    np.testing.assert_allclose(valley_factors.flow_distance.values[60], across_m, rtol=1e-6)
    assert (valley_factors.stream_order.values[60] == 1).all()


def test_distances_to_the_straight_stream_and_river(valley_factors):
    across_m = RESOLUTION_M * np.abs(np.arange(81) - 40)
    np.testing.assert_allclose(valley_factors.stream_distance.values[60], across_m, rtol=1e-6)
    # 2 km2 are 2223 cells: the 28th row of 81 cells has passed them.
    rows_to_river = 27
    np.testing.assert_allclose(valley_factors.river_distance.values[60], across_m, rtol=1e-6)
    assert valley_factors.river_distance.values[0, 40] == pytest.approx(
        RESOLUTION_M * rows_to_river
    )


def test_wetness_and_power_follow_area_and_gradient(valley_factors):
    row, column = 60, 20
    gradient = np.hypot(0.5, 0.02)
    width_m = 10 ** valley_factors.upslope_area.values[row, column] / RESOLUTION_M
    assert valley_factors.twi.values[row, column] == pytest.approx(np.log(width_m / gradient), 1e-5)
    assert valley_factors.spi.values[row, column] == pytest.approx(np.log(width_m * gradient), 1e-5)


def test_transport_follows_area_and_slope(valley_factors):
    width_m = 10 ** valley_factors.specific_catchment_area.values[60, 20]
    sine = np.sin(np.arctan(np.hypot(0.5, 0.02)))
    expected = 0.4 * np.log(width_m / 22.13) + 1.3 * np.log(sine / 0.0896)
    assert valley_factors.sti.values[60, 20] == pytest.approx(expected, 1e-5)
    area = valley_factors.upslope_area.values[60, 20]
    assert width_m == pytest.approx(10**area / RESOLUTION_M, rel=1e-5)


def test_flats_take_the_lowest_gradient():
    factors = drainage.derive_drainage_factors(as_dem(np.full((9, 9), 12.0)))
    width_m = 10**factors.upslope_area / RESOLUTION_M
    np.testing.assert_allclose(factors.twi, np.log(width_m / drainage.LOWEST_GRADIENT), rtol=1e-5)
    np.testing.assert_allclose(factors.hand, 0.0, atol=1e-6)


def test_region_without_streams_is_as_far_as_the_cap():
    factors = drainage.derive_drainage_factors(as_dem(hills((8, 8))))
    assert (factors.stream_distance == DISTANCE_CAP_M).all()
    assert (factors.river_distance == DISTANCE_CAP_M).all()
    assert np.isfinite(factors.hand).all()


def test_distances_equal_scipy():
    factors = drainage.derive_drainage_factors(as_dem(hills()))
    stream = factors.stream_distance.values == 0.0
    expected = np.minimum(distance_transform_edt(~stream) * RESOLUTION_M, DISTANCE_CAP_M)
    np.testing.assert_allclose(factors.stream_distance, expected, rtol=1e-6)


def test_area_is_kept(valley):
    framed = flow.frame(valley.values)
    filled = flow.fill_depressions(framed)
    upslope = flow.accumulate_multiple_flow(filled, drainage.FLOW_EXPONENT)
    leaving = upslope[flow.flow_directions(filled) == flow.LEAVES].sum() * flow.FLOW_UNIT
    assert leaving == valley.size


def test_no_data_stays_no_data_and_spreads_nowhere():
    elevation = hills()
    elevation[20:24, 30:33] = np.nan
    elevation[0, :7] = np.nan
    elevation[70, 70] = np.nan
    factors = drainage.derive_drainage_factors(as_dem(elevation))
    for factor in factors.values():
        np.testing.assert_array_equal(np.isnan(factor), np.isnan(elevation))


def test_region_without_data_gives_no_data():
    factors = drainage.derive_drainage_factors(as_dem(np.full((5, 6), np.nan)))
    assert all(bool(factor.isnull().all()) for factor in factors.values())


def test_one_cell_region():
    factors = drainage.derive_drainage_factors(as_dem(np.array([[7.0]])))
    assert factors.hand.item() == 0.0
    assert factors.upslope_area.item() == pytest.approx(np.log10(RESOLUTION_M**2))


def test_lake_lies_at_the_level_of_its_outlet():
    elevation = v_valley(rows=60)
    elevation[20:30, 30:51] -= 60.0
    factors = drainage.derive_drainage_factors(as_dem(elevation))
    surface = elevation[30, 40]
    submerged = elevation[20:30, 30:51] < surface
    assert submerged.any()
    assert (factors.hand.values[20:30, 30:51][submerged] < 1e-3).all()


def test_factors_turn_with_the_elevation():
    elevation = hills((70, 70))
    straight = drainage.derive_drainage_factors(as_dem(elevation))
    turned = drainage.derive_drainage_factors(as_dem(np.rot90(elevation)))
    for name in ("upslope_area", "specific_catchment_area", "twi", "spi", "sti"):
        np.testing.assert_allclose(turned[name], np.rot90(straight[name]), rtol=1e-5, atol=1e-5)


def test_same_input_gives_the_same_bytes():
    dem = as_dem(hills())
    first, second = (drainage.derive_drainage_factors(dem) for _ in range(2))
    assert first.identical(second)


def test_dask_equals_eager():
    dem = as_dem(hills())
    lazy = drainage.derive_drainage_factors(dem.chunk({"y": 40, "x": 33}))
    for factor in lazy.values():
        assert isinstance(factor.data, dask.array.Array)
        assert factor.chunks == ((40, 40, 10), (33, 33, 14))
    xr.testing.assert_identical(lazy.compute(), drainage.derive_drainage_factors(dem))


@pytest.mark.parametrize("tile_size", [17, 40, 500])
@pytest.mark.parametrize("chunks", [None, {"y": 40, "x": 33}])
def test_tiles_on_disk_equal_the_whole(tile_size, chunks):
    elevation = np.rint(hills((120, 95)))
    elevation[30:36, 50:53] = np.nan
    dem = as_dem(elevation)
    whole = drainage.derive_drainage_factors(dem)
    tiled = drainage.derive_drainage_factors(
        dem if chunks is None else dem.chunk(chunks), tile_size=tile_size
    )
    assert all(isinstance(factor.data, dask.array.Array) for factor in tiled.values())
    xr.testing.assert_identical(tiled.compute(), whole)


def test_tiles_on_disk_reach_as_far_as_distances_do():
    # 5 km are 20 cells of 250 m: three tiles of eight.
    dem = as_dem(hills((70, 60)), width_m=250.0, height_m=250.0)
    tiled = drainage.derive_drainage_factors(dem, tile_size=8)
    xr.testing.assert_identical(tiled.compute(), drainage.derive_drainage_factors(dem))


def test_large_rasters_are_routed_from_disk(monkeypatch, valley, valley_factors):
    monkeypatch.setattr(drainage, "LARGEST_WHOLE", valley.size - 1)
    monkeypatch.setattr(drainage, "TILE_SIZE", 30)
    factors = drainage.derive_drainage_factors(valley)
    assert all(isinstance(factor.data, dask.array.Array) for factor in factors.values())
    xr.testing.assert_identical(factors.compute(), valley_factors)


def test_tiles_without_cells_are_refused(valley):
    with pytest.raises(ValueError, match="at least one cell, found tile_size = 0"):
        drainage.derive_drainage_factors(valley, tile_size=0)


def test_input_is_left_as_it_is(valley):
    before = valley.copy(deep=True)
    drainage.derive_drainage_factors(valley)
    xr.testing.assert_identical(valley, before)


def test_geographic_elevations_are_refused():
    degrees = as_dem(np.ones((4, 4)), width_m=0.001, height_m=0.001, crs="EPSG:4326")
    degrees = degrees.rename(latitude="y", longitude="x")
    with pytest.raises(ValueError, match=r"is in degrees \(EPSG:4326\)"):
        drainage.derive_drainage_factors(degrees)


def test_elevations_on_a_grid_in_feet_are_refused():
    with pytest.raises(ValueError, match="in EPSG:2278, whose unit is US survey foot"):
        drainage.derive_drainage_factors(as_dem(np.ones((4, 4)), crs="EPSG:2278"))


def test_elevations_without_a_grid_are_refused():
    bare = xr.DataArray(np.ones((4, 4)), dims=("y", "x"))
    with pytest.raises(ValueError, match="has no CRS"):
        drainage.derive_drainage_factors(bare)


def test_oblong_cells_are_refused():
    oblong = as_dem(np.ones((4, 4)), width_m=30.0, height_m=31.0)
    with pytest.raises(ValueError, match="expected square cells"):
        drainage.derive_drainage_factors(oblong)


def test_other_dimensions_are_refused(valley):
    with pytest.raises(ValueError, match=r"dimensions \(y, x\)"):
        drainage.derive_drainage_factors(valley.transpose("x", "y"))
