"""What the directions of slopes tell: their scatter, their convergence and the heat they receive.

All functions take the gradient of the fitted surface and write into an array of the caller.
"""

import math

import numpy as np
from numba import njit

from landshift.runtime.portable_math import arctan_degrees, exponential

_DIAGONAL = math.sqrt(0.5)

STEEPEST_LATITUDE = 60.0
"""Latitude [degree] up to which the equation of the heat load was fitted."""


@njit(nogil=True, cache=True, error_model="numpy")
def tilt_normals(east, north, per_unit, normals):
    """Turn gradients into unit normals of the surface, in steps of 1 / `per_unit`.

    Parameters
    ----------
    east, north : numpy.ndarray
        Gradient [1], shape ``(rows, columns)``, NaN as no data.
    per_unit : int
        Steps per unit.
    normals : numpy.ndarray
        Receives the components east, north and up, shape ``(3, rows, columns)``, int32; zero where
        there is no data.
    """
    for row in range(east.shape[0]):
        p, q = east[row], north[row]
        x, y, z = normals[0, row], normals[1, row], normals[2, row]
        for column in range(p.size):
            up = per_unit / math.sqrt(1.0 + p[column] * p[column] + q[column] * q[column])
            up = 0.0 if np.isnan(up) else up
            a = 0.0 if np.isnan(p[column]) else p[column]
            b = 0.0 if np.isnan(q[column]) else q[column]
            x[column] = np.int32(np.rint(-a * up))
            y[column] = np.int32(np.rint(-b * up))
            z[column] = np.int32(np.rint(up))


@njit(nogil=True, cache=True, error_model="numpy")
def scatter_normals(x, y, z, count, per_unit, ruggedness):
    """Derive one minus the length of the mean normal from sums over windows.

    Parameters
    ----------
    x, y, z : numpy.ndarray
        Summed components of `tilt_normals`, int64.
    count : numpy.ndarray
        Number of cells with data in the window.
    per_unit : int
        Steps per unit.
    ruggedness : numpy.ndarray
        Receives the vector ruggedness [1], float32: 0 on a plane, near 1 if normals cancel.
    """
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            a, b, c = float(x[row, column]), float(y[row, column]), float(z[row, column])
            length = math.sqrt(a * a + b * b + c * c) / (count[row, column] * per_unit)
            ruggedness[row, column] = max(0.0, 1.0 - length)


@njit(nogil=True, cache=True, error_model="numpy")
def measure_convergence(east, north, margin, angles, convergence):
    """Derive how far the slopes around a cell point to it.

    The mean over the eight neighbours of the angle between their aspect and the direction to the
    centre, less 90 degrees: -90 in a pit, 90 on a summit, 0 on a plane. A flat neighbour counts as
    pointing past. Opposite neighbours of which one has no data are left out both, so that planes
    stay at 0 to the edge.

    Parameters
    ----------
    east, north : numpy.ndarray
        Gradient [1] with `margin` >= 1 extra cells on each side, NaN as no data.
    margin : int
        Extra cells on each side.
    angles : numpy.ndarray
        Scratch, shape ``(4, rows + 2, columns + 2)``, float64.
    convergence : numpy.ndarray
        Receives the convergence index [degree], shape ``(rows, columns)``, float32.
    """
    rows, columns = convergence.shape
    for row in range(rows + 2):
        p, q = east[row + margin - 1, margin - 1 :], north[row + margin - 1, margin - 1 :]
        _turn_from(p, q, 1.0, 0.0, angles[0, row])
        _turn_from(p, q, _DIAGONAL, _DIAGONAL, angles[1, row])
        _turn_from(p, q, 0.0, 1.0, angles[2, row])
        _turn_from(p, q, -_DIAGONAL, _DIAGONAL, angles[3, row])
    for row in range(rows):
        above, below = angles[:, row], angles[:, row + 2]
        west, east_side = angles[0, row + 1], angles[0, row + 1, 2:]
        northeast, southwest = above[1, 2:], below[1]
        north_side, south = above[2, 1:], below[2, 1:]
        northwest, southeast = above[3], below[3, 2:]
        result = convergence[row]
        for column in range(columns):
            first = west[column] - east_side[column]
            second = southwest[column] - northeast[column]
            third = south[column] - north_side[column]
            fourth = southeast[column] - northwest[column]
            total, pairs = 0.0, 0.0
            total += 0.0 if np.isnan(first) else first
            pairs += 0.0 if np.isnan(first) else 2.0
            total += 0.0 if np.isnan(second) else second
            pairs += 0.0 if np.isnan(second) else 2.0
            total += 0.0 if np.isnan(third) else third
            pairs += 0.0 if np.isnan(third) else 2.0
            total += 0.0 if np.isnan(fourth) else fourth
            pairs += 0.0 if np.isnan(fourth) else 2.0
            result[column] = total / max(pairs, 1.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _turn_from(east, north, right, up, angles):
    """Angle [degree] between the downslope directions of a row and one direction; 90 on flats."""
    for column in range(angles.size):
        x, y = -east[column], -north[column]
        length = math.sqrt(x * x + y * y)
        along = abs(x * right + y * up)
        across = abs(x * up - y * right)
        half = arctan_degrees(across / (length + along))
        angle = 2.0 * half if x * right + y * up >= 0.0 else 180.0 - 2.0 * half
        angles[column] = 90.0 if length < 1e-6 else angle


@njit(nogil=True, cache=True, error_model="numpy")
def measure_heat_load(east, north, margin, latitude, heat_load):
    """Derive the potential annual heat load by the first equation of McCune and Keon (2002).

    Parameters
    ----------
    east, north : numpy.ndarray
        Gradient [1] with `margin` extra cells on each side, NaN as no data.
    margin : int
        Extra cells on each side.
    latitude : float
        Latitude [degree]; negative in the south, where the warmest slopes face north-west.
    heat_load : numpy.ndarray
        Receives the heat load [MJ/cm2/a], shape ``(rows, columns)``, float32.
    """
    rows, columns = heat_load.shape
    pole = -1.0 if latitude < 0.0 else 1.0
    angle = math.radians(min(abs(latitude), STEEPEST_LATITUDE))
    sine, cosine = math.sin(angle), math.cos(angle)
    for row in range(rows):
        p, q = east[row + margin, margin:], north[row + margin, margin:]
        result = heat_load[row]
        for column in range(columns):
            square = p[column] * p[column] + q[column] * q[column]
            level = 1.0 / math.sqrt(1.0 + square)
            steep = math.sqrt(square) * level
            # aspect counted from the coolest direction, times the sine of the slope
            x, y = -p[column] * level, -pole * q[column] * level
            toward, aside = (x + y) * _DIAGONAL, abs(x - y) * _DIAGONAL
            result[column] = exponential(
                -1.467
                + 1.582 * cosine * level
                - 1.500 * toward * sine
                - 0.262 * sine * steep
                + 0.607 * aside
            )
