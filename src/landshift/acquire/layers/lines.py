"""Fetch lines around a region: faults, roads, rivers."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
from odc.geo.geobox import GeoBox

from landshift.acquire.fetch.downloads import describe_layer, fetch_current, fetch_layer
from landshift.acquire.fetch.records import Acquired, Record
from landshift.acquire.recipes import Recipe, find_recipe
from landshift.factors.table import DENSITY_RADIUS_M, DISTANCE_CAP_M
from landshift.geodata.grids import find_box
from landshift.geodata.vectors import read_lines

_log = logging.getLogger("landshift.acquire")


def acquire_lines(
    entry: Mapping[str, Any], grid: GeoBox, *, cache: str | Path, mirror: str | None = None
) -> Acquired:
    """Fetch a layer of lines and bring it into the CRS of a region.

    Of a recipe, lines are kept as far around the region as they can matter to a cell in it.

    Parameters
    ----------
    entry
        Where the layer comes from: ``file``, ``url`` or ``recipe``, with ``extract`` (Geofabrik's
        name of an area, such as ``europe/italy/nord-est``) for OpenStreetMap.
    grid
        Grid of the region.
    cache, mirror
        As for `fetch_layer`.

    Raises
    ------
    OSError
        If the file cannot be had or read.
    ValueError
        If the service has no line near the region.
    """
    if "recipe" not in entry:
        path = fetch_layer(entry, cache=cache, mirror=mirror)
        lines = read_lines(path, grid)
        return Acquired(lines, (describe_layer(entry, path, cache=cache),))
    recipe = find_recipe(entry["recipe"])
    path, record = _fetch(recipe, entry, cache=cache, mirror=mirror)
    reach_m = max(DISTANCE_CAP_M, DENSITY_RADIUS_M)
    place = f"/vsizip/{path.absolute()}/{recipe.member}" if recipe.member else path
    try:
        lines = pyogrio.read_dataframe(place, bbox=find_box(grid, margin_m=reach_m))
    except pyogrio.errors.DataSourceError as error:
        raise OSError(f"{record['address']}: {error}; delete {path} to fetch it again") from None
    if recipe.classes:
        lines = lines[lines["fclass"].isin(recipe.classes)]
    if lines.empty:
        raise ValueError(f"{recipe.name} has no line within {reach_m / 1000:g} km of the region")
    _log.info("%d lines of %s", len(lines), recipe.long_name)
    kept = gpd.GeoDataFrame(geometry=lines.geometry.force_2d(), crs=lines.crs or "EPSG:4326")
    return Acquired(kept.to_crs(str(grid.crs)).reset_index(drop=True), (record,), recipe.origin)


def _fetch(
    recipe: Recipe, entry: Mapping[str, Any], *, cache: str | Path, mirror: str | None
) -> tuple[Path, Record]:
    address = recipe.service
    if "{extract}" in address:
        if "extract" not in entry:
            raise ValueError(
                f"{recipe.name}: extract is missing; state the area as download.geofabrik.de "
                "names it, such as europe/italy/nord-est"
            )
        address = address.format(extract=entry["extract"].strip("/"))
    return fetch_current(address, cache=cache, mirror=mirror)
