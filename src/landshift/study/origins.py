"""Where a layer or an inventory comes from: its file with what belongs to it, or its address."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

VECTOR_SUFFIXES = frozenset({".shp", ".gpkg", ".geojson", ".parquet"})
"""Endings of the files whose lines become distances."""

Problem = tuple[str, str]
"""Path of a configuration key, and what is wrong with it and how to mend it."""

_SIDECARS = ("shx", "dbf", "prj")
_SHAPEFILE = (".shx", ".dbf", ".prj", ".cpg")
_RASTER = (".tfw", ".tif.aux.xml", ".tif.msk")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def suffix_of(entry: Mapping[str, Any]) -> str:
    """Find the ending of the file or address of an entry, in lower case."""
    return PurePosixPath(str(entry.get("file") or entry.get("url") or "")).suffix.lower()


def is_vector(entry: Mapping[str, Any]) -> bool:
    """Tell a layer of lines from a raster by the ending of its file."""
    return suffix_of(entry) in VECTOR_SUFFIXES


def list_files(entry: Mapping[str, Any]) -> list[str]:
    """List the local file of an entry and the files beside it that it is read with.

    A shapefile is its `.shp` with all that GDAL reads beside it; a raster may have a world file.
    An address has no local file.
    """
    if "file" not in entry:
        return []
    path = Path(entry["file"])
    beside = {".shp": _SHAPEFILE, ".tif": _RASTER}.get(path.suffix.lower(), ())
    companions = [path.with_name(path.stem + ending) for ending in beside]
    return [str(path), *(str(companion) for companion in companions if companion.is_file())]


def check_origin(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Find the problems of an origin as stated."""
    if ("file" in entry) == ("url" in entry):
        yield path, "state where it comes from: either `file` or `url`, and not both"
    elif "file" in entry:
        for key in ("sidecars", "conversion"):
            if key in entry:
                yield f"{path}.{key}", "belongs to a `url`, not to a `file`; remove it"
    else:
        if not _SHA256.match(str(entry.get("sha256", ""))):
            yield f"{path}.sha256", "missing or malformed; state the file's 64 hexadecimal digits"
        missing = [part for part in _SIDECARS if part not in entry.get("sidecars", {})]
        if suffix_of(entry) == ".shp" and missing:
            yield (
                f"{path}.sidecars",
                f"a shapefile is several files; add the sha256 of {', '.join(missing)}",
            )


def check_file(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Find out whether the local file of an entry is there, and what it cannot be read without."""
    if "file" not in entry:
        return
    file = Path(entry["file"])
    if not file.is_file():
        kind = "is a folder" if file.is_dir() else "does not exist"
        yield f"{path}.file", f"{file} {kind}; correct the path of the file"
    elif file.suffix.lower() == ".shp":
        missing = [end for end in (".shx", ".dbf") if not file.with_suffix(end).is_file()]
        if missing:
            yield (
                f"{path}.file",
                f"{file} is a part of a shapefile; put its {' and '.join(missing)} beside it",
            )
