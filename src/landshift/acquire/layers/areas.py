"""Areas: the extent of a region without elevations, and where landslides were looked for."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio.features import geometry_mask

from landshift.acquire.fetch.downloads import describe_layer, fetch_layer
from landshift.acquire.fetch.services import fetch_part
from landshift.acquire.fetch.store import Acquired, Store
from landshift.acquire.inventory.coverage import mark_extent
from landshift.acquire.inventory.storage import load_inventory
from landshift.acquire.layer import Layer
from landshift.acquire.layers.checks import check_layer
from landshift.acquire.layers.stated import measure_shift, open_stated
from landshift.acquire.layers.tiles import fetch_raster
from landshift.geodata.alignment import align_raster
from landshift.geodata.grids import find_box, plan_grid
from landshift.geodata.vectors import read_shapes

_log = logging.getLogger("landshift.acquire")

RASTERS = (".tif", ".tiff", ".vrt", ".asc")
"""Endings of areas that are cells; all others are polygons."""


def acquire_extent(layer: Layer, grid: Mapping[str, Any], store: Store) -> Acquired:
    """Fetch the extent of a region without elevations, and plan its grid from it.

    Parameters
    ----------
    layer
        Where a raster comes from, a file or an address. Its cells with data that are not 0 are the
        region.
    grid
        Keys of `landshift.geodata.grids.plan_grid`.
    store
        Where to look for files and to keep them.

    Returns
    -------
    Acquired
        1 in the region, NaN elsewhere: what an elevation model would be to all that asks only
        where the region is.

    Raises
    ------
    OSError
        If the file cannot be had.
    ValueError
        If no cell belongs to the region, or its grid cannot be planned.
    """
    path = fetch_raster(layer, store)
    cells = _read_cells(path, layer)
    planned = plan_grid(cells, origin=str(path), **grid)
    shift, notes = measure_shift(cells, planned, origin=str(path))
    area = _mark(align_raster(cells, planned), "extent of the region", path)
    return Acquired(area, describe_layer(layer, path, store), layer.describe() | shift, notes)


def acquire_surveyed(layer: Layer, grid: GeoBox, store: Store) -> Acquired:
    """Fetch the area in which landslides were looked for.

    Parameters
    ----------
    layer
        Where polygons or a raster, as for `acquire_extent`, come from: a file, an address or a
        recipe of an area.
    grid
        Grid of the region.
    store
        Where to look for files and to keep them.

    Returns
    -------
    Acquired
        1 in the area, NaN elsewhere; a cell belongs to a polygon that holds its centre.

    Raises
    ------
    OSError
        If the file cannot be had.
    ValueError
        If no cell of the region lies in the area.
    """
    if layer.recipe:
        path, *records = fetch_part(layer, find_box(grid), store)
    else:
        path = fetch_layer(layer, store)
        records = describe_layer(layer, path, store)
    shift: dict[str, Any] = {}
    notes: list[str] = []
    if path.suffix.lower() in RASTERS:
        cells = _read_cells(path, layer)
        shift, notes[:] = measure_shift(cells, grid, origin=str(path))
        inside = align_raster(cells, grid)
    else:
        inside = _burn(path, grid, notes)
    area = _mark(inside, "area surveyed for landslides", path)
    return Acquired(area, tuple(records), layer.describe() | shift, tuple(notes))


def take_extent(inventory: Path, ground: xr.DataArray) -> Acquired:
    """Take the extent of the landslides of a region for the area in which they were looked for.

    Parameters
    ----------
    inventory
        Result of `landshift.acquire.inventory.storage.write_inventory`.
    ground
        Raster that spans the region, NaN outside of it.

    Returns
    -------
    Acquired
        1 in the extent of `landshift.acquire.inventory.coverage.mark_extent`, NaN elsewhere.
    """
    landslides, _ = load_inventory(inventory)
    inside = mark_extent(landslides, ground) & np.isfinite(ground.to_numpy())
    cells = wrap_xr(inside.astype(np.uint8), ground.odc.geobox)
    area = _mark(cells, "extent of the landslides", Path(inventory))
    _log.info("the landslides span %.0f %% of the region", 100 * inside.sum() / ground.count())
    return Acquired(area, (), {"licence": "that of the inventory, of which it is the extent"})


def _read_cells(path: Path, layer: Layer) -> xr.DataArray:
    """Read a raster as codes: 1 where it has data other than 0, else 0, which is no data."""
    values = open_stated(path, layer)
    check_layer(values, origin=str(path))
    nodata = values.attrs.get("nodata", 0)
    inside = values.notnull() & (values != 0) & (values != nodata)
    return inside.astype(np.uint8).assign_attrs(nodata=0)


def _burn(path: Path, grid: GeoBox, notes: list[str]) -> xr.DataArray:
    """Turn polygons into codes as those of `_read_cells`."""
    shapes = read_shapes(path, "areas", grid.crs.to_wkt(), notes=notes)
    polygons = shapes.geometry[shapes.geom_type.isin(("Polygon", "MultiPolygon"))]
    if polygons.empty:
        raise ValueError(f"{path}: holds no polygon; give the outline of the area, or a raster")
    inside = geometry_mask(polygons, grid.shape, grid.transform, invert=True)
    return wrap_xr(inside.astype(np.uint8), grid).assign_attrs(nodata=0)


def _mark(inside: xr.DataArray, long_name: str, path: Path) -> xr.DataArray:
    area = inside.where(inside == 1).astype(np.float32)
    if not np.isfinite(area).any():
        raise ValueError(f"{path}: no cell of the region lies in it; correct its CRS, or the file")
    return area.assign_attrs(units="1", long_name=long_name)
