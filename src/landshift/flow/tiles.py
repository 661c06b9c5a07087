"""A raster larger than memory routed window by window, equal to the whole one bit for bit.

Each step is local (a tile with a ring of neighbours is enough) or a sweep, which goes on in
whichever window holds ready cells until there are none: what crosses the border of a window is
written into the ring around it, where the next window finds it. The filled surface is the only one
that satisfies its definition, and every other cell is computed once, from final values, so that
neither tiles nor the order of windows leave a trace.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from landshift.flow.filling import lower_levels, start_levels
from landshift.flow.framing import NO_DIRECTION, NODATA
from landshift.flow.multiple_flow import (
    count_higher,
    count_lower,
    sweep_heights,
    sweep_multiple_flow,
)
from landshift.flow.single_flow import (
    count_donors,
    flow_directions,
    start_traces,
    sweep_single_flow,
    sweep_traces,
)
from landshift.flow.windows import DiskRaster, Process, Window, list_tiles, sweep, widen


@dataclass(frozen=True)
class RoutedTiles:
    """Results of `route_tiles`, framed rasters on disk that give and take windows.

    Attributes
    ----------
    elevation, filled : DiskRaster
        Elevation before and after `landshift.flow.fill_depressions`.
    flowing : DiskRaster
        As of `landshift.flow.accumulate_multiple_flow`.
    drained, orders : DiskRaster
        As of `landshift.flow.order_streams`.
    steps, reached : DiskRaster
        As of `landshift.flow.trace_streams`.
    heights : DiskRaster
        As of `landshift.flow.mean_heights`.
    """

    elevation: DiskRaster
    filled: DiskRaster
    flowing: DiskRaster
    drained: DiskRaster
    orders: DiskRaster
    steps: DiskRaster
    reached: DiskRaster
    heights: DiskRaster


def route_tiles(
    elevation: DiskRaster, *, tile_size: int, exponent: float, stream_cells: float
) -> RoutedTiles:
    """Fill, route and trace an elevation model on disk.

    Parameters
    ----------
    elevation
        Framed elevation.
    tile_size
        Edge of a tile [cells]; memory holds windows of two by two tiles, some 40 bytes a cell.
        The disk takes some 50 bytes for each cell of the raster.
    exponent
        Exponent of the gradient in multiple flow.
    stream_cells
        A cell through which at least so many cells drain (D8) is part of a stream.
    """
    shape = elevation.shape
    filled = DiskRaster(shape, np.int64, beyond=NODATA)
    waiting = DiskRaster(shape, np.int8)
    _map_tiles(start_levels, [elevation], [waiting, filled], tile_size)
    sweep(waiting, tile_size, _in_windows(lower_levels, [elevation], [filled]))

    flowing = DiskRaster(shape, np.int64)
    _map_tiles(count_higher, [filled], [waiting], tile_size)
    pass_on = _in_windows(_with(sweep_multiple_flow, exponent), [filled], [flowing])
    sweep(waiting, tile_size, pass_on)

    directions = DiskRaster(shape, np.int8, beyond=NO_DIRECTION)
    drained, orders = DiskRaster(shape, np.int64), DiskRaster(shape, np.uint8)
    _map_tiles(flow_directions, [filled], [directions], tile_size)
    _map_tiles(count_donors, [directions], [waiting], tile_size)
    pass_on = _in_windows(_with(sweep_single_flow, stream_cells), [directions], [drained, orders])
    sweep(waiting, tile_size, pass_on)

    steps, reached = DiskRaster(shape, np.int64), DiskRaster(shape, np.uint8)
    _map_tiles(start_traces, [directions, orders], [waiting], tile_size)
    _map_tiles(np.copy, [orders], [reached], tile_size)
    sweep(waiting, tile_size, _in_windows(sweep_traces, [directions], [steps, reached]))

    heights = DiskRaster(shape, np.float64)
    _map_tiles(count_lower, [filled, orders], [waiting], tile_size)
    climb = _in_windows(_with(sweep_heights, exponent), [filled, orders], [heights])
    sweep(waiting, tile_size, climb)
    return RoutedTiles(elevation, filled, flowing, drained, orders, steps, reached, heights)


def _with(kernel: Callable[..., None], setting: float) -> Callable[..., None]:
    """Give a kernel its last argument."""
    return lambda *rasters: kernel(*rasters, setting)


def _map_tiles(
    function: Callable[..., np.ndarray | tuple[np.ndarray, ...]],
    inputs: Sequence[DiskRaster],
    outputs: Sequence[DiskRaster],
    tile_size: int,
) -> None:
    """Apply a function of each cell and its neighbours to every tile."""
    shape = inputs[0].shape
    for tile in list_tiles(shape, tile_size):
        window = widen(tile, 1, shape)
        results = function(*(raster[window] for raster in inputs))
        results = results if isinstance(results, tuple) else (results,)
        for raster, values in zip(outputs, results, strict=True):
            raster[tile] = values[1:-1, 1:-1]


def _in_windows(
    kernel: Callable[..., None], inputs: Sequence[DiskRaster], outputs: Sequence[DiskRaster]
) -> Process:
    """Let a kernel of inputs, waiting counts and outputs go on in a window of rasters on disk."""

    def process(window: Window, waiting: np.ndarray) -> None:
        results = [raster[window] for raster in outputs]
        kernel(*(raster[window] for raster in inputs), waiting, *results)
        for raster, values in zip(outputs, results, strict=True):
            raster[window] = values

    return process
