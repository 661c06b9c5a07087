"""Sums and minima over discs of cells, exact whatever block a cell is computed in.

A disc of radius r holds every cell whose centre lies within r + 1/2 cells. It is a stack of row
segments: a sum needs two values of a running row sum per row, a minimum two values of a table of
segment minima. Sums run over integers, so that no rounding depends on where a block begins.
"""

import math

import numpy as np
from numba import njit

FRACTION = 65536
"""Steps per unit in which real values are summed: 1/65536 m, 1/65536 degree."""


_ONE, _NONE = np.float32(1.0), np.float32(0.0)


def disc_half_widths(radius: int) -> np.ndarray:
    """Half the length of each row segment of a disc.

    Parameters
    ----------
    radius
        Radius of the disc [cells].

    Returns
    -------
    numpy.ndarray
        Shape ``(2 radius + 1,)``: cells on either side of the centre column, per row.

    Examples
    --------
    >>> disc_half_widths(3)
    array([1, 2, 3, 3, 3, 2, 1])
    """
    reach = radius * radius + radius
    return np.array([math.isqrt(reach - row * row) for row in range(-radius, radius + 1)])


@njit(nogil=True, cache=True)
def to_steps(values, steps):
    """Turn real values into whole steps of 1 / `FRACTION` (int64), missing ones into zero.

    Elevations of float32 above 128 m are multiples of the step already.
    """
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = np.float64(values[row, column])
            value = 0.0 if np.isnan(value) else value
            steps[row, column] = np.int64(np.rint(value * FRACTION))


@njit(nogil=True, cache=True)
def accumulate_rows(values, running):
    """Sum every row from its start, with a leading zero: shape ``(rows, columns + 1)``, int64."""
    rows, columns = values.shape
    for row in range(rows):
        total = np.int64(0)
        running[row, 0] = 0
        for column in range(columns):
            total += np.int64(values[row, column])
            running[row, column + 1] = total


@njit(nogil=True, cache=True)
def sum_discs(running, half_widths, margin, sums):
    """Sum integers over the disc around every cell.

    Parameters
    ----------
    running : numpy.ndarray
        Running row sums of `accumulate_rows` on an array with `margin` extra cells on each side.
    half_widths : numpy.ndarray
        The disc, of `disc_half_widths`; its radius is at most `margin`.
    margin : int
        Extra cells on each side [cells].
    sums : numpy.ndarray
        Receives the sums, int64, without the margin.
    """
    rows = running.shape[0] - 2 * margin
    columns = running.shape[1] - 1 - 2 * margin
    radius = half_widths.size // 2
    for row in range(rows):
        total = sums[row]
        middle = row + margin
        right = running[middle, margin + radius + 1 :]
        left = running[middle, margin - radius :]
        for column in range(columns):
            total[column] = right[column] - left[column]
        for offset in range(1, radius + 1):
            width = half_widths[radius + offset]
            upper_right = running[middle - offset, margin + width + 1 :]
            upper_left = running[middle - offset, margin - width :]
            lower_right = running[middle + offset, margin + width + 1 :]
            lower_left = running[middle + offset, margin - width :]
            for column in range(columns):
                total[column] += (upper_right[column] - upper_left[column]) + (
                    lower_right[column] - lower_left[column]
                )


@njit(nogil=True, cache=True, error_model="numpy")
def average_steps(total, count, mean):
    """Divide summed steps by their number: real values, NaN where nothing was counted."""
    for row in range(mean.shape[0]):
        for column in range(mean.shape[1]):
            mean[row, column] = total[row, column] / count[row, column] / FRACTION


@njit(nogil=True, cache=True, error_model="numpy")
def deviate_steps(total, squares, count, deviation):
    """Derive the population standard deviation from sums of steps and of their squares."""
    for row in range(deviation.shape[0]):
        for column in range(deviation.shape[1]):
            mean = total[row, column] / count[row, column]
            variance = squares[row, column] / count[row, column] - mean * mean
            deviation[row, column] = math.sqrt(max(variance, 0.0)) / FRACTION


@njit(nogil=True, cache=True, error_model="numpy")
def compare_steps(steps, total, count, margin, difference):
    """Difference of every cell from the mean of the others in its disc, float32; 0 if alone.

    Parameters
    ----------
    steps : numpy.ndarray
        Values in steps, with `margin` extra cells on each side.
    total, count : numpy.ndarray
        Sum and number of cells of each disc, the cell itself included.
    margin : int
        Extra cells on each side.
    difference : numpy.ndarray
        Receives the differences, float32.
    """
    for row in range(total.shape[0]):
        for column in range(total.shape[1]):
            number = count[row, column]
            excess = steps[row + margin, column + margin] * number - total[row, column]
            difference[row, column] = excess / (max(number - 1, 1) * FRACTION)


@njit(nogil=True, cache=True)
def rank_in_discs(values, half_widths, margin, count, excess, rank):
    """Rank every cell among the others in its disc; cells of one height count half.

    Parameters
    ----------
    values : numpy.ndarray
        Array with `margin` extra cells on each side, float32, NaN as no data.
    half_widths : numpy.ndarray
        The disc, of `disc_half_widths`; its radius is at most `margin`.
    margin : int
        Extra cells on each side [cells].
    count : numpy.ndarray
        Cells with data in each disc, the cell itself included.
    excess : numpy.ndarray
        Scratch, float32, one value per column.
    rank : numpy.ndarray
        Receives the share of the other cells that lie lower [1], float32; 1/2 if there are none.
    """
    rows, columns = rank.shape
    radius = half_widths.size // 2
    for row in range(rows):
        here = values[row + margin, margin : margin + columns]
        for column in range(columns):
            excess[column] = 0.0
        for offset in range(-radius, radius + 1):
            line = values[row + margin + offset]
            first = margin - half_widths[radius + offset]
            beyond = margin + half_widths[radius + offset] + 1
            while first + 8 <= beyond:
                _compare_eight(line[first : first + columns + 7], here, excess)
                first += 8
            while first < beyond:
                _compare_one(line[first : first + columns], here, excess)
                first += 1
        for column in range(columns):
            others = count[row, column] - 1
            rank[row, column] = (others + excess[column]) / (2.0 * others) if others > 0 else 0.5


@njit(nogil=True, cache=True)
def _compare_eight(line, here, excess):
    # float32 counts cells exactly, and in as many lanes as the comparison has
    for column in range(excess.size):
        centre = here[column]
        lower = _NONE
        for step in range(8):
            lower += _compare(line[column + step], centre)
        excess[column] += lower


@njit(nogil=True, cache=True)
def _compare_one(line, here, excess):
    for column in range(excess.size):
        excess[column] += _compare(line[column], here[column])


@njit(nogil=True, cache=True)
def _compare(other, centre):
    """Return 1 for a lower cell, -1 for a higher one; 0 for one of the same height or no data."""
    return (_ONE if other < centre else _NONE) - (_ONE if other > centre else _NONE)


@njit(nogil=True, cache=True)
def find_disc_minima(values, half_widths, margin, segments, minima):
    """Find the minimum over the disc around every cell.

    A row segment is covered by two overlapping segments whose length is a power of two, so one
    table of segment minima per power serves all rows of the disc.

    Parameters
    ----------
    values : numpy.ndarray
        Array with `margin` extra cells on each side; missing cells are infinite.
    half_widths : numpy.ndarray
        The disc, of `disc_half_widths`; its radius is at most `margin`.
    margin : int
        Extra cells on each side [cells].
    segments : numpy.ndarray
        Scratch: rows and columns of `values` that the disc reaches, that is, those of `minima`
        and the radius of the disc on each side; same dtype.
    minima : numpy.ndarray
        Receives the minima, without the margin; infinite where the disc holds nothing.
    """
    rows, columns = minima.shape
    radius = half_widths.size // 2
    for row in range(rows):
        for column in range(columns):
            minima[row, column] = np.inf
    for row in range(segments.shape[0]):
        source = values[row + margin - radius, margin - radius :]
        for column in range(segments.shape[1]):
            segments[row, column] = source[column]
    wider = np.empty(segments.shape[1], values.dtype)
    length = 1
    while length <= 2 * radius + 1:
        for row in range(rows):
            lowest = minima[row]
            for offset in range(-radius, radius + 1):
                width = half_widths[radius + offset]
                if not length <= 2 * width + 1 < 2 * length:
                    continue
                left = segments[row + radius + offset, radius - width :]
                right = segments[row + radius + offset, radius + width + 1 - length :]
                for column in range(columns):
                    least = left[column] if left[column] < right[column] else right[column]
                    lowest[column] = least if least < lowest[column] else lowest[column]
        for row in range(segments.shape[0]):
            segment = segments[row]
            ahead = segments[row, length:]
            for column in range(ahead.size):
                wider[column] = (
                    segment[column] if segment[column] < ahead[column] else ahead[column]
                )
            for column in range(ahead.size):
                segment[column] = wider[column]
        length *= 2
