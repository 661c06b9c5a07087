"""Run a function of a neighbourhood over a raster, block by block.

Each block is handed over with a halo of its neighbours; beyond the edge of the raster the halo is
no data. A function whose result at a cell depends on nothing outside the halo gives the same bits
whatever the blocks, for arrays in memory (blocks run in threads) and for dask arrays alike.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from threading import local

import numpy as np

from landshift.runtime.workers import available_cores

_ALIGNMENT = 64


def cut_axis(length: int, step: int) -> Iterator[slice]:
    """Cut an axis into parts of one length, but for the last.

    Examples
    --------
    >>> list(cut_axis(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


class Scratch:
    """Cut arrays from one piece of memory, which grows to what a scope has needed at most.

    Examples
    --------
    >>> scratch = Scratch()
    >>> with scratch.scope():
    ...     scratch.take((2, 3), np.float32).shape
    (2, 3)
    """

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)
        self._used = 0
        self._peak = 0

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Take arrays for a while: what was taken inside is taken again after it."""
        start = self._used
        try:
            yield
        finally:
            self._used = start
            if start == 0 and self._peak > self._memory.size:
                self._memory = np.empty(self._peak, np.uint8)

    def take(self, shape: tuple[int, ...], dtype: type = np.float64) -> np.ndarray:
        """Take an array whose values are undefined."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        start = self._used
        self._used += -(-size // _ALIGNMENT) * _ALIGNMENT
        self._peak = max(self._peak, self._used)
        if self._used > self._memory.size:
            return np.empty(shape, dtype)
        return self._memory[start : start + size].view(dtype).reshape(shape)


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
    """Map one task per chunk: a graph of few layers, which is cut to a window in no time."""
    import dask.array as da
    from dask.base import tokenize
    from dask.highlevelgraph import HighLevelGraph

    name = f"map-with-halo-{tokenize(function, values, halo, outputs)}"
    graph = {}
    for row, line in enumerate(_reach(values.chunks[0], halo)):
        for column, stretch in enumerate(_reach(values.chunks[1], halo)):
            around = [[(values.name, i, j) for j in stretch.chunks] for i in line.chunks]
            graph[name, 0, row, column] = (
                _derive_chunk, around, function, line, stretch, halo, outputs
            )  # fmt: skip
    layers = HighLevelGraph.from_collections(name, graph, dependencies=[values])
    return da.Array(layers, name, chunks=((outputs,), *values.chunks), dtype=np.float32)


@dataclass(frozen=True)
class _Stretch:
    """What a chunk and its halo take of the chunks around it, along one axis."""

    chunks: list[int]
    """Chunks that are touched."""
    cuts: list[slice]
    """What is taken of each."""
    start: int
    """Where the chunk itself begins in what is taken."""
    length: int
    """Cells of the chunk."""


def _reach(sizes: Sequence[int], halo: int) -> Iterator[_Stretch]:
    edges = list(pairwise(accumulate(sizes, initial=0)))
    for start, end in edges:
        low, high = max(0, start - halo), end + halo
        touched = [(i, a, b) for i, (a, b) in enumerate(edges) if a < high and b > low]
        cuts = [slice(max(0, low - a), min(b, high) - a) for _, a, b in touched]
        yield _Stretch([i for i, _, _ in touched], cuts, start - low, end - start)


def _derive_chunk(around, function, line, stretch, halo, outputs):
    """Derive the factors of a chunk, given with the chunks that its halo touches."""
    parts = [
        [chunk[rows, columns] for chunk, columns in zip(chunks, stretch.cuts, strict=True)]
        for chunks, rows in zip(around, line.cuts, strict=True)
    ]
    result = np.empty((outputs, line.length, stretch.length), np.float32)
    _fill(result, function, np.block(parts), (line.start, stretch.start), halo, 1)
    return result


def _fill(result, function, values, start, halo, threads) -> None:
    """Write the results for the window of `values` that begins at `start` into `result`."""
    _, rows, columns = result.shape

    memory = local()

    def run(window: tuple[slice, slice]) -> None:
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

    windows = list(product(cut_axis(rows, BLOCK_SHAPE[0]), cut_axis(columns, BLOCK_SHAPE[1])))
    if threads == 1 or len(windows) == 1:
        for window in windows:
            run(window)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(run, windows):
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
