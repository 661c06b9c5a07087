"""How open a cell lies to the sky: zenith angles of the horizon in eight directions."""

import numpy as np
from numba import njit

from landshift.runtime.portable_math import arctan_degrees

_MISSING = np.float32(-np.inf)


@njit(nogil=True, cache=True, error_model="numpy")
def measure_openness(elevation, straight, diagonal, resolution_m, margin, openness):
    """Derive the mean zenith angle of the horizon, after Yokoyama et al. (2002).

    90 degrees on a plane however steep, more on ridges, less in valleys. Cells without data hide
    nothing. If nothing has data in a direction, it is left out with the opposite one, so that
    planes stay at 90 degrees to the edge.

    Parameters
    ----------
    elevation : numpy.ndarray
        Elevation [m] with `margin` extra cells on each side, float32, NaN as no data.
    straight, diagonal : int
        Cells looked at along rows and columns, and along diagonals; at most `margin`.
    resolution_m : float
        Edge of a cell [m].
    margin : int
        Extra cells on each side.
    openness : numpy.ndarray
        Receives the positive openness [degree], shape ``(rows, columns)``, float32.
    """
    rows, columns = openness.shape
    horizon = np.empty((2, columns), np.float32)
    total, pairs = np.empty(columns), np.empty(columns)
    for row in range(rows):
        for column in range(columns):
            total[column] = 0.0
            pairs[column] = 0.0
        for down, right in ((0, 1), (1, 1), (1, 0), (1, -1)):
            slanted = down != 0 and right != 0
            reach = diagonal if slanted else straight
            step_m = resolution_m * np.sqrt(2.0) if slanted else resolution_m
            for side in range(2):
                sign = 1 - 2 * side
                _find_horizon(
                    elevation, row + margin, margin, sign * down, sign * right, reach, step_m,
                    horizon[side],
                )  # fmt: skip
            _add_pair(horizon[0], horizon[1], total, pairs)
        for column in range(columns):
            openness[row, column] = 90.0 - total[column] / max(2.0 * pairs[column], 1.0)


@njit(nogil=True, cache=True)
def _find_horizon(elevation, row, margin, down, right, reach, step_m, horizon):
    """Find the steepest line of sight along one direction for a row: a gradient, float32."""
    here = elevation[row, margin:]
    for column in range(horizon.size):
        horizon[column] = _MISSING
    for step in range(1, reach + 1):
        there = elevation[row + step * down, margin + step * right :]
        share = np.float32(1.0 / (step * step_m))
        for column in range(horizon.size):
            gradient = (there[column] - here[column]) * share
            horizon[column] = gradient if gradient > horizon[column] else horizon[column]


@njit(nogil=True, cache=True, error_model="numpy")
def _add_pair(first, second, total, pairs):
    for column in range(first.size):
        one, other = np.float64(first[column]), np.float64(second[column])
        known = one > _MISSING and other > _MISSING
        both = _elevate(one) + _elevate(other)
        total[column] += both if known else 0.0
        pairs[column] += 1.0 if known else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _elevate(gradient):
    angle = arctan_degrees(abs(gradient))
    return -angle if gradient < 0.0 else angle
