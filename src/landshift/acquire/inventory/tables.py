"""Tables that people have, text and workbooks, as rows of text under the names of a header."""

import csv
import io
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyogrio

from landshift.acquire.inventory.folder import WORKBOOKS
from landshift.geodata.documents import check_document
from landshift.geodata.impostors import refuse_impostor
from landshift.geodata.plain_names import plain_name

_log = logging.getLogger("landshift.acquire.inventory")
_SEPARATORS = ",;\t"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ARCHIVE = b"PK\x03\x04"
# GDAL takes the first row of every sheet for data, and every cell for text, as in a CSV. As options
# of one file these hold for its first sheet only.
_AS_TEXT = {
    f"OGR_{kind}_{option}": value
    for kind in ("XLSX", "ODS")
    for option, value in (("HEADERS", "DISABLE"), ("FIELD_TYPES", "STRING"))
}


def read_rows(path: Path, layer: str | None = None) -> pd.DataFrame:
    """Read a table: every field as text, None where it is empty.

    A text such as ``NA`` or ``None`` is a text. Rows without a field at the end are none.

    Parameters
    ----------
    path
        A text whose fields are parted by commas, semicolons or tabs, or a workbook (`WORKBOOKS`).
    layer
        Of several sheets of a workbook the one to read.

    Raises
    ------
    ValueError
        If it cannot be read, a row has more fields than the header, or there are several sheets
        with content and none is named.
    """
    refuse_impostor(path, "table")
    if path.suffix.lower() in WORKBOOKS:
        return _tabulate(path, _read_sheet(path, layer), None)
    text = _decode(path)
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    # strict: else a quote that nobody closes would swallow all rows behind it
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    with _long_fields():
        try:
            rows = list(reader)
        except csv.Error as error:
            raise ValueError(
                f"{path}: cannot be read up to line {reader.line_num} ({error}); correct its quotes"
            ) from error
    return _tabulate(path, [row for row in rows if row], separator)


def _decode(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(_ARCHIVE):
        raise ValueError(
            f"{path}: is a zip archive and no text; a workbook needs its ending .xlsx or .ods"
        )
    try:
        text = content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
        _log.warning(
            "%s: is not in UTF-8 and is read as Windows-1252, so other letters than those of "
            "western Europe are wrong in its texts; save it as UTF-8",
            path,
        )
    if "\0" in text:
        raise ValueError(f"{path}: is no text; save the table as CSV in UTF-8")
    return text


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let fields be long, as outlines of polygons are."""
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


@contextmanager
def _set_options(options: dict[str, str]) -> Iterator[None]:
    before = {key: pyogrio.get_gdal_config_option(key) for key in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _read_sheet(path: Path, layer: str | None) -> list[list[str | None]]:
    check_document(path)
    try:
        with plain_name(path) as place, _set_options(_AS_TEXT):
            names = [str(name) for name, _ in pyogrio.list_layers(place)]
            sheets = {
                name: pyogrio.read_dataframe(place, layer=number, read_geometry=False)
                for number, name in enumerate(names)
                if layer in (None, name)
            }
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        reason = str(error).partition(";")[0]
        raise ValueError(
            f"{path}: is no workbook that can be read ({reason}); save it anew, or as CSV"
        ) from error
    filled = {name: sheet for name, sheet in sheets.items() if not sheet.empty}
    if layer is not None and not sheets:
        raise ValueError(f"{path}: layer is {layer!r}, but there are the sheets {names}")
    if len(filled) > 1:
        raise ValueError(f"{path}: has the sheets {[*filled]}; name one of them by layer")
    sheet = next(iter(filled.values()), pd.DataFrame())
    return sheet.astype(object).where(sheet.notna(), None).to_numpy().tolist()


def _tabulate(path: Path, rows: list[Sequence[str | None]], separator: str | None) -> pd.DataFrame:
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise ValueError(f"{path}: is empty; give a table with a header")
    header, *rows = ([(field or "").strip() or None for field in row] for row in rows)
    while header and header[-1] is None:
        header.pop()
    width = len(header)
    for number, row in enumerate(rows, start=1):
        if any(row[width:]):
            last = max(at for at, field in enumerate(row, start=1) if field)
            remedy = f"; put what holds a {separator!r} in quotes" if separator else ""
            raise ValueError(f"{path}: row {number} has {last} fields, the header {width}{remedy}")
    names = _name_columns(header)
    return pd.DataFrame(
        [[*row, *[None] * width][:width] for row in rows], columns=names, dtype="str"
    )


def _name_columns(header: Sequence[str | None]) -> list[str]:
    """Name every column once."""
    names: list[str] = []
    for number, name in enumerate(header, start=1):
        name = name or f"column {number}"
        again = names.count(name) + sum(each.startswith(f"{name}.") for each in names)
        names.append(f"{name}.{again}" if name in names else name)
    return names
