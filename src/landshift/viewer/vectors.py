"""Landslides and ranked units as GeoJSON in the CRS of the map."""

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


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
