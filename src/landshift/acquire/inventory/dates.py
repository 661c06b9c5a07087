"""Dates of landslides, and periods of an inventory."""

import logging
import re
from pathlib import Path

import numpy as np
import pandas as pd

from landshift.acquire.inventory.columns import DATES, find_column, pick_column

NO_DATE = "1899-12-30"
"""Day zero of spreadsheets and desktop databases, which export an empty date as this day."""

_FIRST_YEAR, _LAST_YEAR = 1500, 2200
_log = logging.getLogger("landshift.acquire.inventory")


def read_dates(path: Path, table: pd.DataFrame, name: str | None) -> list[str | None]:
    """Read the dates of an inventory as ISO text: a year, or a day; None where unknown.

    Parameters
    ----------
    path
        How errors name the inventory.
    table
        The inventory as read.
    name
        Column of dates or years. None takes one with a usual name; if that holds no dates, a
        warning says so.

    Raises
    ------
    ValueError
        If the named column is missing or holds what is no date.
    """
    if name is not None:
        return _parse_dates(path, pick_column(path, table, name, "date"), name)
    usual = find_column(path, table, DATES, "date")
    if usual is None:
        return [None] * len(table)
    try:
        return _parse_dates(path, table[usual], usual)
    except ValueError as error:
        _log.warning("%s; its dates are taken as unknown", error)
        return [None] * len(table)


def parse_span(text: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day that a year or an ISO day means.

    Examples
    --------
    >>> [day.date().isoformat() for day in parse_span("2010")]
    ['2010-01-01', '2010-12-31']
    """
    if re.fullmatch(r"\d{4}", text):
        return pd.Timestamp(f"{text}-01-01"), pd.Timestamp(f"{text}-12-31")
    return pd.Timestamp(text), pd.Timestamp(text)


def sort_by_period(
    dates: pd.Series, begin: str | int | None, end: str | int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which landslides have no usable date, and which lie outside a period.

    A landslide belongs to the period if all days that its date can mean do.

    Parameters
    ----------
    dates
        As from `read_dates`.
    begin, end
        First and last year or day of the period; None leaves that side open.

    Returns
    -------
    undated : numpy.ndarray
        No date, or a year that the period cuts through; all false without a period.
    outside : numpy.ndarray
        Before or after the period.

    Raises
    ------
    ValueError
        If `begin` or `end` is no date, or the period ends before it begins.
    """
    undated, outside = np.zeros((2, len(dates)), bool)
    if begin is None and end is None:
        return undated, outside
    first = pd.Timestamp.min if begin is None else parse_span(_parse_limit("from", begin))[0]
    last = pd.Timestamp.max if end is None else parse_span(_parse_limit("until", end))[1]
    if first > last:
        raise ValueError(f"from is {begin} but until is {end}: the period ends before it begins")
    for row, date in enumerate(dates):
        if pd.isna(date):
            undated[row] = True
            continue
        opening, closing = parse_span(date)
        outside[row] = closing < first or opening > last
        undated[row] = not outside[row] and (opening < first or closing > last)
    return undated, outside


def _parse_limit(key: str, value: str | int) -> str:
    try:
        parsed = parse_date(value)
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError(f"{key} is {value!r}, no date; write it as 2015 or '2015-08-31'")
    return parsed


def _parse_dates(path: Path, values: pd.Series, name: str) -> list[str | None]:
    parsed = []
    for row, value in enumerate(values, start=1):
        try:
            parsed.append(parse_date(value))
        except ValueError as error:
            raise ValueError(
                f"{path}: {name} in row {row} is {value!r}; write dates as 2015 or 2015-08-31"
            ) from error
    return parsed


def parse_date(value: object) -> str | None:
    """Bring a year or a day into ISO text; None where it is empty, or stands for none.

    Raises
    ------
    ValueError
        If it is neither.
    """
    text = re.sub(r"\.0$", "", "" if pd.isna(value) else str(value).strip())
    if text in ("", "0") or text.startswith(NO_DATE):
        return None
    if not re.match(r"\d{4}(-\d{2}-\d{2}|$)", text):
        raise ValueError(f"{text} is neither a year nor an ISO date")
    if not _FIRST_YEAR <= int(text[:4]) <= _LAST_YEAR:
        raise ValueError(f"{text} lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return text if len(text) == 4 else pd.Timestamp(text).date().isoformat()
