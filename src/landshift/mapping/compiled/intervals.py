"""Replace factor values by the number of an interval, once for all models.

Every model reads a factor through comparisons and through the normal score, both of which change
only at finitely many values. Between two of those, a map cannot tell values apart: the interval's
number holds all that matters, without loss.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

LANES = 64
"""Cells that compiled code handles side by side."""

MAXIMUM_INTERVALS = 2**16
"""Numbers of intervals fit into 16 bits."""

GUIDE_STEPS = 1024
"""Steps into which a factor's range is cut."""

GUIDE_TAIL = 0.005
"""Share of the ends beyond the first and the last step, so that few values do not take them all."""

_INFINITY = int(np.float32(np.inf).view(np.int32))


class Guide(NamedTuple):
    """Where to look for the interval of a value: some ends that lie near it.

    A factor's range is cut into equal steps. Which step a value lies in never falls as the value
    grows, so that ends of lower steps lie below the value and those of higher ones above it.

    Attributes
    ----------
    low, scale
        The step of a value is ``(value - low) * scale``, within the table; float32 per factor.
    first
        First of the ends to be compared, shape ``(factors, GUIDE_STEPS)``.
    size
        Number of ends to be compared, per factor.
    """

    low: np.ndarray
    scale: np.ndarray
    first: np.ndarray
    size: np.ndarray


@dataclass(frozen=True)
class Intervals:
    """Where the intervals of every factor end.

    Attributes
    ----------
    ends
        Last value of every interval but the uppermost, ascending per factor, float32.
    starts
        Where a factor's part of `ends` begins, shape ``(factors + 1,)``.
    guide
        A short cut to the right ones.
    """

    ends: np.ndarray
    starts: np.ndarray
    guide: Guide

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
        values = np.ascontiguousarray(values, np.float32)
        _find_intervals(values, self.ends, self.starts, self.guide, found)
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
    joined = [own.astype(np.float32) for own in joined]
    starts = np.cumsum([0, *map(len, joined)])
    return Intervals(np.concatenate(joined), starts, _guide(joined))


def _guide(ends: Sequence[np.ndarray]) -> Guide:
    low, scale = np.zeros(len(ends), np.float32), np.ones(len(ends), np.float32)
    first = np.zeros((len(ends), GUIDE_STEPS), np.uint16)
    size = np.zeros(len(ends), np.int64)
    for factor, own in enumerate(ends):
        if len(own) == 0:
            continue
        low[factor], high = np.quantile(own, (GUIDE_TAIL, 1 - GUIDE_TAIL))
        if high > low[factor]:
            scale[factor] = GUIDE_STEPS / (high - low[factor])
        steps = np.clip((own - low[factor]) * scale[factor], 0, GUIDE_STEPS - 1).astype(np.int64)
        bounds = np.searchsorted(steps, np.arange(GUIDE_STEPS + 1))
        size[factor] = np.diff(bounds).max()
        # as many ends are compared for every value: those of the last steps are the last ones
        first[factor] = np.minimum(bounds[:-1], len(own) - size[factor])
    return Guide(low, scale, first, size)


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
def _find_intervals(values, ends, starts, guide, found):
    low = np.empty(LANES, np.uint32)
    column = np.empty(LANES, np.float32)
    none, most = np.float32(0), np.float32(guide.first.shape[1] - 1)
    # factors outside: one factor's ends stay in the cache while all cells pass
    for factor in range(found.shape[1]):
        own, first = ends[starts[factor] : starts[factor + 1]], guide.first[factor]
        lowest, scale = guide.low[factor], guide.scale[factor]
        for block in range(len(found)):
            for lane in range(LANES):
                column[lane] = values[block * LANES + lane, factor]
            for lane in range(LANES):
                step = (column[lane] - lowest) * scale
                step = step if step > none else none
                low[lane] = first[np.uint32(step if step < most else most)]
            # always as many halvings: the lanes stay side by side
            size = guide.size[factor]
            while size > 1:
                half = np.uint32(size >> 1)
                for lane in range(LANES):
                    after = own[low[lane] + half - np.uint32(1)] < column[lane]
                    low[lane] += half * np.uint32(after)
                size -= size >> 1
            for lane in range(LANES):
                after = size == 1 and own[low[lane]] < column[lane]
                found[block, factor, lane] = low[lane] + after
