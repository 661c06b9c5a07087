"""Dates of landslides, and periods of an inventory."""

import logging
import re
from pathlib import Path

import numpy as np
import pandas as pd

from landshift.acquire.inventory.columns import DATES, MISSING, find_column, pick_column

NO_DATE = "1899-12-30"
"""Day zero of spreadsheets and desktop databases, which export an empty date as this day."""

_FIRST_YEAR, _LAST_YEAR = 1500, 2200
_TIME = r"[T ]\d{2}(?::?\d{2}){0,2}(?:\.\d+)? *(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?"
_DATE = rf"\d{{4}}(?:-\d{{2}}-\d{{2}}(?:{_TIME})?)?"
_RANGE = re.compile(rf"({_DATE})(?: *(?:/|\.\.|-|\u2013|to|until) *({_DATE}))?")
_SLASHED = re.compile(r"(\d{4})/(\d{2})/(\d{2})")
_log = logging.getLogger("landshift.acquire.inventory")


def read_dates(path: Path, table: pd.DataFrame, name: str | None) -> list[str | None]:
    """Read the dates of an inventory as ISO text; None where unknown.

    Each is a year, a day, or a range of them, such as ``2010-12-28/2011-01-03``. A day is the one
    where the landslide was, whatever the zone of its time.

    Parameters
    ----------
    path
        How errors name the inventory.
    table
        The inventory as read.
    name
        Column of dates or years. None takes one with a usual name, and what is no date there is
        unknown: a warning says how many are.

    Raises
    ------
    ValueError
        If the named column is missing or holds what is no date.
    """
    if name is not None:
        dates, wrong = _parse_dates(pick_column(path, table, name, "date"))
        for row, value in wrong.items():
            raise ValueError(
                f"{path}: {name} in row {row} is {value!r}; write dates as 2015 or 2015-08-31"
            )
        return dates
    usual = find_column(path, table, DATES, "date")
    if usual is None:
        return [None] * len(table)
    dates, wrong = _parse_dates(table[usual])
    for row, value in list(wrong.items())[:1]:
        _log.warning(
            "%s: %s in row %d is %r; write dates as 2015 or 2015-08-31; its dates are "
            "unknown in %d of %d rows",
            path,
            usual,
            row,
            value,
            len(wrong),
            len(table),
        )
    return dates


def parse_span(text: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day that a year, an ISO day, or a range of them means.

    Examples
    --------
    >>> [day.date().isoformat() for day in parse_span("2010")]
    ['2010-01-01', '2010-12-31']
    >>> [day.date().isoformat() for day in parse_span("2010-12-28/2011-01-03")]
    ['2010-12-28', '2011-01-03']
    """
    first, _, last = text.partition("/")
    last = last or first
    return (
        pd.Timestamp(f"{first}-01-01" if len(first) == 4 else first),
        pd.Timestamp(f"{last}-12-31" if len(last) == 4 else last),
    )


def sort_by_period(
    dates: pd.Series, begin: str | int | None, end: str | int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which landslides have no usable date, and which lie outside a period.

    A landslide belongs to the period if all days that its date can mean do. One with a range of
    dates belongs to it if any of them does; a warning counts those that an end of the period cuts.

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
    undated, outside, cut = np.zeros((3, len(dates)), bool)
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
        cut[row] = not outside[row] and (opening < first or closing > last)
        undated[row] = cut[row] and "/" not in date
    if ranges := int((cut & ~undated).sum()):
        _log.warning(
            "%d landslides have a range of dates that begins before or ends after the period; they "
            "are taken, and a period next to this one takes them as well",
            ranges,
        )
    return undated, outside


def _parse_limit(key: str, value: str | int) -> str:
    try:
        parsed = parse_date(value)
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError(f"{key} is {value!r}, no date; write it as 2015 or '2015-08-31'")
    return parsed


def _parse_dates(values: pd.Series) -> tuple[list[str | None], dict[int, object]]:
    """Parse dates; those that are none are None, and come with their row, from 1, as well."""
    parsed, wrong = [], {}
    for row, value in enumerate(values, start=1):
        try:
            parsed.append(parse_date(value))
        except ValueError:
            parsed.append(None)
            wrong[row] = value
    return parsed, wrong


def parse_date(value: object) -> str | None:
    """Bring a year, a day or a range of them into ISO text; None where it is empty.

    Raises
    ------
    ValueError
        If it is none of them.

    Examples
    --------
    >>> parse_date("2010-07-15T00:00:00+09:00"), parse_date("2010/12/28 - 2011/01/03")
    ('2010-07-15', '2010-12-28/2011-01-03')
    """
    text = re.sub(r"\.0$", "", "" if pd.isna(value) else str(value).strip())
    if text == "0" or text.lower() in MISSING or text.startswith(NO_DATE):
        return None
    match = _RANGE.fullmatch(_SLASHED.sub(r"\1-\2-\3", text))
    if not match:
        raise ValueError(f"{text} is neither a year nor an ISO date")
    first, last = (_parse_one(part) for part in (match[1], match[2] or match[1]))
    if parse_span(first)[0] > parse_span(last)[1]:
        raise ValueError(f"{text} ends before it begins")
    return first if first == last else f"{first}/{last}"


def _parse_one(text: str) -> str:
    if not _FIRST_YEAR <= int(text[:4]) <= _LAST_YEAR:
        raise ValueError(f"{text} lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return text if len(text) == 4 else pd.Timestamp(text[:10]).date().isoformat()
