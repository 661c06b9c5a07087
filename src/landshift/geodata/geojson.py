"""The CRS that a GeoJSON states: a known name, or none, which means WGS 84."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyproj

_HEAD = 6000
_START = re.compile(rb"[\xef\xbb\xbf\x1e\s]*(?:\w+\()?\s*[{\[]")
# a key in any object, also one whose letters are written by their numbers
_KEY = re.compile(r'"(?:c|\\u0063)(?:r|\\u0072)(?:s|\\u0073)"\s*:\s*')
_NAME = re.compile(
    r"(?:EPSG:\d+|OGC:CRS84|urn:ogc:def:crs:(?:EPSG|OGC):[\w.]*:\w+"
    r"|https?://www\.opengis\.net/def/crs/(?:EPSG|OGC)/[\w.]+/\w+)"
)


def check_stated_crs(path: Path) -> None:
    """Check that each ``crs`` in a file, if it is a GeoJSON, is a known name.

    GDAL fetches a CRS that is a link, and takes one that it does not know for WGS 84.

    Raises
    ------
    ValueError
        If one is anything else.
    """
    if not path.is_file():
        return
    with path.open("rb") as stored:
        if not _START.match(stored.read(_HEAD)):
            return
    try:
        found = list(_list_stated(path.read_text(encoding="utf-8", errors="replace")))
    # GDAL reads more than JSON, so what is none is not left to it
    except (ValueError, RecursionError):
        raise ValueError(f"{path}: its crs cannot be read; write it as EPSG:32632") from None
    for stated in found:
        if not _is_known(stated):
            raise ValueError(
                f"{path}: its crs is {json.dumps(stated)[:100]}, which is no known name; write it "
                "as EPSG:32632, or remove it if the coordinates are degrees of WGS 84"
            )


def is_sequence(path: Path) -> bool:
    """Tell whether a file holds a GeoJSON feature in each line.

    GDAL may take the first of them for the whole file.

    Raises
    ------
    ValueError
        If features follow each other otherwise than line by line.
    """
    if not path.is_file():
        return False
    with path.open("rb") as stored:
        head = stored.read(_HEAD)
    # of a collection, GDAL says itself that something follows; marks between features it knows
    if not _START.match(head) or b"FeatureCollection" in head or b"\x1e" in head:
        return False
    text = path.read_text(encoding="utf-8-sig", errors="replace").lstrip()
    try:
        first, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(first, dict) or first.get("type") != "Feature" or not text[end:].strip():
        return False
    if "\n" in text[:end] or not text[end:].lstrip(" \t\r").startswith("\n"):
        raise ValueError(
            f"{path}: holds several features one after the other; write each into a line of its "
            "own, or all into a FeatureCollection"
        )
    return True


def states_crs(path: Path) -> bool:
    """Tell whether a file, if it is a GeoJSON, states its CRS."""
    return any(True for _ in _list_stated(path.read_text(encoding="utf-8", errors="replace")))


def _list_stated(text: str) -> Iterator[Any]:
    """List the values of all members ``crs`` that are objects, and that of the whole file."""
    decoder = json.JSONDecoder()
    plain = False
    for key in _KEY.finditer(text):
        if text[key.end() : key.end() + 1] == "{":
            yield decoder.raw_decode(text, key.end())[0]
        else:
            plain = True
    # an attribute may have that name too
    if plain:
        whole = json.loads(text)
        if isinstance(whole, dict) and not isinstance(whole.get("crs", {}), dict):
            yield whole["crs"]


def _is_known(stated: Any) -> bool:
    kind = str(stated.get("type", "")).upper() if isinstance(stated, dict) else ""
    properties = stated.get("properties") if kind in ("NAME", "EPSG") else None
    if not isinstance(properties, dict):
        return False
    name = f"EPSG:{properties.get('code')}" if kind == "EPSG" else properties.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return False
    try:
        pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError:
        return False
    return True
