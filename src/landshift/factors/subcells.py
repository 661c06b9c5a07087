"""The part of a cell where a slope fails first, and the factors there.

A landslide is smaller than a cell of 30 m: the mean of a cell hides the steep hollow in which it
begins. Where the elevation model has smaller cells, a cell of the region is therefore described
twice: by the mean of its parts, and by the part that is steepest and most concave.
"""

from functools import partial

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from landshift.factors.table import SUBCELL_SUFFIX
from landshift.factors.terrain.elevation import check_elevation
from landshift.factors.terrain.surface_fit import SurfaceShape, build_stencil, fit_surface
from landshift.geodata.detail import average_detail, choose_parts, take_parts
from landshift.geodata.raster import wrap_like
from landshift.runtime.blocks import Scratch, map_with_halo

HOLLOW_WEIGHT = 0.75
"""Weight of the curvature in the index of a part.

Slope and curvature then vary alike within the cells of three regions with 10 m elevation models.
"""


def average_with_subcells(factors: xr.Dataset, elevation: xr.DataArray, grid: GeoBox) -> xr.Dataset:
    """Bring factors onto the grid of a region, as means and at the steepest hollow of each cell.

    Parameters
    ----------
    factors
        Float variables, dimensions ``(y, x)``, on the grid of the elevation; eager or dask-backed.
    elevation
        Elevation [m] on a grid that `landshift.geodata.detail.plan_detail` made of `grid`.
    grid
        Grid of the region.

    Returns
    -------
    xarray.Dataset
        The means, and every factor again with the ending ``_subcell`` at the part of the cell
        that `choose_subcells` chooses; without the latter where the grids are the same.
    """
    means = average_detail(factors, grid)
    if elevation.odc.geobox.width == grid.width:
        return means
    chosen = take_parts(factors, choose_subcells(elevation, grid))
    return means.assign({f"{name}{SUBCELL_SUFFIX}": layer for name, layer in chosen.items()})


def choose_subcells(elevation: xr.DataArray, grid: GeoBox) -> xr.DataArray:
    """Choose the steepest and most concave part of every cell.

    The index is ``tan(slope) - 0.75 L k``: L the edge of a part [m], k its tangential curvature
    [1/m], positive where convex. It needs no landslides, so it is the same for every study.

    Parameters
    ----------
    elevation
        Elevation [m], dimensions ``(y, x)``, on a grid that `landshift.geodata.detail.plan_detail`
        made of `grid`; eager or dask-backed.
    grid
        Grid of the region.

    Returns
    -------
    xarray.DataArray
        Number of the part, as `landshift.geodata.detail.choose_parts` counts them.

    Raises
    ------
    ValueError
        As `landshift.factors.terrain.derive.derive_terrain_factors`.
    """
    return choose_parts(rate_hollows(elevation), grid)


def rate_hollows(elevation: xr.DataArray) -> xr.DataArray:
    """Rate how steep and concave every cell is, by the index of `choose_subcells` [1]."""
    check_elevation(elevation)
    resolution_m = abs(float(elevation.odc.geobox.resolution.x))
    rate = partial(_rate_block, resolution_m=resolution_m)
    index = map_with_halo(rate, elevation.data, halo=1, outputs=1)[0]
    return wrap_like(index, elevation, name="hollow", units="1", long_name="steep hollow")


def _rate_block(block: np.ndarray, scratch: Scratch, *, resolution_m: float) -> np.ndarray:
    """Rate every part of a block; see `map_with_halo`."""
    shape = tuple(length - 2 for length in block.shape)
    result = scratch.take((1, *shape), np.float32)
    slope, profile, curvature = (scratch.take(shape, np.float32) for _ in range(3))
    east, north = (scratch.take(shape, np.float64) for _ in range(2))
    unwanted = np.empty((0, 0), np.float32)
    surface = SurfaceShape(
        slope, unwanted, unwanted, profile, curvature, unwanted, east=east, north=north
    )
    elevation = scratch.take(block.shape, np.float64)
    np.copyto(elevation, block)
    fit_surface(
        elevation, build_stencil(1, resolution_m), 1, surface, resolution_m=resolution_m,
        scratch=scratch,
    )  # fmt: skip
    np.multiply(curvature, -HOLLOW_WEIGHT * resolution_m, out=result[0])
    result[0] += np.sqrt(east**2 + north**2)
    result[0][np.isnan(block[1:-1, 1:-1])] = np.nan
    return result
