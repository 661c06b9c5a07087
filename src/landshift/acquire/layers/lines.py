"""Fetch lines around a region: faults, roads, rivers."""

import logging
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from odc.geo.geobox import GeoBox

from landshift.acquire.fetch.archives import is_archive, unpack
from landshift.acquire.fetch.downloads import (
    describe_layer,
    fetch_current,
    fetch_layer,
    find_member,
)
from landshift.acquire.fetch.policy import AbsentError
from landshift.acquire.fetch.store import Acquired, Record, Store
from landshift.acquire.layer import Layer
from landshift.factors.table import DENSITY_RADIUS_M, DISTANCE_CAP_M
from landshift.geodata.boxes import split_box
from landshift.geodata.geojson import check_stated_crs
from landshift.geodata.grids import find_box
from landshift.geodata.plain_names import plain_name
from landshift.geodata.vectors import read_lines

_log = logging.getLogger("landshift.acquire")


def acquire_lines(layer: Layer, grid: GeoBox, store: Store) -> Acquired:
    """Fetch a layer of lines and bring it into the CRS of a region.

    Of a recipe, lines are kept as far around the region as they can matter to a cell in it.

    Parameters
    ----------
    layer
        Where it comes from: a file, an address or a recipe, for OpenStreetMap with `extract`
        (Geofabrik's name of an area, such as ``europe/italy/nord-est``).
    grid
        Grid of the region.
    store
        Where to look for files and to keep them.

    Raises
    ------
    OSError
        If the file cannot be had or read.
    ValueError
        If the service has no line near the region.
    """
    recipe = layer.recipe
    if recipe is None:
        path = fetch_layer(layer, store)
        notes: list[str] = []
        lines = read_lines(path, grid, notes=notes)
        records = describe_layer(layer, path, store)
        return Acquired(lines, records, layer.describe(), tuple(notes))
    path, record, name = _fetch_lines(layer, store)
    reach_m = max(DISTANCE_CAP_M, DENSITY_RADIUS_M)
    check_stated_crs(path)
    try:
        with plain_name(path) as plain:
            place = find_member(plain, recipe.member) if is_archive(path) else plain
            parts = [
                pyogrio.read_dataframe(place, layer=name, bbox=part)
                for part in split_box(find_box(grid, margin_m=reach_m))
            ]
            lines = pd.concat(parts, ignore_index=True)
    except pyogrio.errors.DataSourceError as error:
        raise OSError(f"{record['address']}: {error}; delete {path} to fetch it again") from None
    if recipe.classes:
        lines = lines[lines["fclass"].isin(recipe.classes)]
    if lines.empty:
        raise ValueError(f"{recipe.name} has no line within {reach_m / 1000:g} km of the region")
    _log.info("%d lines of %s", len(lines), recipe.long_name)
    kept = gpd.GeoDataFrame(geometry=lines.geometry.force_2d(), crs=lines.crs or "EPSG:4326")
    return Acquired(kept.to_crs(str(grid.crs)).reset_index(drop=True), (record,), layer.describe())


def _fetch_lines(layer: Layer, store: Store) -> tuple[Path, Record, str | None]:
    """Fetch the lines of a recipe: their file, its record, and their layer in it.

    Geofabrik serves large areas as GeoPackages only.
    """
    recipe = layer.recipe
    try:
        return *fetch_current(_place(recipe.service, layer), store), None
    except AbsentError:
        if not recipe.fallback:
            raise
    path, record = fetch_current(_place(recipe.fallback, layer), store)
    whole = unpack(path, "*.gpkg", store.folder / "unpacked" / record["sha256"])
    return whole, record, Path(recipe.member).stem.removesuffix("_1")


def _place(address: str, layer: Layer) -> str:
    if "{extract}" not in address:
        return address
    if layer.extract is None:
        raise ValueError(
            f"{layer.name}: extract is missing; state the area as download.geofabrik.de names it, "
            "such as europe/italy/nord-est"
        )
    return address.format(extract=layer.extract.strip("/"))
