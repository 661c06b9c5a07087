"""The relief under a map, from the elevations of one region or of several."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.enums import Resampling
from rasterio.transform import from_bounds
from rasterio.warp import reproject

from landshift.factors.table import name_factor
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster_errors import explain_unreadable
from landshift.report.figures.map_frame import shade_relief
from landshift.report.viewer.overview import Overview, read_overview

STRONGEST = 4
"""Factors that are named at a place."""

_UNIT = 0.01


def describe_local_drivers(file: str | Path) -> dict[str, Any]:
    """Keep the strongest factors of every cell: their numbers from 1, and what they add.

    Parameters
    ----------
    file
        Result of `landshift.mapping.local_drivers.map_local_drivers` [logit].

    Returns
    -------
    dict
        Names, bounds and size; one byte per cell and rank in base64, 0 as no data, and the change
        in hundredths of a logit, 16 bits, the least significant first.
    """
    with explain_unreadable(file), open_dataset(file) as source:
        changes = source.read()
        names, bounds, size = source.descriptions, source.bounds, (source.width, source.height)
    known = np.isfinite(changes).all(axis=0)
    order = np.argsort(-np.abs(np.where(known, changes, 0)), axis=0, kind="stable")[:STRONGEST]
    found = np.take_along_axis(changes, order, axis=0)
    limit = np.iinfo(np.int16).max
    hundredths = np.clip(np.rint(np.nan_to_num(found) / _UNIT), -limit, limit)
    return {
        "names": [name_factor(name) for name in names],
        "bounds": list(bounds),
        "size": list(size),
        "ranks": len(order),
        "factors": _pack(np.where(known, order + 1, 0).astype(np.uint8)),
        "changes": _pack(hundredths.astype("<i2")),
    }


def _pack(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def to_features(table: gpd.GeoDataFrame, *, crs: str, tolerance_m: float) -> dict[str, Any]:
    """Write a table as GeoJSON for the screen.

    Parameters
    ----------
    table
        Geometries with attributes.
    crs
        CRS of the map, in which the coordinates are written.
    tolerance_m
        Detail that may be lost, such as half a cell of the overview [m].

    Returns
    -------
    dict
        A FeatureCollection; coordinates are whole metres, numbers have four digits, and missing
        attributes are left out.
    """
    placed = table.to_crs(crs)
    shapes = shapely.transform(shapely.simplify(placed.geometry.to_numpy(), tolerance_m), np.rint)
    attributes = placed.drop(columns=placed.geometry.name).to_dict("records")
    features = [
        {"type": "Feature", "geometry": geometry, "properties": _plain(properties)}
        for geometry, properties in zip(map(_to_geometry, shapes), attributes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _to_geometry(shape: shapely.Geometry) -> dict[str, Any]:
    return json.loads(shapely.to_geojson(shape))


def _plain(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float(f"{value:.4g}") if isinstance(value, float) else value
        for name, value in properties.items()
        if pd.notna(value) and value not in ("None", "nan")
    }


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
