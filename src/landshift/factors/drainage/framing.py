"""Elevations as integers in a frame of no data, and the neighbours of a cell."""

import numpy as np
from numba import njit

ELEVATION_UNIT_M = 2.0**-32
"""One step of a framed elevation [m], 0.2 nanometres; also the gradient given to flats."""

FLOW_UNIT = 2.0**-30
"""One step of multiple-flow accumulation [cells]."""

NODATA = np.iinfo(np.int64).max
"""Framed elevation of a cell without data; never lower than a neighbour."""

LEAVES = -1
"""Direction of a cell whose water leaves the raster or enters no data."""

NO_DIRECTION = -2
"""Direction of a cell without data."""

UNREACHED = NODATA - 1
"""Level of a cell that no water from an outlet has reached yet; only `NODATA` is higher."""

RING = 64
"""Added to the waiting counts around a window, so that no cell there gets ready inside it."""

_HIGHEST_M = 2.0**30
ROW_STEP = (0, 1, 1, 1, 0, -1, -1, -1)
COLUMN_STEP = (1, 1, 0, -1, -1, -1, 0, 1)
DIAGONAL = np.sqrt(2.0)
STEP_LENGTH = (1.0, DIAGONAL) * 4


def frame(elevation: np.ndarray) -> np.ndarray:
    """Frame elevations with no data and express them in integer steps.

    Parameters
    ----------
    elevation
        Elevation [m], shape ``(y, x)``, NaN as no data.

    Returns
    -------
    numpy.ndarray
        int64 [`ELEVATION_UNIT_M`], shape ``(y + 2, x + 2)``, `NODATA` as no data. Exact for float32
        elevations above 2 mm; smaller ones are rounded to the unit.

    Raises
    ------
    ValueError
        If the array is not two-dimensional or holds an elevation beyond a million kilometres.
    """
    if elevation.ndim != 2:
        raise ValueError(f"expected elevations of shape (y, x), found {elevation.shape}")
    framed = np.full([size + 2 for size in elevation.shape], NODATA, dtype=np.int64)
    unusable = fix_elevations(elevation, framed)
    if unusable:
        raise ValueError(
            f"{unusable} elevations are infinite or beyond {_HIGHEST_M:.0f} m; mark them as NaN"
        )
    return framed


@njit(nogil=True, cache=True)
def fix_elevations(elevation, framed):
    """Write elevations [m] into a framed raster and count those that are unusable."""
    unusable = 0
    rows, columns = elevation.shape
    for row in range(rows):
        for column in range(columns):
            metres = np.float64(elevation[row, column])
            if abs(metres) < _HIGHEST_M:
                framed[row + 1, column + 1] = np.int64(np.rint(metres / ELEVATION_UNIT_M))
            elif not np.isnan(metres):
                unusable += 1
    return unusable


@njit(nogil=True, cache=True)
def neighbour_offsets(columns):
    """Return the flat offsets of the neighbours: east, then clockwise, as in ESRI's 2**k codes."""
    offsets = np.empty(8, dtype=np.int64)
    for k in range(8):
        offsets[k] = ROW_STEP[k] * columns + COLUMN_STEP[k]
    return offsets


@njit(nogil=True, cache=True)
def no_cells():
    """Return an empty list of flat cell numbers."""
    return [np.int64(0) for _ in range(0)]
