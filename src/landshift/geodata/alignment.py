"""Bring a raster onto another grid, warping it once."""

from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr, xr_reproject
from rasterio.warp import calculate_default_transform

from landshift.geodata.crs import is_same_crs, names_datum, simplify_crs

SAME_CELL = 1e-3
"""Cells shifted by less than this part of a cell count as the same."""


NEARLY_EQUAL = 1.5
"""Cell sizes that differ by less than this factor count as nearly equal when resampling."""


def align_raster(
    data: xr.DataArray, grid: GeoBox, *, resampling: str | None = None
) -> xr.DataArray:
    """Warp a raster onto the grid of a region, once.

    Parameters
    ----------
    data
        Source raster in any CRS.
    grid
        CRS, resolution and extent of the region.
    resampling
        GDAL's name; by default for integers ``mode`` (the majority) when coarsening and else
        ``nearest``; for measurements ``average`` when coarsening, ``cubic`` between cells of nearly
        one size and ``bilinear`` when refining. A raster already on the grid is returned
        unchanged.
    """
    own = data.odc.crs
    if data.odc.geobox == grid and names_datum(own):
        return data
    data = _rename_crs(data, grid.crs if is_same_crs(own, grid.crs) else simplify_crs(own))
    if data.odc.geobox == grid:
        return data
    integer = np.issubdtype(data.dtype, np.integer)
    resampling = resampling or choose_resampling(data.odc.geobox, grid, codes=integer)
    nodata = data.attrs.get("nodata", 0) if integer else np.nan
    aligned = xr_reproject(data, grid, resampling=resampling, dst_nodata=nodata)
    aligned.attrs = {key: value for key, value in data.attrs.items() if key != "_FillValue"}
    aligned.attrs["resampling"] = resampling
    return aligned


def _rename_crs(data: xr.DataArray, crs: Any) -> xr.DataArray:
    """Give a raster its CRS under another name; a row of cells alone does not tell their size."""
    own = data.odc.geobox
    renamed = data.odc.assign_crs(crs)
    if renamed.odc.geobox is not None:
        return renamed
    return wrap_xr(data.to_numpy(), GeoBox(own.shape, own.affine, crs)).assign_attrs(data.attrs)


def choose_resampling(own: GeoBox, grid: GeoBox, *, codes: bool) -> str:
    """Choose how a raster is warped from its own grid onto the one of a region.

    Returns
    -------
    str
        ``nearest`` where only the extents differ. For codes ``mode`` when coarsening, else
        ``nearest``; for measurements ``average`` when coarsening, ``cubic`` between cells of
        nearly one size and ``bilinear`` when refining.
    """
    if _shares_cells(own, grid):
        return "nearest"
    coarsening = compute_coarsening(own, grid)
    if codes:
        return "mode" if coarsening >= NEARLY_EQUAL else "nearest"
    if coarsening >= NEARLY_EQUAL:
        return "average"
    # between cells of nearly one size, bilinear and average leave a moire in the curvatures
    return "cubic" if coarsening > 1 / NEARLY_EQUAL else "bilinear"


def _shares_cells(own: GeoBox, grid: GeoBox) -> bool:
    """Tell whether two grids have cells in common, so that one is cut out of the other."""
    if own.crs != grid.crs or own.resolution != grid.resolution:
        return False
    shift = ~own.affine @ grid.affine
    return all(abs(cells - round(cells)) < SAME_CELL for cells in (shift.c, shift.f))


def compute_coarsening(own: GeoBox, grid: GeoBox) -> float:
    """Compute how many times larger the cells of the grid of a region are than a raster's own."""
    size = own.resolution.x * own.crs.proj.axis_info[0].unit_conversion_factor
    if not own.crs.projected:
        shape, box = (own.width, own.height), own.boundingbox.bbox
        size = calculate_default_transform(str(own.crs), str(grid.crs), *shape, *box)[0].a
    return grid.resolution.x / size
