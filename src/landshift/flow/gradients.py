"""Gradient of the elevation itself, depressions included."""

import numpy as np
from numba import njit

from landshift.flow.framing import NODATA


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
