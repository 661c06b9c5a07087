"""Ruggedness of the ground from the differences to the eight neighbours of a cell."""

import math

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, error_model="numpy")
def measure_ruggedness(elevation, margin, riley, wilson):
    """Derive both terrain ruggedness indices; missing neighbours count as the mean of the others.

    Parameters
    ----------
    elevation : numpy.ndarray
        Elevation [m], float64, with `margin` extra cells on each side, NaN as no data.
    margin : int
        Extra cells on each side.
    riley : numpy.ndarray
        Receives the root of the summed squared differences [m], float32.
    wilson : numpy.ndarray
        Receives the mean absolute difference [m], float32.
    """
    rows, columns = riley.shape
    for row in range(rows):
        squares, means = riley[row], wilson[row]
        north = elevation[row + margin - 1, margin - 1 :]
        here = elevation[row + margin, margin - 1 :]
        south = elevation[row + margin + 1, margin - 1 :]
        for column in range(columns):
            centre = here[column + 1]
            west, east = here[column] - centre, here[column + 2] - centre
            square, total = west * west + east * east, abs(west) + abs(east)
            for line in (north, south):
                left, right = line[column] - centre, line[column + 2] - centre
                middle = line[column + 1] - centre
                square += (left * left + right * right) + middle * middle
                total += (abs(left) + abs(right)) + abs(middle)
            squares[column] = math.sqrt(square)
            means[column] = total / 8.0
        for column in range(columns):
            if np.isnan(squares[column]):
                squares[column], means[column] = _measure_with_gaps(
                    elevation, row + margin, column + margin
                )


@njit(nogil=True, cache=True, error_model="numpy")
def _measure_with_gaps(elevation, row, column):
    square, total, count = 0.0, 0.0, 0
    for down in range(-1, 2):
        for right in range(-1, 2):
            difference = elevation[row + down, column + right] - elevation[row, column]
            if (down != 0 or right != 0) and not np.isnan(difference):
                square += difference**2
                total += abs(difference)
                count += 1
    return (math.sqrt(square * 8 / count), total / count) if count else (0.0, 0.0)
