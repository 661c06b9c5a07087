"""Run a function of a neighbourhood over a raster, block by block.

Each block is handed over with a halo of its neighbours; beyond the edge of the raster the halo is
no data. A function whose result at a cell depends on nothing outside the halo gives the same bits
whatever the blocks, for arrays in memory (blocks run in threads) and for dask arrays alike.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise

import numpy as np

BLOCK_SHAPE = (128, 1024)
"""Rows and columns of a block in memory [cells]: its scratch arrays stay in a core's cache."""

BlockFunction = Callable[[np.ndarray], np.ndarray]
"""From a block with its halo to an array ``(outputs, rows, columns)`` without it."""


def map_with_halo(
    function: BlockFunction,
    values,
    *,
    halo: int,
    outputs: int,
    threads: int | None = None,
):
    """Apply a function of a neighbourhood to a raster.

    Parameters
    ----------
    function
        Takes float values of shape ``(rows + 2 halo, columns + 2 halo)`` with NaN as no data,
        returns float32 ``(outputs, rows, columns)``. It must release the GIL to gain from threads.
    values
        Two-dimensional numpy or dask array of floats.
    halo
        Rings of neighbours that the function needs [cells].
    outputs
        Number of results per cell.
    threads
        Blocks of an array in memory that run at once; None takes the cores of this process. A
        dask array leaves the choice to its scheduler.

    Returns
    -------
    numpy.ndarray or dask.array.Array
        Shape ``(outputs, rows, columns)``, float32; the chunks are those of `values`.
    """
    if isinstance(values, np.ndarray):
        threads = threads or available_cores()
        result = np.empty((outputs, *values.shape), np.float32)
        _fill(result, function, values, (0, 0), halo, threads)
        return result
    return _map_dask(function, values, halo, outputs)


def available_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _map_dask(function, values, halo, outputs):
    import dask
    import dask.array as da

    @dask.delayed(pure=False)
    def derive(part, start, shape):
        result = np.empty((outputs, *shape), np.float32)
        _fill(result, function, part, start, halo, 1)
        return result

    lines = []
    for top, bottom in _edges(values.chunks[0]):
        line = []
        for left, right in _edges(values.chunks[1]):
            first_row, first_column = max(0, top - halo), max(0, left - halo)
            part = values[first_row : bottom + halo, first_column : right + halo]
            shape = (bottom - top, right - left)
            result = derive(part, (top - first_row, left - first_column), shape)
            line.append(da.from_delayed(result, (outputs, *shape), np.float32))
        lines.append(line)
    return da.block(lines)


def _edges(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    return pairwise(accumulate(sizes, initial=0))


def _fill(result, function, values, start, halo, threads) -> None:
    """Write the results for the window of `values` that begins at `start` into `result`."""
    _, rows, columns = result.shape

    def run(corner: tuple[int, int]) -> None:
        window = tuple(
            slice(edge, min(edge + size, length))
            for edge, size, length in zip(corner, BLOCK_SHAPE, (rows, columns), strict=True)
        )
        block = _cut(values, window, start, halo)
        result[(slice(None), *window)] = np.nan if np.isnan(block).all() else function(block)

    corners = [
        (row, column)
        for row in range(0, rows, BLOCK_SHAPE[0])
        for column in range(0, columns, BLOCK_SHAPE[1])
    ]
    if threads == 1 or len(corners) == 1:
        for corner in corners:
            run(corner)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(run, corners):
            pass


def _cut(values, window, start, halo) -> np.ndarray:
    """Copy a window with its halo; what lies outside `values` is no data."""
    block = np.full(
        tuple(part.stop - part.start + 2 * halo for part in window), np.nan, values.dtype
    )
    inside, source = [], []
    for part, first, length in zip(window, start, values.shape, strict=True):
        low, high = part.start + first - halo, part.stop + first + halo
        source.append(slice(max(0, low), min(length, high)))
        inside.append(slice(max(0, -low), min(length, high) - low))
    block[tuple(inside)] = values[tuple(source)]
    return block
