"""From a file of mapped landslides to one form, in the CRS of the file."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from landshift.acquire.inventory.columns import ELEVATIONS, MISSING, find_column, pick_column
from landshift.acquire.inventory.dates import read_dates
from landshift.acquire.inventory.folder import TABLES, list_inventories
from landshift.acquire.inventory.formats import MASKS, read_mask, read_table, read_vector
from landshift.acquire.inventory.labels import Value, normalise, split_by_label
from landshift.acquire.inventory.parts import measure_rounding
from landshift.geodata.crs import check_crs, find_shift, is_same_crs
from landshift.geodata.geojson import states_crs
from landshift.geodata.vectors import NO_PLACE

_log = logging.getLogger("landshift.acquire")


def gather_inventory(
    path: str | Path, **options: Any
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Read an inventory from a file, or from all files of a folder.

    Parameters
    ----------
    path
        A file that `read_inventory` reads, or a folder of such files.
    options
        Options of `read_inventory`; in a folder they hold for every file.

    Returns
    -------
    landslides, absences
        As from `read_inventory`. Of a folder, in the CRS of its first file, and an ``id`` is the
        name of the file and the row in it, such as ``winter:12``; ``file`` is that name, and
        ``rounding_m`` what the coordinates of that file can tell apart [m].

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder, or the folder holds no inventory.
    ValueError
        If a file cannot be read as an inventory.
    """
    path = Path(path)
    if not path.is_dir():
        return read_inventory(path, **options)
    if path.suffix.lower() == ".gdb":
        raise ValueError(
            f"{path}: is the folder of a geodatabase; pack it into {path.name}.zip, or export its"
            " layer as GeoPackage"
        )
    files = list_inventories(path)
    if not files:
        raise FileNotFoundError(f"{path} holds no inventory; put one there")
    landslides, absences = zip(*(_read_part(file, options) for file in files), strict=True)
    # with `label` every file lists absences, without it none does
    return _join(landslides), None if absences[0] is None else _join(absences)


def _read_part(file: Path, options: dict[str, Any]) -> list[gpd.GeoDataFrame | None]:
    return [
        table
        if table is None
        else table.assign(
            id=f"{file.stem}:" + table["id"],
            file=file.name,
            rounding_m=measure_rounding(table.geometry),
        )
        for table in read_inventory(file, **options)
    ]


def _join(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    crs = tables[0].crs
    shifts = [find_shift(table.crs, crs, table.total_bounds) for table in tables]
    for told in dict.fromkeys(each.describe() for each in shifts if each):
        if told:
            _log.warning("a file of the folder %s", told)
    return pd.concat([table.to_crs(crs) for table in tables], ignore_index=True)


COLUMN_KEYS = ("crs", "layer", "x", "y", "label", "presence", "date", "type", "elevation")
"""Keys of the configuration that are options of `read_inventory`."""

_GEOJSON = (".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson")


def read_inventory(
    path: str | Path,
    *,
    crs: str | None = None,
    layer: str | None = None,
    x: str | None = None,
    y: str | None = None,
    label: str | None = None,
    presence: Value | Sequence[Value] | None = None,
    date: str | None = None,
    type: str | None = None,
    elevation: str | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Read mapped landslides, and listed absences where the file has them.

    Parameters
    ----------
    path
        Table of points (CSV, Excel, ODS); GeoPackage, GeoJSON, shapefile, GeoParquet, KML, KMZ or
        GPX with points or polygons; or a GeoTIFF whose cells are not 0 in a landslide: each patch
        of cells becomes a polygon.
    crs
        CRS of the coordinates; required where the file states none.
    layer
        Of several layers of a file, or sheets of a workbook, the one to read.
    x, y
        Columns of a table that hold the coordinates, by default columns with usual names such as
        ``x`` and ``y``, ``lon`` and ``lat``, ``easting`` and ``northing``.
    label
        Column that tells landslides from absences (of a GeoTIFF: ``value``); None takes every
        row as a landslide.
    presence
        Value or values of `label` that mean a landslide; all other rows are absences.
    date
        Column of dates or years, or of ranges of them such as ``2010-12-28/2011-01-03``; zero and
        empty mean unknown. By default a column with a usual
        name such as ``date`` or ``year``, if there is one.
    type
        Column with the type of the landslide.
    elevation
        Column with the elevation at the landslide [m], by default one with a usual name.

    Returns
    -------
    landslides : geopandas.GeoDataFrame
        Columns ``id`` (row of the file, from 1), ``date`` and ``geometry``, in the file's CRS;
        also ``type`` if asked for, and ``elevation_m`` if the file has it.
    absences : geopandas.GeoDataFrame or None
        The same for the absences; None without `label`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be read, a column or the CRS is missing or contradicted, a coordinate
        is no number, a date cannot be understood, or no row is a landslide.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "slides.csv")
    >>> rows = ["x,y,year", "500100,4999900,2010", "500200,4999800,2011", ""]
    >>> _ = path.write_text(chr(10).join(rows))
    >>> landslides, absences = read_inventory(path, crs="EPSG:32632", date="year")
    >>> landslides["date"].tolist(), absences is None
    (['2010', '2011'], True)
    """
    path = Path(path)
    table = _read(path, layer, x, y)
    table = table.set_crs(_resolve_crs(path, table, crs), allow_override=True)
    check_crs(path, table.crs)
    _check_extent(path, table)
    inventory = gpd.GeoDataFrame(
        {"id": pd.Series([str(row + 1) for row in range(len(table))], dtype="str")},
        geometry=gpd.GeoSeries(shapely.force_2d(table.geometry.array), crs=table.crs),
    )
    inventory.insert(1, "date", pd.Series(read_dates(path, table, date), dtype="str"))
    if type is not None:
        inventory["type"] = pick_column(path, table, type, "type").map(normalise).to_numpy()
    heights = _read_elevations(path, table, elevation)
    if heights is not None:
        inventory["elevation_m"] = heights
    landslides, absences = split_by_label(path, table, inventory, label, presence)
    if landslides.empty:
        raise ValueError(f"{path}: the inventory holds no landslide; give a file with at least one")
    return landslides, absences


def _read(path: Path, layer: str | None, x: str | None, y: str | None) -> gpd.GeoDataFrame:
    if not path.is_file():
        raise FileNotFoundError(f"inventory {path} does not exist; correct the path")
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return read_table(path, x, y, layer)
    return read_mask(path) if suffix in MASKS else read_vector(path, layer)


def _resolve_crs(path: Path, table: gpd.GeoDataFrame, stated: str | None) -> pyproj.CRS:
    own = table.crs
    if stated is None:
        if own is None:
            raise ValueError(
                f"{path}: states no CRS; give the inventory's crs, such as EPSG:32717, or"
                " EPSG:4326 for degrees of WGS 84"
            )
        return pyproj.CRS(own)
    try:
        wanted = pyproj.CRS.from_user_input(stated)
    except pyproj.exceptions.CRSError as error:
        raise ValueError(f"{path}: crs {stated} is unknown; give one such as EPSG:32717") from error
    if own is None or _is_unstated(path, table):
        return wanted
    own = pyproj.CRS(own)
    if is_same_crs(own, wanted):
        return wanted
    if own.to_epsg() is None or own.to_epsg() != wanted.to_epsg():
        raise ValueError(
            f"{path}: its own CRS is {own.to_string()[:60]}, but crs says {stated}; remove crs if"
            " the file is right, else correct the file"
        )
    return own


def _is_unstated(path: Path, table: gpd.GeoDataFrame) -> bool:
    """Tell whether a file is a GeoJSON in other units than degrees that states no CRS.

    Such a file means degrees of WGS 84, but programs write metres into it.
    """
    bounds = table.total_bounds
    return (
        path.suffix.lower() in _GEOJSON
        and bool(np.isfinite(bounds).all())
        and not _are_degrees(bounds)
        and not states_crs(path)
    )


def _are_degrees(bounds: np.ndarray) -> bool:
    west, south, east, north = bounds
    return bool(-360 <= west <= east <= 360 and -90 <= south <= north <= 90)


def _check_extent(path: Path, table: gpd.GeoDataFrame) -> None:
    """Refuse coordinates that the stated CRS cannot have."""
    bounds = table.total_bounds
    if table.empty or np.isnan(bounds).all():
        return
    if not np.isfinite(bounds).all():
        raise ValueError(f"{path}: has infinite coordinates; correct or remove those landslides")
    if not table.crs.is_geographic:
        return
    west, south, east, north = bounds
    stated = f"they span {bounds.round(4).tolist()}, and the CRS is {table.crs.to_string()[:60]}"
    if not _are_degrees(bounds):
        swapped = -90 <= west <= east <= 90 and -180 <= south <= north <= 180
        problem = "x and y are swapped" if swapped else "its coordinates are no degrees"
        unstated = not swapped and path.suffix.lower() in _GEOJSON and not states_crs(path)
        remedy = (
            "a GeoJSON without the member crs means degrees, so state the inventory's crs"
            if unstated
            else "correct the columns or the CRS"
        )
        raise ValueError(f"{path}: {problem}: {stated}; {remedy}")


def _read_elevations(path: Path, table: pd.DataFrame, name: str | None) -> np.ndarray | None:
    stated = name is not None
    name = name if stated else find_column(path, table, ELEVATIONS, "elevation")
    if name is None:
        return None
    values = pick_column(path, table, name, "elevation")
    numbers = pd.to_numeric(values, errors="coerce")
    unknown = values.map(lambda value: pd.isna(value) or str(value).strip().lower() in MISSING)
    wrong = (numbers.isna() & ~unknown).to_numpy()
    if wrong.any():
        if not stated:
            return None
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{path}: {name} in row {row + 1} is {values.iloc[row]!r}; write metres as a number"
        )
    return numbers.where(numbers >= NO_PLACE).to_numpy(np.float64)
