"""Merge the maps of many targets into one grid, block by block."""

import math
import os
import threading
import uuid
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import dask.array as da
import numpy as np
import xarray as xr
from dask.array.core import normalize_chunks
from odc.geo.geobox import GeoBox
from odc.geo.overlap import compute_reproject_roi
from odc.geo.xr import xr_coords
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds

from landshift.geodata.grids import read_crs
from landshift.geodata.raster import BLOCK
from landshift.mapping.predict import VARIABLES, wrap_maps

MAXIMUM_MOSAIC_CELLS = 2_000_000_000
"""A mosaic above this size is refused: the targets lie too far apart for one raster [cells]."""

OVERLAP_RULE = "smaller uncertainty wins; a tie goes to the first name in alphabetical order"
"""What a cell of a mosaic shows where several maps cover it."""

# rasterio switches a warning off and on again around every warp, which is not safe in threads.
_ONE_WARP = threading.Lock()


def mosaic_maps(maps: Mapping[str, xr.Dataset], crs: str, resolution_m: float) -> xr.Dataset:
    """Merge the maps of several targets into one grid, block by block.

    Where maps overlap, the one with the smaller uncertainty wins; a tie goes to the first name in
    alphabetical order. Maps on the mosaic's own cells are copied; others are warped: bilinear, or
    average where the mosaic's cells are at least twice as long.

    Parameters
    ----------
    maps
        Results of `map_susceptibility` by target, eager or dask-backed.
    crs
        Projected CRS of the mosaic, in metres.
    resolution_m
        Edge of a cell [m]; cell edges lie on multiples of it.

    Returns
    -------
    xarray.Dataset
        Dask-backed ``susceptibility`` and ``uncertainty``; ``attrs`` state the overlap rule and the
        targets.

    Raises
    ------
    ValueError
        If there is no map, the CRS is not projected or does not reach a target, or the mosaic
        would exceed `MAXIMUM_MOSAIC_CELLS`.
    """
    ordered = {name: maps[name] for name in sorted(maps)}
    grid = _mosaic_grid(
        {name: each.odc.geobox for name, each in ordered.items()}, crs, resolution_m
    )
    layers = [_plan_layer(each, grid) for each in ordered.values()]
    # One task per block, which cuts the maps itself: a graph of all their chunks would have to be
    # searched for every window that is written.
    both = da.map_blocks(
        partial(_merge_block, layers, grid),
        name=f"mosaic-{uuid.uuid4().hex}",
        chunks=((2,), *normalize_chunks(BLOCK, grid.shape)),
        dtype=np.float32,
        meta=np.empty((0, 0, 0), np.float32),
    )
    mosaic = wrap_maps(both, xr_coords(grid))
    mosaic.attrs = {"overlap_rule": OVERLAP_RULE, "targets": ", ".join(ordered)}
    return mosaic


class _Layer(NamedTuple):
    """A map to be merged: how its cells come onto the mosaic's grid."""

    maps: xr.Dataset
    grid: GeoBox
    shift: tuple[int, int] | None
    resampling: Resampling


def _mosaic_grid(grids: Mapping[str, GeoBox], crs: str, resolution_m: float) -> GeoBox:
    if not grids:
        raise ValueError("a mosaic needs at least one map")
    read_crs(crs, key="mosaic.crs")
    boxes = np.array([_bounds(name, own, crs) for name, own in grids.items()])
    around = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    grid = GeoBox.from_bbox(around, crs=crs, resolution=resolution_m)
    cells = grid.height * grid.width
    if cells > MAXIMUM_MOSAIC_CELLS:
        raise ValueError(
            f"a mosaic of {', '.join(grids)} in {crs} at {resolution_m:g} m would have {cells:.3g} "
            f"cells, more than {MAXIMUM_MOSAIC_CELLS:.3g}: the targets lie too far apart; "
            "set mosaic: null, mosaic fewer targets or choose a coarser resolution_m"
        )
    return grid


def _bounds(name: str, own: GeoBox, crs: str) -> tuple[float, float, float, float]:
    box = transform_bounds(str(own.crs), crs, *own.boundingbox.bbox, densify_pts=101)
    if not np.isfinite(box).all():
        raise ValueError(
            f"mosaic.crs: {crs} does not reach the target {name} ({own.crs}); "
            "give a CRS that covers all targets, or leave that target out of the mosaic"
        )
    return box


def _plan_layer(maps: xr.Dataset, grid: GeoBox) -> _Layer:
    both = maps[list(VARIABLES)].transpose("y", "x")
    own = both.odc.geobox
    coarsens = grid.resolution.x >= 2 * own.resolution.x
    resampling = Resampling.average if coarsens else Resampling.bilinear
    return _Layer(both, own, _whole_shift(own, grid), resampling)


def _whole_shift(own: GeoBox, grid: GeoBox) -> tuple[int, int] | None:
    """Return the row and column of a map's first cell in the mosaic if their cells coincide."""
    if own.crs != grid.crs:
        return None
    change = ~grid.affine @ own.affine
    row, column = round(change.f), round(change.c)
    # The tolerance is a thousandth of a cell at the far corner.
    slack = 1e-3 / max(own.shape)
    near = np.allclose((change.a, change.b, change.d, change.e), (1, 0, 0, 1), rtol=0, atol=slack)
    exact = near and abs(change.f - row) < 1e-3 and abs(change.c - column) < 1e-3
    return (row, column) if exact else None


def _merge_block(layers: list[_Layer], grid: GeoBox, *, block_info: Mapping) -> np.ndarray:
    _, rows, columns = block_info[None]["array-location"]
    block = grid[slice(*rows), slice(*columns)]
    parts = (_cut_layer(layer, block, rows[0], columns[0]) for layer in layers)
    merged = np.full((2, *block.shape), np.nan, np.float32)
    for part in parts:
        if part is not None:
            free = np.isnan(merged[0]) & ~np.isnan(part[0])
            wins = free | (part[1] < merged[1])
            merged[:, wins] = part[:, wins]
    return merged


def _cut_layer(layer: _Layer, block: GeoBox, top: int, left: int) -> np.ndarray | None:
    """Bring a map onto a block; None where it does not reach."""
    if layer.shift is not None:
        row, column = top - layer.shift[0], left - layer.shift[1]
        rows = slice(max(0, row), min(layer.grid.height, row + block.height))
        columns = slice(max(0, column), min(layer.grid.width, column + block.width))
    else:
        ratio = math.ceil(block.resolution.x / layer.grid.resolution.x)
        rows, columns = compute_reproject_roi(layer.grid, block, padding=2 * ratio + 2).roi_src
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return None
    cut = layer.maps.isel(y=rows, x=columns).compute(scheduler="single-threaded")
    maps = np.stack([cut[name].values for name in VARIABLES], dtype=np.float32)
    if layer.shift is not None:
        return _place_block(maps, rows.start - row, columns.start - column, block.shape)
    return _warp_block(maps, layer.grid[rows, columns], block, layer.resampling)


def _place_block(maps: np.ndarray, row: int, column: int, shape: tuple[int, int]) -> np.ndarray:
    placed = np.full((2, *shape), np.nan, np.float32)
    _, height, width = maps.shape
    placed[:, row : row + height, column : column + width] = maps
    return placed


def _warp_block(
    maps: np.ndarray, grid: GeoBox, block: GeoBox, resampling: Resampling
) -> np.ndarray:
    warped = np.full((2, *block.shape), np.nan, np.float32)
    with _ONE_WARP:
        reproject(
            maps,
            warped,
            src_transform=grid.affine,
            src_crs=str(grid.crs),
            src_nodata=np.nan,
            dst_transform=block.affine,
            dst_crs=str(block.crs),
            dst_nodata=np.nan,
            resampling=resampling,
            # Exact coordinates for every cell: an approximation per block would show as seams.
            tolerance=0,
            # Without these the kernel's width follows the shape of each block.
            XSCALE=1,
            YSCALE=1,
            num_threads=os.cpu_count() or 1,
        )
    return warped
