"""Exact Euclidean distances to the nearest cell of a kind."""

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def nearest_distances(features, farthest):
    """Compute the exact Euclidean distance to the nearest feature cell.

    Parameters
    ----------
    features
        bool, shape ``(y, x)``.
    farthest
        Distance at which to cap [cells], also the answer where there is no feature at all. A cell
        depends on no cell farther away than this.

    Returns
    -------
    numpy.ndarray
        float32 [cells], shape ``(y, x)``, between cell centres.

    References
    ----------
    Felzenszwalb, Huttenlocher 2012, Theory of Computing 8, doi:10.4086/toc.2012.v008a019
    """
    rows, columns = features.shape
    vertical = _vertical_distances(features, np.int32(np.ceil(farthest)) + 1)
    distances = np.empty(features.shape, dtype=np.float32)
    centres = np.empty(columns, dtype=np.int64)
    starts = np.empty(columns + 1)
    for row in range(rows):
        parabolas = _lower_envelope(vertical[row], farthest, centres, starts)
        parabola = 0
        for column in range(columns):
            if parabolas == 0:
                distances[row, column] = farthest
                continue
            while parabola + 1 < parabolas and starts[parabola + 1] < column:
                parabola += 1
            across = column - centres[parabola]
            along = np.int64(vertical[row, centres[parabola]])
            distances[row, column] = min(farthest, np.sqrt(np.float64(across**2 + along**2)))
    return distances


@njit(nogil=True, cache=True)
def _vertical_distances(features, beyond):
    rows, columns = features.shape
    vertical = np.empty(features.shape, dtype=np.int32)
    for row in range(rows):
        for column in range(columns):
            above = vertical[row - 1, column] + 1 if row > 0 else beyond
            vertical[row, column] = 0 if features[row, column] else min(beyond, above)
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            vertical[row, column] = min(vertical[row, column], vertical[row + 1, column] + 1)
    return vertical


@njit(nogil=True, cache=True)
def _lower_envelope(vertical, farthest, centres, starts):
    """Find which column's parabola ``(x - column)**2 + vertical[column]**2`` is lowest where."""
    count = 0
    for column in range(vertical.size):
        if vertical[column] > farthest:
            continue
        own = np.int64(vertical[column]) ** 2 + column**2
        start = -1.0
        while count > 0:
            last = centres[count - 1]
            start = (own - np.int64(vertical[last]) ** 2 - last**2) / (2.0 * (column - last))
            if start > starts[count - 1]:
                break
            count -= 1
            start = -1.0
        centres[count] = column
        starts[count] = start
        count += 1
    return count
