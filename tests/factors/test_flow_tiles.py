"""Rasters routed from disk by tiles: equal to the whole raster bit for bit."""

import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from landshift.factors import drainage as flow
from landshift.factors.drainage.from_disk import DiskRaster, list_tiles, sweep, widen
from landshift.factors.drainage.single_flow import count_donors, sweep_single_flow

from .test_flow import rough_terrain

EVERYTHING = (slice(None), slice(None))
STREAM_CELLS = 12

MIRROR = Path(os.environ.get("LANDSHIFT_MIRROR", Path(__file__).parents[3] / "shared/data"))
REAL = MIRROR / "emilia_romagna_dem/dem_copernicus_10m_int16.tif"


def route_whole(framed):
    filled = flow.fill_depressions(framed)
    directions = flow.flow_directions(filled)
    drained, orders = flow.order_streams(directions, STREAM_CELLS)
    steps, reached = flow.trace_streams(directions, orders)
    return {
        "elevation": framed,
        "filled": filled,
        "flowing": flow.accumulate_multiple_flow(filled, 1.1),
        "drained": drained,
        "orders": orders,
        "steps": steps,
        "reached": reached,
        "heights": flow.mean_heights(filled, orders, 1.1),
    }


def put_on_disk(framed):
    raster = DiskRaster(framed.shape, framed.dtype.type, beyond=flow.NODATA)
    raster[EVERYTHING] = framed
    return raster


def check_tiles(elevation, tile_size):
    framed = flow.frame(elevation)
    tiled = flow.route_tiles(
        put_on_disk(framed), tile_size=tile_size, exponent=1.1, stream_cells=STREAM_CELLS
    )
    whole = route_whole(framed)
    assert {field.name for field in fields(tiled)} == set(whole)
    for name, expected in whole.items():
        np.testing.assert_array_equal(getattr(tiled, name)[EVERYTHING], expected, err_msg=name)


@pytest.mark.parametrize("tile_size", [3, 7, 16, 100])
@pytest.mark.parametrize("integers", [False, True])
def test_tiles_equal_the_whole(tile_size, integers):
    check_tiles(rough_terrain((41, 53), seed=3, integers=integers, holes=9), tile_size)


def test_tiles_of_one_cell_equal_the_whole():
    check_tiles(rough_terrain((17, 14), seed=7, integers=True, holes=3), 1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 2), (3, 3)])
def test_narrow_rasters(shape):
    check_tiles(rough_terrain(shape, seed=4), 5)


def test_raster_without_data():
    check_tiles(np.full((12, 9), np.nan), 5)


def test_pit_across_many_tiles():
    # One bowl over 8 x 8 tiles, with rough ground, whose only outlet is a notch in its far corner.
    row, column = np.indices((64, 64))
    bowl = 5.0 * np.hypot(row - 32, column - 32) + rough_terrain((64, 64), seed=5) / 5
    bowl[[0, -1]] = bowl[:, [0, -1]] = 1000.0
    bowl[-1, -2] = 300.0
    lake = flow.fill_depressions(flow.frame(bowl))[1:-1, 1:-1] * flow.ELEVATION_UNIT_M
    assert (lake[1:-1, 1:-1] >= 300.0).all()
    check_tiles(bowl, 8)


def test_flat_across_many_tiles():
    flat = np.full((50, 60), 7.0)
    flat[0] = flat[-1] = flat[:, 0] = 9.0
    check_tiles(flat, 9)


def wind_across(shape, *, swing, period):
    """Dig a channel that winds about the middle column, falling towards the south."""
    row, column = np.indices(shape)
    middle = shape[1] / 2 + swing * np.sin(2 * np.pi * row / period)
    return 500.0 - 0.5 * row + 3.0 * np.abs(column - middle)


def test_river_back_and_forth_across_tiles():
    valley = wind_across((96, 64), swing=14, period=11)
    check_tiles(valley + rough_terrain(valley.shape, seed=6) / 20, 8)


def test_river_along_a_border_takes_few_windows():
    # It crosses the border of two columns of tiles 36 times, on its way through four rows.
    valley = wind_across((128, 64), swing=2, period=7)
    check_tiles(valley, 32)
    directions = flow.flow_directions(flow.frame(valley))
    waiting = DiskRaster(directions.shape, np.int8)
    waiting[EVERYTHING] = count_donors(directions)
    drained = np.zeros(directions.shape, dtype=np.int64)
    orders = np.zeros(directions.shape, dtype=np.uint8)

    def process(window, states):
        cells, order = drained[window].copy(), orders[window].copy()
        sweep_single_flow(directions[window].copy(), states, cells, order, np.inf)
        drained[window], orders[window] = cells, order

    assert sweep(waiting, 32, process) <= 6
    np.testing.assert_array_equal(drained, flow.accumulate_single_flow(directions))


def test_spiral_channel_through_every_tile():
    wall, floor = 900.0, 100.0
    elevation = np.full((33, 33), wall)
    top, left, bottom, right = 1, 1, 31, 31
    cells = [(1, column) for column in range(32)]
    while bottom - top > 2 and right - left > 2:
        cells += [(row, right) for row in range(top, bottom + 1)]
        cells += [(bottom, column) for column in range(right, left - 1, -1)]
        cells += [(row, left) for row in range(bottom, top + 1, -1)]
        top, left, bottom, right = top + 2, left + 2, bottom - 2, right - 2
        cells += [(top, column) for column in range(left - 2, right + 1)]
    for position, cell in enumerate(cells):
        elevation[cell] = floor + 0.1 * position
    check_tiles(elevation, 4)


@pytest.mark.skipif(not REAL.is_file(), reason="the mirror with real elevations is not here")
@pytest.mark.parametrize(("row", "column"), [(3000, 3000), (6500, 3300)])
def test_real_hills_and_plains_cut_into_tiles(row, column):
    with rasterio.open(REAL) as source:
        elevation = source.read(1, window=Window(column, row, 500, 400), masked=True)
    check_tiles(elevation.astype(np.float32).filled(np.nan), 67)


def test_disk_raster_gives_copies_and_keeps_what_is_written():
    raster = DiskRaster((5, 6), np.int16, beyond=-7)
    assert (raster[0:1, :] == -7).all() and (raster[:, 5:6] == -7).all()
    assert (raster[1:-1, 1:-1] == 0).all()
    window = raster[1:3, 1:3]
    window[:] = 4
    assert (raster[1:3, 1:3] == 0).all()
    raster[1:3, 1:3] = window
    assert (raster[1:3, 1:3] == 4).all()


def test_tiles_cover_the_raster_once():
    covered = np.zeros((13, 18), dtype=int)
    for tile in list_tiles(covered.shape, 5):
        covered[tile] += 1
    assert (covered[1:-1, 1:-1] == 1).all() and covered.sum() == 11 * 16


def test_windows_end_at_the_frame():
    assert widen((slice(1, 6), slice(8, 12)), 3, (13, 13)) == (slice(0, 9), slice(5, 13))
