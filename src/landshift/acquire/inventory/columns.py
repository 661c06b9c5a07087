"""Columns of a table by their usual names, where a configuration names none."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

COORDINATES = (
    ("x", "y"),
    ("lon", "lat"),
    ("long", "lat"),
    ("lng", "lat"),
    ("longitude", "latitude"),
    ("longitud", "latitud"),
    ("easting", "northing"),
    ("east", "north"),
    ("este", "norte"),
    ("rechtswert", "hochwert"),
    ("pointx", "pointy"),
    ("xcoord", "ycoord"),
    ("coordx", "coordy"),
    ("utmx", "utmy"),
    ("utme", "utmn"),
)
"""Names of easting and northing, in lower case, without spaces and signs."""

OUTLINES = ("wkt", "geometry", "thegeom", "geom", "wktgeom")
"""Names of a column of shapes in well-known text, the like."""

DATES = ("date", "year", "eventdate", "dateofevent", "yearobs", "obsdate", "datum", "jahr")
"""Names of the column of dates, the like."""

ELEVATIONS = ("elevation", "elev", "altitude")
"""Names of the column of elevations, the like."""

MISSING = frozenset({"", "-", "--", "n/a", "na", "nan", "nat", "none", "null", "unknown"})
"""Texts that stand for no number and no date."""

_log = logging.getLogger("landshift.acquire.inventory")


def pick_column(path: Path, table: pd.DataFrame, name: str, key: str) -> pd.Series:
    """Pick the column that a key of the configuration names.

    Raises
    ------
    ValueError
        If the table has no such column.
    """
    if name not in table or name == "geometry":
        columns = [column for column in table if column != "geometry"]
        raise ValueError(f"{path}: {key} names the column {name!r}, but there are {columns}")
    return table[name]


def find_column(path: Path, table: pd.DataFrame, names: Sequence[str], key: str) -> str | None:
    """Find the one column with a usual name; None if there is none, or more than one."""
    found = [column for column in table if plain(column) in names]
    if len(found) > 1:
        _log.warning(
            "%s: %s may be any of the columns %s, so none is taken; name one by %s",
            path,
            key,
            found,
            key,
        )
    if len(found) != 1:
        return None
    _log.info("%s: %s is taken from the column %s", path, key, found[0])
    return found[0]


def find_coordinates(path: Path, table: pd.DataFrame) -> tuple[str, str]:
    """Find the columns of easting and northing by their usual names.

    Raises
    ------
    ValueError
        If there is no pair of columns with such names, or more than one.
    """
    pairs = _list_pairs(table)
    if len(pairs) != 1:
        problem = f"coordinates may be any of {pairs}" if pairs else "recognises no coordinates"
        raise ValueError(
            f"{path}: {problem}; name their columns with x and y, out of {list(table)}"
        )
    _log.info("%s: coordinates are taken from the columns %s and %s", path, *pairs[0])
    return pairs[0]


def find_outlines(table: pd.DataFrame) -> str | None:
    """Find the column of shapes in well-known text, where no columns hold coordinates."""
    found = [column for column in table if plain(column) in OUTLINES]
    return found[0] if len(found) == 1 and not _list_pairs(table) else None


def _list_pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    """List the pairs of columns whose names say easting and northing."""
    columns: dict[str, list[str]] = {}
    for column in table:
        columns.setdefault(plain(column), []).append(column)
    return [
        (x, y)
        for first, second in COORDINATES
        for x in columns.get(first, [])
        for y in columns.get(second, [])
    ]


def plain(column: object) -> str:
    """Bring a name into lower case, without spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", str(column).lower())
