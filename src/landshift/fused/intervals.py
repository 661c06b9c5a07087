"""Replace factor values by the number of an interval, once for all models.

Every model reads a factor through comparisons and through the normal score, both of which change
only at finitely many values. Between two of those, a map cannot tell values apart: the interval's
number holds all that matters, without loss.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

LANES = 64
"""Cells that compiled code handles side by side."""

MAXIMUM_INTERVALS = 2**16
"""Numbers of intervals fit into 16 bits."""

_INFINITY = int(np.float32(np.inf).view(np.int32))


@dataclass(frozen=True)
class Intervals:
    """Where the intervals of every factor end.

    Attributes
    ----------
    ends
        Last value of every interval but the uppermost, ascending per factor, float32.
    starts
        Where a factor's part of `ends` begins, shape ``(factors + 1,)``.
    """

    ends: np.ndarray
    starts: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Number of intervals of each factor."""
        return np.diff(self.starts) + 1

    def of_factor(self, factor: int) -> np.ndarray:
        """Return the ends of the intervals of one factor."""
        return self.ends[self.starts[factor] : self.starts[factor + 1]]

    def find(self, values: np.ndarray) -> np.ndarray:
        """Find the interval of every value.

        Parameters
        ----------
        values
            Shape ``(cells, factors)``; the cells are a multiple of `LANES`.

        Returns
        -------
        numpy.ndarray
            uint16 of shape ``(cells / LANES, factors, LANES)``.
        """
        cells, factors = values.shape
        found = np.empty((cells // LANES, factors, LANES), np.uint16)
        _find_intervals(np.ascontiguousarray(values, np.float32), self.ends, self.starts, found)
        return found

    def represent(self) -> np.ndarray:
        """One value of every interval, shape ``(most intervals, factors)``; padded by infinity."""
        values = np.full((self.counts.max(), len(self.counts)), np.inf, np.float32)
        for factor in range(values.shape[1]):
            ends = self.of_factor(factor)
            values[: len(ends), factor] = ends
        return values


def join_intervals(ends: Sequence[Sequence[np.ndarray]]) -> Intervals:
    """Join several lists of ends per factor.

    Raises
    ------
    ValueError
        If a factor has more intervals than `MAXIMUM_INTERVALS`.
    """
    joined = [np.unique(np.concatenate(of_factor)) for of_factor in ends]
    most = max(map(len, joined)) + 1
    if most > MAXIMUM_INTERVALS:
        raise ValueError(f"a factor has {most} intervals, more than {MAXIMUM_INTERVALS}")
    starts = np.cumsum([0, *map(len, joined)])
    return Intervals(np.concatenate(joined).astype(np.float32), starts)


def ends_of_values(values: Iterable[np.ndarray]) -> list[np.ndarray]:
    """List per factor where intervals end that hold one of these values, or a gap between them.

    Within such an interval the normal score by these values stays the same, or the class.
    """
    ends = []
    for own in values:
        distinct = np.unique(own).astype(np.float32)
        ends.append(np.concatenate([distinct, np.nextafter(distinct, np.float32(-np.inf))]))
    return ends


def find_limits(prepare: Callable[[np.ndarray], np.ndarray], thresholds: np.ndarray) -> np.ndarray:
    """Find the largest factor value that a preparation keeps at or below a threshold.

    Bisects the float32 numbers themselves: exact for any preparation that never falls.

    Parameters
    ----------
    prepare
        Takes and returns values of shape ``(rows, factors)``.
    thresholds
        On the prepared scale, shape ``(rows, factors)``.
    """
    low = np.full(thresholds.shape, -_INFINITY)
    high = np.full(thresholds.shape, _INFINITY)
    # the largest numbers overflow when they are standardised, to an infinity that compares right
    with np.errstate(over="ignore"):
        while (high - low > 1).any():
            middle = (low + high) // 2
            below = prepare(_number_to_float(middle)) <= thresholds
            low, high = np.where(below, middle, low), np.where(below, high, middle)
    return _number_to_float(low)


def _number_to_float(number: np.ndarray) -> np.ndarray:
    """Count float32 numbers from zero, upwards and downwards."""
    magnitude = np.abs(number).astype(np.int32).view(np.float32)
    return np.where(number < 0, -magnitude, magnitude)


@njit(nogil=True, cache=True)
def _find_intervals(values, ends, starts, found):
    low = np.empty(LANES, np.int64)
    column = np.empty(LANES, np.float32)
    for block in range(len(found)):
        for factor in range(found.shape[1]):
            own = ends[starts[factor] : starts[factor + 1]]
            for lane in range(LANES):
                column[lane] = values[block * LANES + lane, factor]
            low[:] = 0
            # always as many halvings: the lanes stay side by side
            size = len(own)
            while size > 1:
                half = size >> 1
                for lane in range(LANES):
                    low[lane] += half * (own[low[lane] + half - 1] < column[lane])
                size -= half
            for lane in range(LANES):
                after = size == 1 and own[low[lane]] < column[lane]
                found[block, factor, lane] = low[lane] + after
