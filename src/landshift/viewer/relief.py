"""The relief under a map, from the elevations of one region or of several."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rasterio.enums import Resampling
from rasterio.transform import from_bounds
from rasterio.warp import reproject

from landshift.figures.furniture import shade_relief
from landshift.viewer.overview import Overview, read_overview


def shade_elevations(dems: Sequence[str | Path], grid: Overview, *, side: int) -> np.ndarray:
    """Shade elevations [m] on the grid of a map: bytes from 1 for dark to 255, 0 as no data."""
    elevation = np.full(grid.data.shape, np.nan, np.float32)
    for file in dems:
        own = _place(read_overview(file, side=side), grid)
        elevation = np.where(np.isnan(elevation), own, elevation)
    # Neighbours of gaps have no slope; they and the gaps stay clear.
    brightness = shade_relief(elevation, grid.shown_m)
    steps = 1 + np.rint(np.nan_to_num(brightness) * 254)
    return np.where(np.isnan(brightness), 0, steps).astype(np.uint8)


def _place(dem: Overview, grid: Overview) -> np.ndarray:
    if dem.crs == grid.crs and dem.bounds == grid.bounds and dem.data.shape == grid.data.shape:
        return dem.data
    placed = np.full(grid.data.shape, np.nan, np.float32)
    reproject(
        dem.data,
        placed,
        src_transform=_transform(dem),
        src_crs=dem.crs,
        src_nodata=np.nan,
        dst_transform=_transform(grid),
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        # of finer cells the mean, or peaks would flicker
        resampling=Resampling.average if dem.shown_m < grid.shown_m / 2 else Resampling.bilinear,
    )
    return placed


def _transform(overview: Overview):
    height, width = overview.data.shape
    return from_bounds(*overview.bounds, width, height)
