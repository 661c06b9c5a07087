"""Gradient of the elevation itself, depressions included."""

import numpy as np
from numba import njit

from landshift.flow.framing import COLUMN_STEP, NODATA, ROW_STEP


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
    gradients = np.zeros((rows - 2, columns - 2))
    rise = np.empty(8)
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            level = elevation[row, column]
            if level == NODATA:
                continue
            _rises(elevation, row, column, rise)
            along_x = rise[7] + 2.0 * rise[0] + rise[1] - rise[5] - 2.0 * rise[4] - rise[3]
            along_y = rise[1] + 2.0 * rise[2] + rise[3] - rise[5] - 2.0 * rise[6] - rise[7]
            gradients[row - 1, column - 1] = np.sqrt(along_x**2 + along_y**2) / 8.0
    return gradients


@njit(nogil=True, cache=True)
def _rises(elevation, row, column, rise):
    """Write the rise from a cell to its neighbours, even numbers (no diagonals) first."""
    level = elevation[row, column]
    for k in (0, 2, 4, 6, 1, 3, 5, 7):
        ahead = elevation[row + ROW_STEP[k], column + COLUMN_STEP[k]]
        behind = elevation[row - ROW_STEP[k], column - COLUMN_STEP[k]]
        if ahead != NODATA:
            rise[k] = ahead - level
        elif behind != NODATA:
            rise[k] = level - behind
        else:
            rise[k] = 0.0 if k % 2 == 0 else rise[k - 1] + rise[(k + 1) % 8]
