"""Indices of wetness, stream power and sediment transport from area and gradient."""

import math

import numpy as np
from numba import njit

from landshift.factors.drainage.framing import ELEVATION_UNIT_M, FLOW_UNIT, NODATA
from landshift.runtime.portable_math import logarithm


@njit(nogil=True, cache=True)
def slope_gradients(elevation):
    """Compute the gradient of the surface by Horn's weights [elevation unit per cell].

    A neighbour without data lies on the straight line from the opposite neighbour through the
    cell, so that planes are exact up to the edge. Where that is missing as well, a diagonal
    neighbour rises as its two neighbours together, any other not at all.

    Parameters
    ----------
    elevation
        Framed elevation.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(y, x)`` without the frame: `ELEVATION_UNIT_M` per cell edge; 0 without
        data.

    References
    ----------
    Horn 1981, Proceedings of the IEEE 69, doi:10.1109/PROC.1981.11918
    """
    rows, columns = elevation.shape
    gradients = np.empty((rows - 2, columns - 2))
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            level = elevation[row, column]
            east = elevation[row, column + 1]
            south_east = elevation[row + 1, column + 1]
            south = elevation[row + 1, column]
            south_west = elevation[row + 1, column - 1]
            west = elevation[row, column - 1]
            north_west = elevation[row - 1, column - 1]
            north = elevation[row - 1, column]
            north_east = elevation[row - 1, column + 1]
            to_east = _rise(level, east, west, 0.0)
            to_south = _rise(level, south, north, 0.0)
            to_west = _rise(level, west, east, 0.0)
            to_north = _rise(level, north, south, 0.0)
            to_south_east = _rise(level, south_east, north_west, to_east + to_south)
            to_south_west = _rise(level, south_west, north_east, to_south + to_west)
            to_north_west = _rise(level, north_west, south_east, to_west + to_north)
            to_north_east = _rise(level, north_east, south_west, to_north + to_east)
            along_x = to_north_east + 2.0 * to_east + to_south_east
            along_x = along_x - to_north_west - 2.0 * to_west - to_south_west
            along_y = to_south_east + 2.0 * to_south + to_south_west
            along_y = along_y - to_north_west - 2.0 * to_north - to_north_east
            gradient = np.sqrt(along_x * along_x + along_y * along_y) / 8.0
            gradients[row - 1, column - 1] = 0.0 if level == NODATA else gradient
    return gradients


# Choices instead of branches, so that the compiler makes vectors of cells.
@njit(nogil=True, cache=True)
def _rise(level, ahead, behind, otherwise):
    """Compute the rise from a cell to a neighbour, given the one on the other side as well."""
    opposite = np.float64(level - behind) if behind != NODATA else otherwise
    return np.float64(ahead - level) if ahead != NODATA else opposite


UNIT_PLOT_M = 22.13
"""Length of the plot that erosion is compared with in the sediment transport index [m]."""

UNIT_PLOT_SINE = 0.0896
"""Sine of the slope of that plot [1]."""

AREA_EXPONENT = 0.4
"""Exponent of the specific catchment area in the sediment transport index."""

SINE_EXPONENT = 1.3
"""Exponent of the sine of the slope in the sediment transport index."""


def derive_indices(
    elevation: np.ndarray, flowing: np.ndarray, *, resolution_m: float, lowest_gradient: float
) -> np.ndarray:
    """Derive the indices of each cell from its upslope area and the gradient of the elevation.

    Parameters
    ----------
    elevation
        Framed elevation with its depressions, or a window of it with a ring of neighbours.
    flowing
        Framed result of `multiple_flow.accumulate_multiple_flow`, the same window.
    resolution_m
        Edge of a cell [m].
    lowest_gradient
        Gradient ``g`` [m/m] that stands for flatter cells.

    Returns
    -------
    numpy.ndarray
        float32, shape ``(5, y, x)`` without frame or ring: upslope area ``A`` [log10(m2)], specific
        catchment area ``a`` [log10(m)], ``ln(a / g)`` [ln(m)], ``ln(a * g)`` [ln(m)] and
        ``0.4 ln(a / 22.13 m) + 1.3 ln(sin(b) / 0.0896)`` [ln(1)] with ``b = atan(g)``. NaN without
        data.
    """
    rows, columns = elevation.shape
    indices = np.empty((5, rows - 2, columns - 2), dtype=np.float32)
    _write_indices(elevation, flowing, resolution_m, lowest_gradient, indices)
    return indices


# One array after the other, so that the compiler makes vectors of cells.
@njit(nogil=True, cache=True, error_model="numpy")
def _write_indices(elevation, flowing, resolution_m, lowest_gradient, indices):
    log_edge = math.log(resolution_m)
    _, rows, columns = indices.shape
    log_width, log_gradient, log_sine = np.empty(columns), np.empty(columns), np.empty(columns)
    for row in range(rows):
        gradients = slope_gradients(elevation[row : row + 3])[0]
        for column in range(columns):
            flow_here = flowing[row + 1, column + 1]
            known = logarithm(flow_here * FLOW_UNIT) + log_edge
            log_width[column] = np.nan if flow_here == 0 else known
        for column in range(columns):
            gradient = gradients[column] * (ELEVATION_UNIT_M / resolution_m)
            gradient = max(gradient, lowest_gradient)
            log_gradient[column] = logarithm(gradient)
            log_sine[column] = log_gradient[column] - 0.5 * logarithm(1.0 + gradient**2)
        area, width = indices[0, row], indices[1, row]
        wetness, power, transport = indices[2, row], indices[3, row], indices[4, row]
        for column in range(columns):
            area[column] = (log_width[column] + log_edge) / math.log(10.0)
            width[column] = log_width[column] / math.log(10.0)
        for column in range(columns):
            wetness[column] = log_width[column] - log_gradient[column]
            power[column] = log_width[column] + log_gradient[column]
        for column in range(columns):
            transport[column] = AREA_EXPONENT * (
                log_width[column] - math.log(UNIT_PLOT_M)
            ) + SINE_EXPONENT * (log_sine[column] - math.log(UNIT_PLOT_SINE))
