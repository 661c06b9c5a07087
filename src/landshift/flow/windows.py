"""Rasters on disk, and sweeps over them window by window."""

import tempfile
import weakref
from collections.abc import Callable, Iterator

import numpy as np

from landshift.flow.framing import RING

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
    for row in range(1, shape[0] - 1, tile_size):
        for column in range(1, shape[1] - 1, tile_size):
            yield (
                slice(row, min(row + tile_size, shape[0] - 1)),
                slice(column, min(column + tile_size, shape[1] - 1)),
            )


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
