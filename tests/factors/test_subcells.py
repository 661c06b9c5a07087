"""Sub-cells: the steepest hollow of every cell, and the factors there."""

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.factors.subcells import HOLLOW_WEIGHT, average_with_subcells, choose_subcells
from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.geodata.detail import plan_detail

GRID = GeoBox.from_bbox((0, 0, 360, 300), "EPSG:32632", resolution=30)
DETAIL = plan_detail(GRID, 10.0)


@pytest.fixture(scope="module")
def dem():
    generator = np.random.default_rng(3)
    rows, _ = np.mgrid[: DETAIL.height, : DETAIL.width]
    values = 500 + 4.0 * rows + 3 * generator.normal(size=DETAIL.shape)
    values[10:12, 14:17] = np.nan
    return wrap_xr(values.astype(np.float32), DETAIL)


def test_the_choice_is_the_highest_index_of_the_factors(dem):
    factors = derive_terrain_factors(dem)
    index = np.tan(np.radians(factors.slope.to_numpy().astype(float)))
    index -= HOLLOW_WEIGHT * 10.0 * factors.tangential_curvature.to_numpy()
    parts = index.reshape(10, 3, 12, 3).transpose(0, 2, 1, 3).reshape(10, 12, 9)
    expected = np.where(np.isnan(parts), -np.inf, parts).argmax(axis=2)
    np.testing.assert_array_equal(choose_subcells(dem, GRID), expected)


def test_a_gully_on_a_plane_is_where_the_cell_fails():
    rows, _ = np.mgrid[: DETAIL.height, : DETAIL.width]
    values = 500.0 - 5.0 * rows
    values[:, 16] -= 4.0  # one gully down the slope, in the second column of the sixth cell
    choice = choose_subcells(wrap_xr(values.astype(np.float32), DETAIL), GRID).to_numpy()
    assert set(choice[1:-1, 5]) <= {1, 4, 7}


def test_both_values_of_every_factor(dem):
    derived = derive_terrain_factors(dem)
    both = average_with_subcells(derived, dem, GRID)
    assert len(both) == 2 * len(derived)
    choice = choose_subcells(dem, GRID).to_numpy().astype(int)
    parts = derived.slope.to_numpy().reshape(10, 3, 12, 3).transpose(0, 2, 1, 3).reshape(10, 12, 9)
    chosen = np.take_along_axis(parts, choice[..., None], axis=2)[..., 0]
    np.testing.assert_array_equal(both.slope_subcell, chosen)
    assert both.slope_subcell.attrs["units"] == "degree"
    np.testing.assert_array_equal(np.isnan(both.slope), np.isnan(both.slope_subcell))


def test_without_detail_there_are_the_factors_alone():
    dem = wrap_xr(np.random.default_rng(1).normal(500, 5, GRID.shape).astype(np.float32), GRID)
    derived = derive_terrain_factors(dem)
    assert average_with_subcells(derived, dem, GRID) is derived


def test_chunks_change_no_byte(dem):
    whole = average_with_subcells(derive_terrain_factors(dem), dem, GRID)
    lazy = dem.chunk(y=12, x=9)
    parts = average_with_subcells(derive_terrain_factors(lazy), lazy, GRID).compute()
    for name in ("slope_subcell", "tpi_90m_subcell", "slope"):
        assert parts[name].to_numpy().tobytes() == whole[name].to_numpy().tobytes()
