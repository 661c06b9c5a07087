"""Landslides and absences in one file: the column that tells them apart."""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landshift.acquire.inventory.columns import pick_column, plain
from landshift.acquire.inventory.formats import MASKS

Value = str | float | int | bool

LABELS = (
    *("label", "class", "target", "presence", "occurrence", "response", "outcome", "event"),
    *("landslide", "landslides", "landslideyn", "islandslide", "slide", "slides", "ls", "lslpts"),
)
"""Names of a column that tells landslides from absences, in lower case, without signs."""

_PRESENT = re.compile(r"1|y|yes|(land)?slides?|presen(t|ce)|positive|unstable")
_ABSENT = re.compile(
    r"0|-1|n|no|(no|non|not)[-_ ]*(a )?(land)?slides?|absen(t|ce)|background|negative|stable"
)
_NAMED = 10
_log = logging.getLogger("landshift.acquire.inventory")


def normalise(value: Value) -> str:
    """Bring a value into the form in which values are compared.

    1, 1.0, true and "TRUE" are one answer written by different programs.

    Examples
    --------
    >>> normalise("TRUE") == normalise(1.0)
    True
    """
    text = str(value).strip().lower()
    text = {"true": "1", "false": "0"}.get(text, text)
    return re.sub(r"\.0+$", "", text)


def split_by_label(
    path: Path,
    table: pd.DataFrame,
    inventory: gpd.GeoDataFrame,
    label: str | None,
    presence: Value | Sequence[Value] | None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Split an inventory into landslides and absences; without `label` there are no absences.

    Raises
    ------
    ValueError
        If the label or its values are not there, or none is stated though a column of a usual
        name (`LABELS`) seems to tell absences.
    """
    if label is None:
        if presence is not None:
            raise ValueError(
                f"{path}: presence is {presence!r} but label is missing; name its column"
            )
        _ask_for_label(path, table)
        return inventory, None
    failed = _find_presences(path, table, label, presence)
    return inventory[failed].reset_index(drop=True), inventory[~failed].reset_index(drop=True)


def _find_presences(
    path: Path, table: pd.DataFrame, label: str, presence: Value | Sequence[Value] | None
) -> np.ndarray:
    if presence is None:
        raise ValueError(
            f"{path}: label is {label} but presence is missing; state which values are landslides"
        )
    labels = pick_column(path, table, label, "label")
    if labels.isna().any():
        raise ValueError(
            f"{path}: {label} is empty in {int(labels.isna().sum())} rows; fill or remove them"
        )
    several = isinstance(presence, Sequence) and not isinstance(presence, str)
    wanted = {normalise(value) for value in (presence if several else [presence])}
    failed = labels.map(normalise).isin(wanted).to_numpy(dtype=bool)
    if not failed.any():
        found = sorted(labels.map(str).unique())[:10]
        raise ValueError(
            f"{path}: no {label} is {presence!r}; its values are {found}, correct presence"
        )
    return failed


def _ask_for_label(path: Path, table: pd.DataFrame) -> None:
    """Refuse or warn where a column that nobody names seems to tell landslides from absences."""
    values = sorted(table["value"].unique()) if path.suffix.lower() in MASKS else []
    if len(values) > 1:
        _log.warning(
            "%s: cells of the values %s are all taken as landslides; if some of them mean none, "
            "state label: value and presence",
            path,
            ", ".join(map(str, values[:_NAMED])) + (", ..." if len(values) > _NAMED else ""),
        )
        return
    for column, present, absent in _list_pairs(table):
        remedy = (
            f"state label: {column} and presence: [{present}], or presence: [{present}, {absent}] "
            "if every row is a landslide"
        )
        if plain(column) in LABELS:
            raise ValueError(
                f"{path}: {column} holds {present} and {absent}, and rows of {absent} may be no "
                f"landslides; {remedy}"
            )
        _log.warning(
            "%s: %s holds %s and %s, and all rows are taken as landslides; if it tells "
            "landslides from absences, %s",
            path,
            column,
            present,
            absent,
            remedy,
        )


def _list_pairs(table: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """List the columns that hold two values: one for landslides, and one for none."""
    for column in table.columns.drop("geometry"):
        try:
            if table[column].nunique() != 2:
                continue
        except TypeError:  # lists
            continue
        values = {normalise(value) for value in table[column].dropna()}
        present = sorted(filter(_PRESENT.fullmatch, values))
        absent = sorted(filter(_ABSENT.fullmatch, values))
        if len(present) == len(absent) == 1:
            yield column, *present, *absent
