"""Indices of wetness, stream power and sediment transport from area and gradient."""

import math

import numpy as np
from numba import njit

from landshift import flow
from landshift.angles import logarithm

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
        Framed result of `landshift.flow.accumulate_multiple_flow`, the same window.
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
        gradients = flow.slope_gradients(elevation[row : row + 3])[0]
        for column in range(columns):
            flow_here = flowing[row + 1, column + 1]
            known = logarithm(flow_here * flow.FLOW_UNIT) + log_edge
            log_width[column] = np.nan if flow_here == 0 else known
        for column in range(columns):
            gradient = gradients[column] * (flow.ELEVATION_UNIT_M / resolution_m)
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
