"""Fetch lines around a region: faults, roads, rivers."""

import logging

import geopandas as gpd
import pyogrio
from odc.geo.geobox import GeoBox

from landshift.acquire.fetch.downloads import (
    describe_layer,
    fetch_current,
    fetch_layer,
    find_member,
)
from landshift.acquire.fetch.store import Acquired, Store
from landshift.acquire.layer import Layer
from landshift.factors.table import DENSITY_RADIUS_M, DISTANCE_CAP_M
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
        records = (describe_layer(layer, path, store),)
        return Acquired(lines, records, layer.describe(), tuple(notes))
    path, record = fetch_current(_find_address(layer), store)
    reach_m = max(DISTANCE_CAP_M, DENSITY_RADIUS_M)
    check_stated_crs(path)
    try:
        with plain_name(path) as plain:
            place = find_member(plain, recipe.member) if recipe.member else plain
            lines = pyogrio.read_dataframe(place, bbox=find_box(grid, margin_m=reach_m))
    except pyogrio.errors.DataSourceError as error:
        raise OSError(f"{record['address']}: {error}; delete {path} to fetch it again") from None
    if recipe.classes:
        lines = lines[lines["fclass"].isin(recipe.classes)]
    if lines.empty:
        raise ValueError(f"{recipe.name} has no line within {reach_m / 1000:g} km of the region")
    _log.info("%d lines of %s", len(lines), recipe.long_name)
    kept = gpd.GeoDataFrame(geometry=lines.geometry.force_2d(), crs=lines.crs or "EPSG:4326")
    return Acquired(kept.to_crs(str(grid.crs)).reset_index(drop=True), (record,), layer.describe())


def _find_address(layer: Layer) -> str:
    address = layer.recipe.service
    if "{extract}" not in address:
        return address
    if layer.extract is None:
        raise ValueError(
            f"{layer.name}: extract is missing; state the area as download.geofabrik.de names it, "
            "such as europe/italy/nord-est"
        )
    return address.format(extract=layer.extract.strip("/"))
