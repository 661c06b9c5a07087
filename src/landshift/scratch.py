"""Memory of one thread for the intermediate arrays of its blocks.

Asking the system for fresh pages in every block costs as much as the arithmetic on them. A thread
therefore keeps one piece of memory, from which the arrays of each block are cut anew.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_ALIGNMENT = 64


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
