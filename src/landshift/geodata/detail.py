"""Factors derived in more detail than the grid of a region, and averaged onto it.

Averaging an elevation model flattens it: slopes lessen and hollows vanish before anything is
derived from them. Where the model has smaller cells than the grid, factors are derived on cells
that divide those of the grid, and then averaged.
"""

from collections.abc import Callable, Iterator
from functools import partial

import dask.array as da
import numpy as np
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.geodata.raster import BLOCK

MOST_PARTS = 3
"""Parts of an edge of a cell at most, unless the configuration states the resolution."""

_TOLERANCE = 1e-6


def plan_detail(
    grid: GeoBox, own_resolution_m: float, *, terrain_resolution_m: float | None = None
) -> GeoBox:
    """Plan the grid on which terrain and drainage are derived.

    Parameters
    ----------
    grid
        Grid of the region.
    own_resolution_m
        Cell size of the elevation model [m].
    terrain_resolution_m
        Cell size to derive at [m]; None divides the edge of a cell into as many parts as the
        elevation model resolves, but three at most.

    Returns
    -------
    odc.geo.geobox.GeoBox
        The same extent, with each cell of `grid` divided into ``parts * parts`` cells.

    Raises
    ------
    ValueError
        If the stated cell size does not divide that of the grid.
    """
    resolution_m = abs(grid.resolution.x)
    if terrain_resolution_m is None:
        # an elevation model of 9.99 m still resolves thirds of 30 m
        parts = int(np.clip(resolution_m / own_resolution_m + 0.01, 1, MOST_PARTS))
    else:
        parts = round(resolution_m / terrain_resolution_m)
        if parts < 1 or abs(parts * terrain_resolution_m - resolution_m) > _TOLERANCE:
            raise ValueError(
                f"the key grid.terrain_resolution_m is {terrain_resolution_m:g}, which does not "
                f"divide grid.resolution_m = {resolution_m:g}; state such as {resolution_m / 2:g}"
            )
    return grid if parts == 1 else _divide(grid, parts)


def average_elevation(detail: xr.DataArray, resolution_m: float) -> xr.DataArray:
    """Average an elevation model on the grid of `plan_detail` onto that of the region.

    Parameters
    ----------
    detail
        Elevation [m], dimensions ``(y, x)``.
    resolution_m
        Cell size of the region [m].
    """
    own = detail.odc.geobox
    parts = round(resolution_m / own.resolution.x)
    if parts == 1:
        return detail
    shape = (own.height // parts, own.width // parts)
    grid = GeoBox(shape, own.affine * Affine.scale(parts), own.crs)
    return _by_cell(detail, _average_parts, grid=grid, parts=parts)


def leave_out(factors: xr.Dataset, ground: xr.DataArray) -> xr.Dataset:
    """Leave out the cells of a region that have no elevation, such as those in a lake.

    Parameters
    ----------
    factors
        Float variables on the grid of the region; eager or dask-backed.
    ground
        Elevation of the region [m], NaN where there is no land.
    """
    return factors.where(ground.notnull().drop_vars(ground.coords))


def average_detail(factors: xr.Dataset, grid: GeoBox) -> xr.Dataset:
    """Average factors onto the grid of a region.

    Parameters
    ----------
    factors
        Float variables, dimensions ``(y, x)``, on a grid that `plan_detail` made of `grid`; eager
        or dask-backed.
    grid
        Grid of the region.

    Returns
    -------
    xarray.Dataset
        Mean of those parts of a cell that have data, with the attributes of `factors`; float32.
    """
    parts = factors.odc.geobox.width // grid.width
    if parts == 1:
        return factors
    return factors.map(_by_cell, keep_attrs=True, args=(_average_parts,), grid=grid, parts=parts)


def choose_parts(index: xr.DataArray, grid: GeoBox) -> xr.DataArray:
    """Choose the part of every cell where an index is highest.

    Parameters
    ----------
    index
        On a grid that `plan_detail` made of `grid`, NaN as no data; eager or dask-backed.
    grid
        Grid of the region.

    Returns
    -------
    xarray.DataArray
        Number of the part, row by row from 0, as uint8; the first of several alike, and 0 where
        no part has data.
    """
    parts = index.odc.geobox.width // grid.width
    return _by_cell(index, _find_highest, grid=grid, parts=parts, dtype=np.uint8)


def take_parts(factors: xr.Dataset, choice: xr.DataArray) -> xr.Dataset:
    """Take the value of one part of every cell.

    Parameters
    ----------
    factors
        Float variables on the grid that the choice was made on; eager or dask-backed.
    choice
        As `choose_parts` makes it.

    Returns
    -------
    xarray.Dataset
        Value of the chosen part, or the mean of the parts where it has none; float32, with the
        attributes of `factors`.
    """
    grid = choice.odc.geobox
    parts = factors.odc.geobox.width // grid.width
    return factors.map(
        _by_cell, keep_attrs=True, args=(_take_chosen, choice), grid=grid, parts=parts
    )


def _divide(grid: GeoBox, parts: int) -> GeoBox:
    affine = grid.affine * Affine.scale(1 / parts)
    return GeoBox((grid.height * parts, grid.width * parts), affine, grid.crs)


def _by_cell(
    layer: xr.DataArray,
    reduce: Callable[..., np.ndarray],
    choice: xr.DataArray | None = None,
    *,
    grid: GeoBox,
    parts: int,
    dtype: type = np.float32,
) -> xr.DataArray:
    """Reduce the parts of every cell to one value, in chunks of whole cells that become tiles."""
    if layer.chunks is None:
        reduced = reduce(parts, layer.data, *([] if choice is None else [choice.data]))
    else:
        rechunked = layer.data.rechunk(BLOCK * parts)
        cells = tuple(tuple(size // parts for size in axis) for axis in rechunked.chunks)
        chosen = [] if choice is None else [choice.data.rechunk(cells)]
        reduced = da.map_blocks(
            partial(reduce, parts),
            rechunked,
            *chosen,
            dtype=dtype,
            chunks=cells,
            meta=np.empty((0, 0), dtype),
        )
    return wrap_xr(reduced, grid, **layer.attrs).rename(layer.name)


def _average_parts(parts: int, values: np.ndarray) -> np.ndarray:
    """Average the parts of cells, always in the same order, so that chunks change no bit."""
    shape = tuple(length // parts for length in values.shape)
    total, count = np.zeros(shape), np.zeros(shape)
    for part in _list_parts(parts, values):
        known = np.isfinite(part)
        total += np.where(known, part, 0.0)
        count += known
    with np.errstate(invalid="ignore"):
        return (total / count).astype(np.float32)


def _find_highest(parts: int, values: np.ndarray) -> np.ndarray:
    known = [np.where(np.isnan(part), -np.inf, part) for part in _list_parts(parts, values)]
    return np.argmax(known, axis=0).astype(np.uint8)


def _take_chosen(parts: int, values: np.ndarray, choice: np.ndarray) -> np.ndarray:
    taken = np.choose(choice, list(_list_parts(parts, values)))
    if np.isfinite(taken).all():
        return taken
    return np.where(np.isfinite(taken), taken, _average_parts(parts, values))


def _list_parts(parts: int, values: np.ndarray) -> Iterator[np.ndarray]:
    """List the parts of cells, row by row: each an array of the shape of the cells."""
    for row in range(parts):
        for column in range(parts):
            yield values[row::parts, column::parts]
