"""Sums, ranks and minima over discs of cells, exact whatever block a cell is computed in.

A disc of radius r holds every cell whose centre lies within r + 1/2 cells. Sums run over integers,
so that no rounding depends on where a block begins: the disc of a cell is that of the cell above,
plus what enters along its lower rim, less what leaves along the upper one. A minimum needs two
values of a table of segment minima per row.
"""

import math

import numpy as np
from numba import njit

RANK_STEPS = 64
"""Steps per metre in which elevations are compared with those around them."""

_ONE, _NONE = np.int16(1), np.int16(0)


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


def count_steps(radius: int, largest: float) -> int:
    """Count the steps per unit with which sums along the rim of a disc fit 32 bits.

    Parameters
    ----------
    radius
        Radius of the widest disc [cells].
    largest
        Largest difference between two values.

    Returns
    -------
    int
        A power of two.

    Examples
    --------
    >>> count_steps(30, 10_000.0)
    2048
    """
    return 2 ** math.floor(math.log2((2**31 - 1) / (2 * radius + 1) / largest))


@njit(nogil=True, cache=True)
def to_steps(values, per_unit, steps):
    """Turn real values into whole steps of 1 / `per_unit` (int32), missing ones into zero."""
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = np.float64(values[row, column])
            value = 0.0 if np.isnan(value) else value
            steps[row, column] = np.int32(np.rint(value * per_unit))


@njit(nogil=True, cache=True)
def sum_discs(values, half_widths, margin, running, change, sums):
    """Sum integers over the disc around every cell.

    Parameters
    ----------
    values : numpy.ndarray
        Integers with `margin` extra cells on each side. Sums along the rim of the disc have to fit
        their dtype; see `count_steps`.
    half_widths : numpy.ndarray
        The disc, of `disc_half_widths`; its radius is at most `margin`.
    margin : int
        Extra cells on each side [cells].
    running : numpy.ndarray
        Scratch, int64, at least one value more than `sums` has columns and the disc is wide.
    change : numpy.ndarray
        Scratch, a value per column, dtype of `values`.
    sums : numpy.ndarray
        Receives the sums, int64, without the margin.
    """
    rows, columns = sums.shape
    radius = half_widths.size // 2
    _sum_first_row(values, half_widths, margin, running, sums[0])
    for row in range(1, rows):
        entering, leaving = row + margin, row + margin - 1
        _start_change(values[entering + radius, margin:], values[leaving - radius, margin:], change)
        step = 1
        while step <= radius:
            near = half_widths[radius + step]
            far = half_widths[radius + min(step + 1, radius)]
            left = margin - step
            lower, upper = values[entering + near, left:], values[leaving - near, left:]
            if step == radius:
                _change_one(lower, upper, step, change)
            else:
                wider_lower = values[entering + far, left - 1 :]
                wider_upper = values[leaving - far, left - 1 :]
                _change_two(lower, upper, wider_lower, wider_upper, step, change)
            step += 2
        above, here = sums[row - 1], sums[row]
        for column in range(columns):
            here[column] = above[column] + change[column]


@njit(nogil=True, cache=True)
def _sum_first_row(values, half_widths, margin, running, sums):
    """Sum discs from running sums of the rows that they reach."""
    radius = half_widths.size // 2
    for column in range(sums.size):
        sums[column] = 0
    for offset in range(-radius, radius + 1):
        line = values[margin + offset, margin - radius :]
        total = np.int64(0)
        running[0] = 0
        for column in range(sums.size + 2 * radius):
            total += line[column]
            running[column + 1] = total
        width = half_widths[radius + offset]
        left, right = running[radius - width :], running[radius + width + 1 :]
        for column in range(sums.size):
            sums[column] += right[column] - left[column]


@njit(nogil=True, cache=True)
def _start_change(lower, upper, change):
    for column in range(change.size):
        change[column] = lower[column] - upper[column]


@njit(nogil=True, cache=True)
def _change_one(lower, upper, step, change):
    """Let enter and leave the rim `step` cells west and east of the centre."""
    lower_east, upper_east = lower[2 * step :], upper[2 * step :]
    for column in range(change.size):
        change[column] += (lower[column] - upper[column]) + (
            lower_east[column] - upper_east[column]
        )


@njit(nogil=True, cache=True)
def _change_two(lower, upper, wider_lower, wider_upper, step, change):
    """Do the same for two steps at once, which saves half the passes over `change`."""
    lower_east, upper_east = lower[2 * step :], upper[2 * step :]
    wider_lower_east, wider_upper_east = wider_lower[2 * step + 2 :], wider_upper[2 * step + 2 :]
    for column in range(change.size):
        near = (lower[column] - upper[column]) + (lower_east[column] - upper_east[column])
        far = (wider_lower[column] - wider_upper[column]) + (
            wider_lower_east[column] - wider_upper_east[column]
        )
        change[column] += near + far


@njit(nogil=True, cache=True, error_model="numpy")
def average_steps(total, count, per_unit, mean):
    """Divide summed steps by their number: real values, NaN where nothing was counted."""
    for row in range(mean.shape[0]):
        for column in range(mean.shape[1]):
            mean[row, column] = total[row, column] / count[row, column] / per_unit


@njit(nogil=True, cache=True, error_model="numpy")
def deviate_steps(total, squares, count, per_unit, deviation):
    """Derive the population standard deviation from sums of steps and of their squares."""
    for row in range(deviation.shape[0]):
        for column in range(deviation.shape[1]):
            mean = total[row, column] / count[row, column]
            variance = squares[row, column] / count[row, column] - mean * mean
            deviation[row, column] = math.sqrt(max(variance, 0.0)) / per_unit


@njit(nogil=True, cache=True, error_model="numpy")
def compare_steps(steps, total, count, per_unit, margin, difference):
    """Difference of every cell from the mean of the others in its disc, float32; 0 without others.

    Parameters
    ----------
    steps : numpy.ndarray
        Values in steps, with `margin` extra cells on each side.
    total, count : numpy.ndarray
        Sum and number of cells of each disc, the cell itself included.
    per_unit : int
        Steps per unit.
    margin : int
        Extra cells on each side.
    difference : numpy.ndarray
        Receives the differences, float32.
    """
    for row in range(total.shape[0]):
        for column in range(total.shape[1]):
            number = count[row, column]
            excess = steps[row + margin, column + margin] * number - total[row, column]
            difference[row, column] = excess / (max(number - 1, 1) * per_unit)


def to_levels(elevation: np.ndarray) -> np.ndarray:
    """Turn elevations [m] into whole steps of 1 / `RANK_STEPS` m above the lowest of a block.

    No data lies above all. 16 bits hold a relief of 1024 m; where a block has more, 32 are
    used, which takes longer and gives the same ranks.

    Parameters
    ----------
    elevation
        Elevation [m], float32, NaN as no data, some cells with data.
    """
    levels = np.rint(elevation * np.float32(RANK_STEPS))
    lowest, missing = np.nanmin(levels), np.nanmax(levels) + 1
    np.nan_to_num(levels, copy=False, nan=missing)
    levels -= lowest + 2**15
    return levels.astype(np.int16 if missing - lowest < 2**16 else np.int32)


@njit(nogil=True, cache=True)
def rank_in_discs(levels, half_widths, margin, count, partial, excess, rank):
    """Rank every cell among the others in its disc; cells of one level count half.

    Parameters
    ----------
    levels : numpy.ndarray
        Levels of `to_levels` with `margin` extra cells on each side.
    half_widths : numpy.ndarray
        The disc, of `disc_half_widths`; its radius is at most `margin`.
    margin : int
        Extra cells on each side [cells].
    count : numpy.ndarray
        Cells with data in each disc, the cell itself included.
    partial, excess : numpy.ndarray
        Scratch, one value per column, int16 and int64.
    rank : numpy.ndarray
        Receives the share of the other cells that lie lower [1], float32; 1/2 if there are none.
    """
    rows, columns = rank.shape
    radius = half_widths.size // 2
    cells = (2 * half_widths + 1).sum()
    # 16 bits, as many lanes as the levels have, hold this many rows of the disc
    whole = 32767 // half_widths.size
    for row in range(rows):
        here = levels[row + margin, margin : margin + columns]
        for column in range(columns):
            excess[column] = 0
            partial[column] = 0
        for offset in range(-radius, radius + 1):
            line = levels[row + margin + offset]
            first = margin - half_widths[radius + offset]
            beyond = margin + half_widths[radius + offset] + 1
            while first + 8 <= beyond:
                _compare_eight(line[first : first + columns + 7], here, partial)
                first += 8
            while first < beyond:
                _compare_one(line[first : first + columns], here, partial)
                first += 1
            if offset == radius or (radius + offset) % whole == whole - 1:
                for column in range(columns):
                    excess[column] += partial[column]
                    partial[column] = 0
        for column in range(columns):
            # cells without data were taken for higher ones
            known = excess[column] + (cells - count[row, column])
            others = count[row, column] - 1
            rank[row, column] = (others + known) / (2.0 * others) if others > 0 else 0.5


@njit(nogil=True, cache=True)
def _compare_eight(line, here, excess):
    # every step stays in 16 bits, so that a vector holds twice the lanes of float32
    for column in range(excess.size):
        centre = here[column]
        total = excess[column]
        for step in range(8):
            lower = _ONE if line[column + step] < centre else _NONE
            higher = _ONE if line[column + step] > centre else _NONE
            total = np.int16(np.int16(total + lower) - higher)
        excess[column] = total


@njit(nogil=True, cache=True)
def _compare_one(line, here, excess):
    for column in range(excess.size):
        lower = _ONE if line[column] < here[column] else _NONE
        higher = _ONE if line[column] > here[column] else _NONE
        excess[column] = np.int16(np.int16(excess[column] + lower) - higher)


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
