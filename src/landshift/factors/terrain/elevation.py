"""Checks of elevation models, and the distribution of elevation in a region."""

from functools import reduce

import numpy as np
import xarray as xr
from numba import njit
from odc.geo.geobox import GeoBox
from rasterio.warp import transform

from landshift.geodata.grids import check_metric

LOWEST_M = -1000.0
HIGHEST_M = 9000.0
"""Land lies between these elevations [m]; anything else is an undeclared no data value."""

_BIN_M = 1 / 16
_BINS = round((HIGHEST_M - LOWEST_M) / _BIN_M) + 1


def check_elevation(dem: xr.DataArray) -> None:
    """Check that slopes can be computed on an elevation model.

    Parameters
    ----------
    dem
        Elevation [m].

    Raises
    ------
    ValueError
        If it is not float with dimensions ``(y, x)``, or not on a north-up grid of square cells in
        a projected CRS in metres.
    """
    grid = dem.odc.geobox
    check_metric(grid and grid.crs, "the elevation model")
    if dem.dims != ("y", "x"):
        raise ValueError(
            f"expected an elevation model with dimensions (y, x), found {tuple(dem.dims)}; "
            "select one band and transpose it"
        )
    if not np.issubdtype(dem.dtype, np.floating):
        raise ValueError(
            f"expected float elevations with NaN as no data, found {dem.dtype}; "
            "open the file with landshift.geodata.raster.open_raster"
        )
    affine = grid.affine
    if affine.b or affine.d or affine.a <= 0 or affine.e >= 0:
        raise ValueError(
            f"expected a north-up elevation model, found the transform {tuple(affine)[:6]}; "
            "align it to a grid first"
        )
    if not np.isclose(affine.a, -affine.e, rtol=1e-3):
        raise ValueError(
            f"expected square cells, found {affine.a} x {-affine.e} m; "
            "align the elevation model to a grid with one resolution first"
        )


def find_latitude(grid: GeoBox) -> float:
    """Find the latitude of the centre of a grid [degree]."""
    x, y = grid.affine @ (grid.width / 2, grid.height / 2)
    _, (latitude,) = transform(grid.crs, "EPSG:4326", [x], [y])
    return latitude


def tabulate_elevation(values) -> np.ndarray:
    """Tabulate the share of a region's cells that lie lower than an elevation.

    Parameters
    ----------
    values
        Elevation [m], shape ``(y, x)``, NaN as no data. A dask array is read chunk by chunk; the
        table does not depend on the chunks.

    Returns
    -------
    numpy.ndarray
        Share [1] of the cells with data below each multiple of 1/16 m from `LOWEST_M` on, for
        `rank_elevation`.

    Raises
    ------
    ValueError
        If an elevation lies outside `LOWEST_M` to `HIGHEST_M`.
    """
    counts = _count_bins(values) if isinstance(values, np.ndarray) else _count_chunks(values)
    below = np.cumsum(counts) - counts
    return below / max(1, counts.sum())


def rank_elevation(values: np.ndarray, table: np.ndarray, ranks: np.ndarray) -> None:
    """Look up the share of the region that lies lower, comparing in steps of 1/16 m.

    Parameters
    ----------
    values
        Elevation [m], float64, NaN as no data.
    table
        Table of `tabulate_elevation`.
    ranks
        Receives the share [1], float32, NaN as no data.
    """
    _look_up(values, table, ranks)


def _count_chunks(values) -> np.ndarray:
    import dask

    count, add = dask.delayed(_count_bins), dask.delayed(_add)
    parts = [count(part) for part in values.to_delayed().ravel()]
    while len(parts) > 1:
        parts = [add(parts[first : first + 8]) for first in range(0, len(parts), 8)]
    (total,) = dask.compute(parts[0])
    return total


def _add(counts: list[np.ndarray]) -> np.ndarray:
    return reduce(np.add, counts)


def _count_bins(values: np.ndarray) -> np.ndarray:
    counts = np.zeros(_BINS, np.int64)
    outside = _fill_bins(values, counts)
    if not np.isnan(outside):
        raise ValueError(
            f"the elevation model holds {outside:g} m, but land lies between {LOWEST_M:g} and "
            f"{HIGHEST_M:g} m; declare that value as no data in the file"
        )
    return counts


@njit(nogil=True, cache=True)
def _fill_bins(values, counts):
    """Count elevations into bins; give back one that is out of range, or NaN."""
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = np.float64(values[row, column])
            if np.isnan(value):
                continue
            if not LOWEST_M <= value <= HIGHEST_M:
                return value
            counts[int((value - LOWEST_M) / _BIN_M)] += 1
    return np.nan


@njit(nogil=True, cache=True)
def _look_up(values, table, ranks):
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = values[row, column]
            if np.isnan(value):
                ranks[row, column] = np.nan
                continue
            ranks[row, column] = table[int((value - LOWEST_M) / _BIN_M)]
