"""Run a function of a neighbourhood over a raster, block by block.

Each block is handed over with a halo of its neighbours; beyond the edge of the raster the halo is
no data. A function whose result at a cell depends on nothing outside the halo gives the same bits
whatever the blocks, for arrays in memory (blocks run in threads) and for dask arrays alike.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from threading import local

import numpy as np

from landshift.cores import available_cores
from landshift.scratch import Scratch

BLOCK_SHAPE = (256, 512)
"""Rows and columns of a block in memory [cells]: its scratch arrays stay in a core's cache."""

BlockFunction = Callable[[np.ndarray, Scratch], np.ndarray]
"""From a block with its halo to an array ``(outputs, rows, columns)`` without it.

The scratch memory serves intermediate arrays and the result, which is copied at once.
"""


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
        and scratch memory; returns float32 ``(outputs, rows, columns)``. Blocks without any data
        are not handed over. It must release the GIL to gain from threads.
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

    memory = local()

    def run(corner: tuple[int, int]) -> None:
        window = tuple(
            slice(edge, min(edge + size, length))
            for edge, size, length in zip(corner, BLOCK_SHAPE, (rows, columns), strict=True)
        )
        here = tuple(
            slice(part.start + first, part.stop + first)
            for part, first in zip(window, start, strict=True)
        )
        if np.isnan(values[here]).all():
            result[(slice(None), *window)] = np.nan
            return
        if not hasattr(memory, "scratch"):
            memory.scratch = Scratch()
        with memory.scratch.scope():
            block = _cut(values, window, start, halo, memory.scratch)
            result[(slice(None), *window)] = function(block, memory.scratch)

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


def _cut(values, window, start, halo, scratch) -> np.ndarray:
    """Copy a window with its halo; what lies outside `values` is no data."""
    shape = tuple(part.stop - part.start + 2 * halo for part in window)
    block = scratch.take(shape, values.dtype)
    block.fill(np.nan)
    inside, source = [], []
    for part, first, length in zip(window, start, values.shape, strict=True):
        low, high = part.start + first - halo, part.stop + first + halo
        source.append(slice(max(0, low), min(length, high)))
        inside.append(slice(max(0, -low), min(length, high) - low))
    block[tuple(inside)] = values[tuple(source)]
    return block
