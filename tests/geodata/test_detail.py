"""Factors derived in more detail than the grid of a region."""

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.geodata.detail import (
    average_detail,
    average_elevation,
    choose_parts,
    plan_detail,
    take_parts,
)

GRID = GeoBox.from_bbox((300, 600, 480, 720), "EPSG:32632", resolution=30)


@pytest.mark.parametrize(
    ("own", "parts"), [(28.5, 1), (30.0, 1), (15.0, 2), (12.5, 2), (10.0, 3), (9.99, 3), (1.0, 3)]
)
def test_parts_follow_from_the_elevation_model(own, parts):
    detail = plan_detail(GRID, own)
    assert detail.shape == (4 * parts, 6 * parts)
    assert detail.resolution.x == 30 / parts
    assert detail.boundingbox == GRID.boundingbox


def test_stated_cell_size_wins():
    assert plan_detail(GRID, 1.0, terrain_resolution_m=30.0) == GRID
    assert plan_detail(GRID, 30.0, terrain_resolution_m=6.0).shape == (20, 30)


@pytest.mark.parametrize("stated", [20.0, 60.0])
def test_cell_size_must_divide_that_of_the_grid(stated):
    with pytest.raises(ValueError, match=r"terrain_resolution_m is [26]0, which does not divide"):
        plan_detail(GRID, 10.0, terrain_resolution_m=stated)


def build_layer(values, parts, **attrs):
    detail = plan_detail(GRID, 30.0, terrain_resolution_m=30.0 / parts)
    return xr.Dataset({"slope": wrap_xr(values.astype(np.float32), detail, **attrs)})


def test_cells_are_means_of_their_parts():
    values = np.arange(8 * 12, dtype=float).reshape(8, 12)
    averaged = average_detail(build_layer(values, 2, units="degree"), GRID)["slope"]
    assert averaged.odc.geobox == GRID
    assert averaged.attrs["units"] == "degree"
    assert averaged.dtype == np.float32
    np.testing.assert_array_equal(
        averaged, values.reshape(4, 2, 6, 2).mean(axis=(1, 3)).astype(np.float32)
    )


def test_elevation_is_averaged_onto_the_grid_of_the_region():
    values = np.arange(12 * 18, dtype=float).reshape(12, 18)
    detail = build_layer(values, 3)["slope"]
    averaged = average_elevation(detail, 30)
    assert averaged.odc.geobox == GRID
    np.testing.assert_array_equal(averaged, values.reshape(4, 3, 6, 3).mean(axis=(1, 3)))
    assert average_elevation(detail, 10) is detail


def test_parts_without_data_do_not_count():
    values = np.full((8, 12), np.nan)
    values[0, 1], values[1, 0] = 2.0, 6.0
    averaged = average_detail(build_layer(values, 2), GRID)["slope"].to_numpy()
    assert averaged[0, 0] == 4.0
    assert np.isnan(averaged).sum() == averaged.size - 1


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
@pytest.mark.parametrize("tile", [1, 2, 4])
def test_chunks_change_no_bit(parts, tile, monkeypatch):
    values = np.random.default_rng(parts).normal(size=(4 * parts, 6 * parts))
    layer = build_layer(values, parts)
    whole = average_detail(layer, GRID)["slope"]
    monkeypatch.setattr("landshift.geodata.detail.BLOCK", tile)
    chunked = average_detail(layer.chunk(7), GRID)["slope"]
    assert parts == 1 or chunked.chunks[0][0] == tile
    np.testing.assert_array_equal(whole, chunked.compute())


def test_the_part_of_the_highest_index_is_taken():
    index = np.zeros((8, 12))
    index[1, 0] = 2.0  # the third part of the first cell
    index[2:4, 2:4] = np.nan
    index[0:2, 2:4] = [[np.nan, -3.0], [-1.0, -2.0]]
    choice = choose_parts(build_layer(index, 2)["slope"], GRID)
    assert choice.dtype == np.uint8
    assert choice[:2, :2].to_numpy().tolist() == [[2, 2], [0, 0]]
    values = np.arange(8 * 12, dtype=float).reshape(8, 12)
    taken = take_parts(build_layer(values, 2, units="degree"), choice)["slope"]
    assert taken.attrs["units"] == "degree"
    assert taken[:2, :2].to_numpy().tolist() == [[12.0, 14.0], [24.0, 26.0]]


def test_a_part_without_a_value_takes_the_mean_of_the_others():
    values = np.arange(8 * 12, dtype=float).reshape(8, 12)
    values[0, 0] = np.nan
    choice = choose_parts(build_layer(np.zeros((8, 12)), 2)["slope"], GRID)
    taken = take_parts(build_layer(values, 2), choice)["slope"]
    assert taken[0, 0] == np.float32((1 + 12 + 13) / 3)
    assert taken[0, 1] == 2.0


def test_chunks_change_no_chosen_part():
    generator = np.random.default_rng(1)
    index, layer = (build_layer(generator.normal(size=(12, 18)), 3) for _ in range(2))
    choice = choose_parts(index["slope"], GRID)
    lazy = choose_parts(index.chunk(y=6, x=9)["slope"], GRID)
    np.testing.assert_array_equal(lazy, choice)
    np.testing.assert_array_equal(
        take_parts(layer.chunk(y=6, x=9), lazy)["slope"], take_parts(layer, choice)["slope"]
    )
