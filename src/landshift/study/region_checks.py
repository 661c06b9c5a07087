"""What can be wrong with one region of a study: its target's keys, grid, layers and inventory."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

CLASS_LAYERS = frozenset({"lithology", "land_cover", "soil"})
"""Layers whose cells are codes: averaging them would be meaningless."""

TAKEN_NAMES = frozenset({"dem", "region", "x", "y", "block", "presence"})
"""Layers and columns that cannot be a factor of the user's own, nor one of classes."""

SURFACE_LAYERS = frozenset({"blue", "red", "nir", "swir"})
"""Bands that the group `surface` needs."""

CLASS_RESAMPLING = frozenset({"nearest", "mode"})
"""Resampling that makes no new codes."""

VECTOR_SUFFIXES = frozenset({".shp", ".gpkg", ".geojson", ".parquet"})
"""Endings of the files whose lines become distances."""

LEGEND_SUFFIXES = frozenset({".csv", ".json"})
"""Endings of the files that name classes."""

_SIDECARS = ("shx", "dbf", "prj")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
# The geographic systems people meet most; the rest is caught when the layers are aligned.
_GEOGRAPHIC = re.compile(
    r"(EPSG:)?(4326|4979|4258|4267|4269|4283|4490|4612|4617|4674|4737|6318|6668|7844)\Z"
    r"|OGC:CRS84\Z|WGS ?84\Z|.*\+proj=(longlat|latlong)\b",
    re.IGNORECASE,
)
_WEB_MERCATOR = re.compile(r"(EPSG:)?(3857|900913)\Z", re.IGNORECASE)
_UTM = "the UTM zone of the region (EPSG:326xx north of the equator, EPSG:327xx south)"

Problem = tuple[str, str]
"""Path of a configuration key, and what is wrong with it and how to mend it."""


def is_vector(entry: Mapping[str, Any]) -> bool:
    """Tell a layer of lines from a raster by the ending of its file."""
    return _suffix(entry) in VECTOR_SUFFIXES


def check_region(name: str, region: Mapping[str, Any]) -> Iterator[Problem]:
    """Find the problems of one region, whatever its part in the study."""
    path = f"regions.{name}"
    if region.get("role") in {"target", "both"}:
        yield from _check_prevalence(path, region.get("prevalence"))
    if "shots" in region and region["shots"] < 1:
        yield (
            f"{path}.shots",
            f"{region['shots']} landslides cannot fine-tune a model; state at least 1, "
            "or leave the key out to use all",
        )
    if "virtual" in region:
        for key in ("layers", "grid", "inventory", "validation"):
            if key in region:
                yield (
                    f"{path}.{key}",
                    "a virtual region generates its own; remove this key or `virtual`",
                )
    else:
        yield from _check_grid(f"{path}.grid", region.get("grid") or {})
        yield from _check_layers(f"{path}.layers", region.get("layers") or {})
        yield from _check_inventories(path, region)


def check_crs(path: str, crs: str | None) -> Iterator[Problem]:
    """Find out whether a coordinate reference system is in degrees; None is fine."""
    if crs is not None and _GEOGRAPHIC.match(crs.strip()):
        yield path, f"{crs} is in degrees; name a projected system in metres, such as {_UTM}"


def _check_prevalence(path: str, prevalence: float | None) -> Iterator[Problem]:
    if prevalence is None:
        yield (
            f"{path}.prevalence",
            "missing; a target must state the share of its cells that fail (such as 0.02), "
            "because a few landslides with as many absences carry no information on it",
        )
    elif not 0 < prevalence < 1:
        yield (
            f"{path}.prevalence",
            f"{prevalence} is not a share of cells; state a number between 0 and 1",
        )


def _check_grid(path: str, grid: Mapping[str, Any]) -> Iterator[Problem]:
    if "resolution_m" not in grid:
        yield f"{path}.resolution_m", "missing; state the cell size in metres, such as 30"
    crs, bounds = grid.get("crs"), grid.get("bounds")
    yield from check_crs(f"{path}.crs", crs)
    if crs is not None and _WEB_MERCATOR.match(crs.strip()):
        yield (
            f"{path}.crs",
            f"{crs} stretches metres away from the equator, so slopes would be wrong; name {_UTM}",
        )
    if bounds is not None and (
        len(bounds) != 4 or bounds[0] >= bounds[2] or bounds[1] >= bounds[3]
    ):
        yield (
            f"{path}.bounds",
            f"{bounds} is no box; state [xmin, ymin, xmax, ymax] in metres of the grid's CRS",
        )


def _check_layers(path: str, layers: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    if "dem" not in layers:
        yield f"{path}.dem", "missing; every region needs an elevation model"
    for name, entry in layers.items():
        yield from _check_origin(f"{path}.{name}", entry)
        if name in CLASS_LAYERS and entry.get("kind") != "class":
            yield (
                f"{path}.{name}",
                f"the cells of {name} are codes, which must not be averaged; add `kind: class`",
            )
        yield from _check_use(f"{path}.{name}", entry)
        if name in TAKEN_NAMES and "factor" in entry:
            yield f"{path}.{name}.factor", f"{name} means something else; rename the layer"
        elif name in TAKEN_NAMES - {"dem"} and entry.get("kind") == "class":
            yield f"{path}.{name}", "means something else; rename the layer"
        if name == "dem" and (is_vector(entry) or entry.get("kind") == "class"):
            yield f"{path}.dem", "must be a raster of metres; name one and remove `kind: class`"


def _check_use(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    coded = entry.get("kind") == "class"
    if "factor" in entry and (coded or is_vector(entry)):
        yield (
            f"{path}.factor",
            "only a raster of measurements can be a factor of your own: codes mean another class "
            "in every region, and lines make factors by themselves; remove this key",
        )
    for key in ("legend", "classes"):
        if key in entry and not coded:
            yield f"{path}.{key}", "belongs to class codes; add `kind: class` or remove this key"
    yield from _check_classes(f"{path}.classes", entry.get("classes"))
    if coded and entry.get("resampling", "nearest") not in CLASS_RESAMPLING:
        yield f"{path}.resampling", "codes must not be averaged; choose `nearest` or `mode`"
    if coded and "offset" in entry:
        yield f"{path}.offset", "would change the meaning of codes; remove this key"


def _check_classes(path: str, classes: Mapping[Any, str] | str | None) -> Iterator[Problem]:
    if isinstance(classes, str):
        if PurePosixPath(classes).suffix.lower() not in LEGEND_SUFFIXES:
            yield path, f"{classes} is neither a .csv nor a .json file; write the legend as one"
    else:
        for code in classes or {}:
            if not str(code).isdigit():
                yield path, f"{code!r} is no code of a class; codes are integers from 0"


def _check_inventories(path: str, region: Mapping[str, Any]) -> Iterator[Problem]:
    if not region.get("inventory"):
        yield (
            f"{path}.inventory",
            "missing; name a `file` or a `url` with the landslides mapped in this region",
        )
    for key in ("inventory", "validation"):
        if region.get(key):
            yield from _check_inventory(f"{path}.{key}", region[key])


def _check_inventory(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_origin(path, entry)
    if _suffix(entry) == ".csv":
        for key in ("x", "y", "crs"):
            if key not in entry:
                yield f"{path}.{key}", "missing; a table of points needs `x`, `y` and `crs`"
    if ("label" in entry) != ("presence" in entry):
        yield (
            path,
            "`label` (a column) and `presence` (its values that mean landslide) "
            "only make sense together; add the other or remove both",
        )


def _check_origin(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
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
        if _suffix(entry) == ".shp" and missing:
            yield (
                f"{path}.sidecars",
                f"a shapefile is several files; add the sha256 of {', '.join(missing)}",
            )


def _suffix(entry: Mapping[str, Any]) -> str:
    return PurePosixPath(str(entry.get("file") or entry.get("url") or "")).suffix.lower()
