"""A raster larger than memory routed window by window, equal to the whole one bit for bit.

Each step is local (a tile with a ring of neighbours is enough) or a sweep, which goes on in
whichever window holds ready cells until there are none: what crosses the border of a window is
written into the ring around it, where the next window finds it. The filled surface is the only one
that satisfies its definition, and every other cell is computed once, from final values, so that
neither tiles nor the order of windows leave a trace.
"""

import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from landshift.factors.drainage.filling import lower_levels, start_levels
from landshift.factors.drainage.framing import NO_DIRECTION, NODATA, RING
from landshift.factors.drainage.multiple_flow import (
    count_higher,
    count_lower,
    sweep_heights,
    sweep_multiple_flow,
)
from landshift.factors.drainage.single_flow import (
    count_donors,
    flow_directions,
    start_traces,
    sweep_single_flow,
    sweep_traces,
)
from landshift.runtime.blocks import cut_axis

Window = tuple[slice, slice]
"""Rows and columns of a framed raster."""

Process = Callable[[Window, np.ndarray], None]
"""Goes on with a sweep in a window, given its waiting counts, which it changes."""


class DiskRaster:
    """A framed raster in an unnamed temporary file, which vanishes with this object.

    Windows are read and written as copies: no more of the file is mapped than is being copied.
    The file lies in the folder that `tempfile` chooses (environment variable ``TMPDIR``).

    Parameters
    ----------
    shape
        Rows and columns with the frame.
    dtype
        Type of the cells.
    beyond
        Value of the frame; all other cells start at 0.
    """

    ndim = 2

    def __init__(self, shape: tuple[int, int], dtype: type, *, beyond: float = 0) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._file = tempfile.TemporaryFile(prefix="landshift-")  # noqa: SIM115 (lives on)
        weakref.finalize(self, self._file.close)
        self._file.truncate(shape[0] * shape[1] * self.dtype.itemsize)
        if beyond:
            for edge in (0, -1):
                self._map()[edge, :] = beyond
                self._map()[:, edge] = beyond

    def __getitem__(self, window: Window) -> np.ndarray:
        """Copy a window into memory."""
        return np.array(self._map()[window])

    def __setitem__(self, window: Window, values: np.ndarray | float) -> None:
        """Write a window."""
        self._map()[window] = values

    def _map(self) -> np.memmap:
        return np.memmap(self._file, dtype=self.dtype, mode="r+", shape=self.shape)


def list_tiles(shape: tuple[int, int], tile_size: int) -> Iterator[Window]:
    """Cut a framed raster into tiles without its frame, row by row.

    Examples
    --------
    >>> [(rows.start, rows.stop) for rows, _ in list_tiles((7, 4), 3)]
    [(1, 4), (4, 6)]
    """
    for rows in cut_axis(shape[0] - 2, tile_size):
        for columns in cut_axis(shape[1] - 2, tile_size):
            yield slice(rows.start + 1, rows.stop + 1), slice(columns.start + 1, columns.stop + 1)


def widen(window: Window, rings: int, shape: tuple[int, int]) -> Window:
    """Add rings of neighbours to a window, as far as the raster reaches."""
    rows, columns = (
        slice(max(0, part.start - rings), min(size, part.stop + rings))
        for part, size in zip(window, shape, strict=True)
    )
    return rows, columns


def sweep(waiting: DiskRaster, tile_size: int, process: Process) -> int:
    """Visit windows of two by two tiles until no cell of a raster is ready.

    The window with the most ready cells is next. Water that runs back and forth across the
    border of two tiles stays inside a window: those of neighbouring tiles overlap by half.

    Parameters
    ----------
    waiting
        int8, framed; 0 is ready.
    tile_size
        Edge of a tile [cells].
    process
        Called with a window that has a ring of neighbours around it, and with the waiting counts
        there, to those of the ring `RING` being added.

    Returns
    -------
    int
        Number of windows visited.
    """
    ready = _count_ready(waiting, tile_size)
    visits = 0
    while ready.any():
        top, left = _find_busiest(ready)
        inner = tuple(
            slice(1 + first * tile_size, min(1 + (first + 2) * tile_size, size - 1))
            for first, size in zip((top, left), waiting.shape, strict=True)
        )
        window = widen(inner, 1, waiting.shape)
        states = waiting[window]
        ring = np.ones(states.shape, dtype=bool)
        ring[1:-1, 1:-1] = False
        states[ring] += RING
        were_ready = states == RING
        process(window, states)
        ready[top : top + 2, left : left + 2] = 0
        rows, columns = np.nonzero(ring & (states == RING) & ~were_ready)
        tiles = (
            (rows + window[0].start - 1) // tile_size,
            (columns + window[1].start - 1) // tile_size,
        )
        np.add.at(ready, tiles, 1)
        states[ring] -= RING
        waiting[window] = states
        visits += 1
    return visits


def _count_ready(waiting: DiskRaster, tile_size: int) -> np.ndarray:
    """Count the ready cells of each tile."""
    tiles = tuple(-(-(size - 2) // tile_size) for size in waiting.shape)
    counts = [np.count_nonzero(waiting[tile] == 0) for tile in list_tiles(waiting.shape, tile_size)]
    return np.array(counts, dtype=np.int64).reshape(tiles)


def _find_busiest(ready: np.ndarray) -> tuple[int, int]:
    """Find the upper left tile of the two by two with the most ready cells."""
    padded = np.pad(ready, ((0, 1), (0, 1)))
    sums = padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:]
    last_row, last_column = (max(size - 1, 1) for size in ready.shape)
    inner = sums[:last_row, :last_column]
    row, column = np.unravel_index(np.argmax(inner), inner.shape)
    return int(row), int(column)


@dataclass(frozen=True)
class RoutedTiles:
    """Results of `route_tiles`, framed rasters on disk that give and take windows.

    Attributes
    ----------
    elevation, filled : DiskRaster
        Elevation before and after `landshift.factors.drainage.filling.fill_depressions`.
    flowing : DiskRaster
        As of `landshift.factors.drainage.multiple_flow.accumulate_multiple_flow`.
    drained, orders : DiskRaster
        As of `landshift.factors.drainage.single_flow.order_streams`.
    steps, reached : DiskRaster
        As of `landshift.factors.drainage.single_flow.trace_streams`.
    heights : DiskRaster
        As of `landshift.factors.drainage.multiple_flow.mean_heights`.
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
