"""Where a layer or an inventory comes from: its file with what belongs to it, or its address."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from landshift.acquire.inventory.folder import list_inventories

VECTOR_SUFFIXES = frozenset({".shp", ".gpkg", ".geojson", ".parquet"})
"""Endings of the files whose lines become distances."""

LINE_RECIPES = frozenset({"osm_roads", "osm_rivers", "gem_faults"})
"""Recipes whose layers are lines."""

CLASS_RECIPES = frozenset({"esa_worldcover", "glim_lithology"})
"""Recipes whose layers are codes."""

INVENTORY_RECIPES = frozenset({"nasa_landslides"})
"""Recipes that are inventories and no layers."""

EXTRACT_RECIPES = frozenset({"osm_roads", "osm_rivers"})
"""Recipes that are served by area and need its name."""

IMAGE_RECIPES = frozenset({"sentinel2"})
"""Recipes that are composed of images of many dates."""

IMAGE_LAYERS = frozenset({"blue", "green", "red", "nir", "swir"})
"""Layers that these recipes give."""

ORIGINS = ("file", "url", "stac", "recipe")
"""Keys that say where a layer comes from; of each entry one."""

Problem = tuple[str, str]
"""Path of a configuration key, and what is wrong with it and how to mend it."""

_BELONGS = {
    "sidecars": ("url",),
    "conversion": ("url",),
    "collection": ("stac",),
    "asset": ("stac",),
    "mask": ("stac",),
    "dates": ("stac", *IMAGE_RECIPES),
    "max_cloud_percent": ("stac", *IMAGE_RECIPES),
    "max_images": ("stac", *IMAGE_RECIPES),
    "extract": tuple(EXTRACT_RECIPES),
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_NEEDED = {
    "collection": "name the collection of the catalogue",
    "asset": "name the asset of each item, such as B04",
    "dates": "state the first and the last day, such as ['2023-06-01', '2023-09-30']",
    "extract": "state the area as download.geofabrik.de names it, such as europe/italy/nord-est",
}
_SIDECARS = ("shx", "dbf", "prj")
_SHAPEFILE = (".shx", ".dbf", ".prj", ".cpg")
_RASTER = (".tfw", ".tif.aux.xml", ".tif.msk")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def suffix_of(entry: Mapping[str, Any]) -> str:
    """Find the ending of the file or address of an entry, in lower case."""
    return PurePosixPath(str(entry.get("file") or entry.get("url") or "")).suffix.lower()


def is_vector(entry: Mapping[str, Any]) -> bool:
    """Tell a layer of lines from a raster by the ending of its file or by its recipe."""
    return entry.get("recipe") in LINE_RECIPES or suffix_of(entry) in VECTOR_SUFFIXES


def is_class(entry: Mapping[str, Any]) -> bool:
    """Tell a layer of codes from one of measurements."""
    return entry.get("recipe") in CLASS_RECIPES or entry.get("kind") == "class"


def list_files(entry: Mapping[str, Any]) -> list[str]:
    """List the local files of an entry and the files beside them that they are read with.

    A shapefile is its `.shp` with all that GDAL reads beside it; a raster may have a world file;
    a folder is the inventories in it. An address has no local file.
    """
    if "file" not in entry:
        return []
    path = Path(entry["file"])
    stated = list_inventories(path) if path.is_dir() else [path]
    return [str(file) for main in stated for file in (main, *_list_companions(main))]


def _list_companions(path: Path) -> list[Path]:
    beside = {".shp": _SHAPEFILE, ".tif": _RASTER}.get(path.suffix.lower(), ())
    companions = [path.with_name(path.stem + ending) for ending in beside]
    return [companion for companion in companions if companion.is_file()]


def check_origin(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Find the problems of an origin as stated."""
    origins = [key for key in ORIGINS if key in entry]
    if len(origins) != 1:
        yield path, "state where it comes from: `file`, `url`, `stac` or `recipe`, and one alone"
        return
    origin = origins[0]
    for key, owners in _BELONGS.items():
        if key in entry and not {origin, entry.get("recipe")} & set(owners):
            wanted = " or ".join(f"`{owner}`" for owner in sorted(owners))
            yield f"{path}.{key}", f"belongs to {wanted}, not to this entry; remove it"
    if origin == "url":
        yield from _check_url(path, entry)
    elif origin == "stac":
        yield from _check_needed(path, entry, ("collection", "asset", "dates"))
    elif entry.get("recipe") in EXTRACT_RECIPES:
        yield from _check_needed(path, entry, ("extract",))
    elif entry.get("recipe") in IMAGE_RECIPES:
        yield from _check_needed(path, entry, ("dates",))
    yield from _check_dates(f"{path}.dates", entry.get("dates"))


def check_file(
    path: str, entry: Mapping[str, Any], *, may_be_folder: bool = False
) -> Iterator[Problem]:
    """Find out whether the local file of an entry is there, and what it cannot be read without."""
    if "file" not in entry:
        return
    file = Path(entry["file"])
    if may_be_folder and file.is_dir():
        yield from _check_folder(path, entry, list_inventories(file))
    else:
        yield from check_path(f"{path}.file", file)


def check_path(key: str, file: Path) -> Iterator[Problem]:
    """Find out whether a file is there, and what it cannot be read without."""
    if not file.is_file():
        kind = "is a folder" if file.is_dir() else "does not exist"
        yield key, f"{file} {kind}; correct the path of the file"
    elif file.suffix.lower() == ".shp":
        missing = [end for end in (".shx", ".dbf") if not file.with_suffix(end).is_file()]
        if missing:
            yield (
                key,
                f"{file} is a part of a shapefile; put its {' and '.join(missing)} beside it",
            )


def _check_folder(path: str, entry: Mapping[str, Any], files: list[Path]) -> Iterator[Problem]:
    if "sha256" in entry:
        yield f"{path}.sha256", "belongs to a single file, but `file` is a folder; remove it"
    if not files:
        yield f"{path}.file", f"{entry['file']} holds no inventory; put one there"
    for file in files:
        yield from check_path(f"{path}.file", file)


def _check_url(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    if not _SHA256.match(str(entry.get("sha256", ""))):
        yield f"{path}.sha256", "missing or malformed; state the file's 64 hexadecimal digits"
    missing = [part for part in _SIDECARS if part not in entry.get("sidecars", {})]
    if suffix_of(entry) == ".shp" and missing:
        yield (
            f"{path}.sidecars",
            f"a shapefile is several files; add the sha256 of {', '.join(missing)}",
        )


def _check_needed(path: str, entry: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[Problem]:
    for key in keys:
        if key not in entry:
            yield f"{path}.{key}", f"missing; {_NEEDED[key]}"


def _check_dates(path: str, dates: list[str] | None) -> Iterator[Problem]:
    if dates is None:
        return
    days = [str(day) for day in dates]
    if len(days) != 2 or not all(_DATE.match(day) for day in days) or days[0] > days[1]:
        yield path, f"{days} is no span of time; {_NEEDED['dates']}"
