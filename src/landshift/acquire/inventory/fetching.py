"""Fetch inventories: of the user, or as a last resort the landslides of a global catalogue."""

import logging

import pandas as pd
from odc.geo.geobox import GeoBox

from landshift.acquire.fetch.downloads import describe_layer, fetch_current, fetch_layer
from landshift.acquire.fetch.services import fetch_part
from landshift.acquire.fetch.store import Acquired, Store, key_of
from landshift.acquire.inventory.folder import list_inventories
from landshift.acquire.layer import Layer
from landshift.geodata.boxes import split_box
from landshift.geodata.grids import find_box
from landshift.runtime.files import unfinished

ACCURACIES = ("exact", "1km")
"""Accuracies of location in NASA's catalogue that can teach a map anything."""
COLUMNS = {"x": "longitude", "y": "latitude", "date": "event_date", "crs": "EPSG:4326"}
"""How NASA's catalogue names what an inventory needs."""

_log = logging.getLogger("landshift.acquire")


def fetch_inventory(layer: Layer, grid: GeoBox, store: Store) -> tuple[Acquired, dict[str, str]]:
    """Fetch the file of an inventory, or find the files of a local folder.

    Parameters
    ----------
    layer
        Where it comes from: a file, a folder of files, an address or a recipe.
    grid
        Grid of the region: of a global catalogue, the landslides inside are taken.
    store
        Where to look for files and to keep them.

    Returns
    -------
    Acquired
        Its data are a path that `landshift.acquire.inventory.reading.gather_inventory` reads.
    dict
        Options of that function that a catalogue determines.

    Raises
    ------
    OSError
        If the file cannot be had.
    ValueError
        If a catalogue has no well-located landslide in the region.
    """
    if layer.recipe and layer.recipe.protocol:
        return _ask_service(layer, grid, store), dict(layer.recipe.columns)
    if layer.recipe:
        return _select_reported(layer, grid, store), dict(COLUMNS)
    if layer.file is not None and layer.file.is_dir():
        files = list_inventories(layer.file)
        records = tuple(record for file in files for record in describe_layer(layer, file, store))
        return Acquired(layer.file, records, layer.describe()), {}
    path = fetch_layer(layer, store)
    return Acquired(path, describe_layer(layer, path, store), layer.describe()), {}


def _find_within(table: pd.DataFrame, west: float, south: float, east: float, north: float):
    return table["longitude"].between(west, east) & table["latitude"].between(south, north)


def _ask_service(layer: Layer, grid: GeoBox, store: Store) -> Acquired:
    """Ask a service for its landslides in a region, or fetch the file that holds them."""
    path, record = fetch_part(layer, find_box(grid), store)
    found, counted = record.get("features"), record.get("counted")
    if found == 0:
        unfit = f" of which `{record['where']}`, but {counted} others" if counted else ""
        raise ValueError(
            f"{record['address']}: no landslide in the region{unfit}; state an inventory of your "
            "own, or another `where`"
        )
    if counted is not None:
        _log.warning(
            "%s: of %d landslides in the region %d are taken, of which `%s`; state `where` for "
            "others", record["address"], counted, found, record["where"],
        )  # fmt: skip
    licence = {key: record[key] for key in ("licence",) if key in record}
    return Acquired(path, (record,), licence | layer.describe())


def _select_reported(layer: Layer, grid: GeoBox, store: Store) -> Acquired:
    """Write the well-located landslides of a catalogue in a region into a table in the cache."""
    source, record = fetch_current(layer.recipe.service, store)
    table = pd.read_csv(source)
    parts = split_box(find_box(grid))
    inside = sum(_find_within(table, *part) for part in parts) > 0
    located = inside & table["location_accuracy"].isin(ACCURACIES)
    _log.info("%d landslides in the region, %d well located", inside.sum(), located.sum())
    if not located.any():
        raise ValueError(
            f"{record['address']}: of {inside.sum()} landslides in the region none is located to "
            "1 km or better; state an inventory of your own"
        )
    days = pd.to_datetime(table.loc[located, "event_date"], format="%m/%d/%Y %I:%M:%S %p")
    chosen = table[located].assign(event_date=days.dt.strftime("%Y-%m-%d"))
    name = f"{key_of(record['sha256'], grid.crs, grid.affine, grid.shape)}.csv"
    path = store.folder / "inventories" / name
    with unfinished(path) as partial:
        chosen.to_csv(partial, index=False)
    return Acquired(path, (record,), layer.describe())
