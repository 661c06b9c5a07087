"""Indices of wetness, stream power and sediment transport from area and gradient."""

import math

import numpy as np
from numba import njit

from landshift import flow

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
    gradients = flow.slope_gradients(elevation)
    indices = np.empty((5, *gradients.shape), dtype=np.float32)
    _write_indices(elevation, flowing, gradients, resolution_m, lowest_gradient, indices)
    return indices


# One logarithm after the other: vectorised ones may differ in the last bit with a cell's place.
@njit(nogil=True, cache=True)
def _write_indices(elevation, flowing, gradients, resolution_m, lowest_gradient, indices):
    log_edge = math.log(resolution_m)
    for row in range(gradients.shape[0]):
        for column in range(gradients.shape[1]):
            if elevation[row + 1, column + 1] == flow.NODATA:
                indices[:, row, column] = np.nan
                continue
            gradient = gradients[row, column] * (flow.ELEVATION_UNIT_M / resolution_m)
            gradient = max(gradient, lowest_gradient)
            log_gradient = math.log(gradient)
            log_width = math.log(flowing[row + 1, column + 1] * flow.FLOW_UNIT) + log_edge
            log_sine = log_gradient - 0.5 * math.log1p(gradient**2)
            indices[0, row, column] = (log_width + log_edge) / math.log(10.0)
            indices[1, row, column] = log_width / math.log(10.0)
            indices[2, row, column] = log_width - log_gradient
            indices[3, row, column] = log_width + log_gradient
            indices[4, row, column] = AREA_EXPONENT * (
                log_width - math.log(UNIT_PLOT_M)
            ) + SINE_EXPONENT * (log_sine - math.log(UNIT_PLOT_SINE))
