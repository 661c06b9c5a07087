"""What can be wrong with one region of a study: its target's keys, grid, layers and inventory."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

CLASS_LAYERS = frozenset({"lithology", "land_cover", "soil"})
"""Layers whose cells are codes: averaging them would be meaningless."""

TAKEN_NAMES = frozenset({"dem", "region", "x", "y", "block", "presence"})
"""Layers and columns that cannot be a factor of the user's own."""

SURFACE_LAYERS = frozenset({"blue", "red", "nir", "swir"})
"""Bands that the group `surface` needs."""

CLASS_RESAMPLING = frozenset({"nearest", "mode"})
"""Resampling that makes no new codes."""

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
    """Tell a layer of lines from a raster by the ending of its file or by its recipe."""
    return entry.get("recipe") in LINE_RECIPES or _suffix(entry) in VECTOR_SUFFIXES


def is_class(entry: Mapping[str, Any]) -> bool:
    """Tell a layer of codes from one of measurements."""
    return entry.get("recipe") in CLASS_RECIPES or entry.get("kind") == "class"


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
        yield from _check_box(f"{path}.grid.box", region.get("grid") or {})
        yield from _check_extent(path, region)
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


def _check_box(path: str, grid: Mapping[str, Any]) -> Iterator[Problem]:
    box = grid.get("box")
    if box is None:
        return
    if "bounds" in grid:
        yield path, "the extent is stated twice; remove `box` or `bounds`"
    west, south, east, north = box if len(box) == 4 else (0, 0, 0, 0)
    if not (-180 <= west < east <= 180 and -90 < south < north < 90):
        yield (
            path,
            f"{box} is no box; state [west, south, east, north] in degrees of longitude and "
            "latitude, such as [10.9, 44.0, 11.2, 44.2]",
        )


def _check_extent(path: str, region: Mapping[str, Any]) -> Iterator[Problem]:
    grid, dem = region.get("grid") or {}, (region.get("layers") or {}).get("dem") or {}
    stated = "box" in grid or ("bounds" in grid and grid.get("crs", "auto") != "auto")
    if ("recipe" in dem or "stac" in dem) and not stated:
        yield (
            f"{path}.grid.box",
            "missing; without an elevation model of your own state where the region is: "
            "[west, south, east, north] in degrees",
        )


def _check_layers(path: str, layers: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    if "dem" not in layers:
        yield f"{path}.dem", "missing; every region needs an elevation model"
    for name, entry in layers.items():
        yield from _check_origin(f"{path}.{name}", entry)
        if entry.get("recipe") in INVENTORY_RECIPES:
            yield f"{path}.{name}", f"{entry['recipe']} is an inventory; name it there"
        if entry.get("recipe") in IMAGE_RECIPES and name not in IMAGE_LAYERS:
            yield (
                f"{path}.{name}",
                f"{entry['recipe']} gives {', '.join(sorted(IMAGE_LAYERS))}; rename the layer",
            )
        if name in CLASS_LAYERS and not is_class(entry):
            yield (
                f"{path}.{name}",
                f"the cells of {name} are codes, which must not be averaged; add `kind: class`",
            )
        yield from _check_use(f"{path}.{name}", entry)
        if name in TAKEN_NAMES and "factor" in entry:
            yield f"{path}.{name}.factor", f"{name} means something else; rename the layer"
        if name == "dem" and (is_vector(entry) or is_class(entry)):
            yield f"{path}.dem", "must be a raster of metres; name one and remove `kind: class`"


def _check_use(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    coded = is_class(entry)
    if "factor" in entry and (coded or is_vector(entry)):
        yield (
            f"{path}.factor",
            "only a raster of measurements can be a factor of your own: codes mean another class "
            "in every region, and lines make factors by themselves; remove this key",
        )
    if coded and entry.get("resampling", "nearest") not in CLASS_RESAMPLING:
        yield f"{path}.resampling", "codes must not be averaged; choose `nearest` or `mode`"
    if coded and "offset" in entry:
        yield f"{path}.offset", "would change the meaning of codes; remove this key"


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


def _check_url(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    if not _SHA256.match(str(entry.get("sha256", ""))):
        yield f"{path}.sha256", "missing or malformed; state the file's 64 hexadecimal digits"
    missing = [part for part in _SIDECARS if part not in entry.get("sidecars", {})]
    if _suffix(entry) == ".shp" and missing:
        yield (
            f"{path}.sidecars",
            f"a shapefile is several files; add the sha256 of {', '.join(missing)}",
        )


_NEEDED = {
    "collection": "name the collection of the catalogue",
    "asset": "name the asset of each item, such as B04",
    "dates": "state the first and the last day, such as ['2023-06-01', '2023-09-30']",
    "extract": "state the area as download.geofabrik.de names it, such as europe/italy/nord-est",
}


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


def _suffix(entry: Mapping[str, Any]) -> str:
    return PurePosixPath(str(entry.get("file") or entry.get("url") or "")).suffix.lower()
