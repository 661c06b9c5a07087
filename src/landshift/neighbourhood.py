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


def to_steps(values: np.ndarray) -> np.ndarray:
    """Turn real values into whole steps of 1 / `FRACTION`, missing ones into zero.

    Elevations of float32 above 128 m are multiples of the step already.
    """
    steps = np.rint(np.nan_to_num(values, nan=0.0).astype(np.float64) * FRACTION)
    return steps.astype(np.int64)


@njit(nogil=True, cache=True)
def accumulate_rows(values):
    """Sum every row from its start, with a leading zero: shape ``(rows, columns + 1)``, int64."""
    rows, columns = values.shape
    running = np.empty((rows, columns + 1), np.int64)
    for row in range(rows):
        total = np.int64(0)
        running[row, 0] = 0
        for column in range(columns):
            total += np.int64(values[row, column])
            running[row, column + 1] = total
    return running


@njit(nogil=True, cache=True)
def sum_discs(running, half_widths, margin):
    """Sum integers over the disc around every cell.

    Parameters
    ----------
    running : numpy.ndarray
        Running row sums of `accumulate_rows` on an array with `margin` extra cells on each side.
    half_widths : numpy.ndarray
        The disc, of `disc_half_widths`; its radius is at most `margin`.
    margin : int
        Extra cells on each side [cells].

    Returns
    -------
    numpy.ndarray
        int64, without the margin.
    """
    rows = running.shape[0] - 2 * margin
    columns = running.shape[1] - 1 - 2 * margin
    radius = half_widths.size // 2
    sums = np.empty((rows, columns), np.int64)
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
    return sums


@njit(nogil=True, cache=True, error_model="numpy")
def average_steps(total, count):
    """Divide summed steps by their number: real values, NaN where nothing was counted."""
    mean = np.empty(total.shape, np.float32)
    for row in range(mean.shape[0]):
        for column in range(mean.shape[1]):
            mean[row, column] = total[row, column] / count[row, column] / FRACTION
    return mean


@njit(nogil=True, cache=True, error_model="numpy")
def deviate_steps(total, squares, count):
    """Derive the population standard deviation from sums of steps and of their squares."""
    deviation = np.empty(total.shape, np.float32)
    for row in range(deviation.shape[0]):
        for column in range(deviation.shape[1]):
            mean = total[row, column] / count[row, column]
            variance = squares[row, column] / count[row, column] - mean * mean
            deviation[row, column] = math.sqrt(max(variance, 0.0)) / FRACTION
    return deviation


@njit(nogil=True, cache=True, error_model="numpy")
def compare_steps(steps, total, count, margin):
    """Difference of every cell from the mean of the others in its disc, float32; 0 if alone.

    Parameters
    ----------
    steps : numpy.ndarray
        Values in steps, with `margin` extra cells on each side.
    total, count : numpy.ndarray
        Sum and number of cells of each disc, the cell itself included.
    margin : int
        Extra cells on each side.
    """
    difference = np.empty(total.shape, np.float32)
    for row in range(total.shape[0]):
        for column in range(total.shape[1]):
            number = count[row, column]
            excess = steps[row + margin, column + margin] * number - total[row, column]
            difference[row, column] = excess / (max(number - 1, 1) * FRACTION)
    return difference


@njit(nogil=True, cache=True)
def find_disc_minima(values, half_widths, margin):
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

    Returns
    -------
    numpy.ndarray
        Same dtype, without the margin; infinite where the disc holds nothing.
    """
    rows = values.shape[0] - 2 * margin
    columns = values.shape[1] - 2 * margin
    radius = half_widths.size // 2
    minima = np.full((rows, columns), np.inf, values.dtype)
    segments = values.copy()
    wider = np.empty(values.shape[1], values.dtype)
    length = 1
    while length <= 2 * radius + 1:
        for row in range(rows):
            lowest = minima[row]
            for offset in range(-radius, radius + 1):
                width = half_widths[radius + offset]
                if not length <= 2 * width + 1 < 2 * length:
                    continue
                left = segments[row + margin + offset, margin - width :]
                right = segments[row + margin + offset, margin + width + 1 - length :]
                for column in range(columns):
                    least = left[column] if left[column] < right[column] else right[column]
                    lowest[column] = least if least < lowest[column] else lowest[column]
        for row in range(values.shape[0]):
            segment = segments[row]
            ahead = segments[row, length:]
            for column in range(ahead.size):
                wider[column] = (
                    segment[column] if segment[column] < ahead[column] else ahead[column]
                )
            for column in range(ahead.size):
                segment[column] = wider[column]
        length *= 2
    return minima
