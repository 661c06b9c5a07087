"""What can be wrong with one region of a study: its target's keys, grid, layers and inventory."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from landshift.study.origins import (
    IMAGE_LAYERS,
    IMAGE_RECIPES,
    INVENTORY_RECIPES,
    Problem,
    check_origin,
    is_class,
    is_vector,
    suffix_of,
)
from landshift.study.regions import fetches_elevation, follows_inventory


def check_inventories(path: str, region: Mapping[str, Any]) -> Iterator[Problem]:
    """Find the problems of a region's inventory and of its later landslides."""
    if not region.get("inventory"):
        yield (
            f"{path}.inventory",
            "missing; name a `file` or a `url` with the landslides mapped in this region",
        )
    for key in ("inventory", "validation"):
        if region.get(key):
            yield from _check_inventory(f"{path}.{key}", region[key])
    if "surveyed" in (region.get("validation") or {}):
        yield (
            f"{path}.validation.surveyed",
            "belongs to `inventory`, of which absences are drawn; remove it here",
        )
    if region.get("inventory") and region.get("validation"):
        yield from _check_hold_out(path, region["inventory"], region["validation"])


def _check_inventory(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    yield from check_origin(path, entry)
    if "surveyed" in entry:
        yield from check_origin(f"{path}.surveyed", entry["surveyed"])
    if suffix_of(entry) == ".csv":
        if "crs" not in entry:
            yield (
                f"{path}.crs",
                "missing; a table of points needs the `crs` of its coordinates, such as EPSG:4326 "
                "for degrees of WGS 84",
            )
        for key, other in (("x", "y"), ("y", "x")):
            if key in entry and other not in entry:
                yield f"{path}.{other}", f"missing; `{key}` needs it, or remove both"
    if ("label" in entry) != ("presence" in entry):
        yield (
            path,
            "`label` (a column) and `presence` (its values that mean landslide) "
            "only make sense together; add the other or remove both",
        )
    if "types" in entry and "type" not in entry:
        yield f"{path}.type", "missing; `types` needs the column that holds them"
    first, last = (str(entry.get(key, "")) for key in ("from", "until"))
    # Dates of ISO order like their texts; a year is cut to the shorter of the two.
    if first and last and first[: len(last)] > last[: len(first)]:
        yield f"{path}.until", f"{last} is before `from` {first}; swap or correct them"


def _check_hold_out(
    path: str, inventory: Mapping[str, Any], validation: Mapping[str, Any]
) -> Iterator[Problem]:
    same = _origin_of(inventory) == _origin_of(validation) or _holds(inventory, validation)
    if not same or _means_others(inventory, validation):
        return
    last, first = str(inventory.get("until", "")), str(validation.get("from", ""))
    if not (last and first and last < first[: len(last)]):
        yield (
            f"{path}.validation",
            "is the inventory itself, so the map would be tested on landslides it was fitted to; "
            "end `inventory` with `until` and begin `validation` with a later `from`",
        )


def _means_others(inventory: Mapping[str, Any], validation: Mapping[str, Any]) -> bool:
    for key in ("presence", "types"):
        own, other = (set(map(str, entry.get(key, []))) for entry in (inventory, validation))
        if own and other and not own & other:
            return True
    return False


def _holds(folder: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Tell whether the file of an entry lies in the folder that another one is."""
    files = [each.get("file") for each in (folder, entry)]
    return all(files) and Path(files[0]) == Path(files[1]).parent


def _origin_of(entry: Mapping[str, Any]) -> Any:
    return entry.get("sha256") or entry.get("file") or entry.get("url") or entry.get("recipe")


CLASS_LAYERS = frozenset({"lithology", "land_cover", "soil"})
"""Layers whose cells are codes: averaging them would be meaningless."""

TAKEN_NAMES = frozenset(
    {"dem", "dem_detail", "extent", "inventory", "validation", "surveyed"}
    | {"region", "x", "y", "block", "presence"}
)
"""Layers and columns that cannot be a factor of the user's own, nor one of classes."""

SPANNING = frozenset({"dem", "extent"})
"""Layers that say where a region is."""

RELIEF_GROUPS = frozenset({"terrain", "drainage", "stability"})
"""Groups of factors that an elevation model makes."""

SURFACE_LAYERS = frozenset({"blue", "red", "nir", "swir"})
"""Bands that the group `surface` needs."""

LEGEND_SUFFIXES = frozenset({".csv", ".json"})
"""Endings of the files that name classes."""

CLASS_RESAMPLING = frozenset({"nearest", "mode"})
"""Resampling that makes no new codes."""

# The geographic systems people meet most; the rest is caught when the layers are aligned.
_GEOGRAPHIC = re.compile(
    r"(EPSG:)?(4326|4979|4258|4267|4269|4283|4490|4612|4617|4674|4737|6318|6668|7844)\Z"
    r"|OGC:CRS84\Z|WGS ?84\Z|.*\+proj=(longlat|latlong)\b",
    re.IGNORECASE,
)
_WEB_MERCATOR = re.compile(r"(EPSG:)?(3857|900913)\Z", re.IGNORECASE)
_UTM = "the UTM zone of the region (EPSG:326xx north of the equator, EPSG:327xx south)"

LEAST_CELL_M = 0.1
"""Cells and distances below this are degrees by mistake [m]."""


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
        yield from _check_extent(f"{path}.grid", region)
        yield from _check_layers(f"{path}.layers", region.get("layers") or {})
        yield from check_inventories(path, region)


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
    elif grid["resolution_m"] < LEAST_CELL_M:
        yield (
            f"{path}.resolution_m",
            f"{grid['resolution_m']} m is the size of a cell in degrees; state metres, such as 30",
        )
    elif "terrain_resolution_m" in grid:
        yield from _check_parts(path, grid)
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
    elif bounds is not None and max(map(abs, bounds)) <= 180:
        yield (
            f"{path}.bounds",
            f"{bounds} look like degrees; state [xmin, ymin, xmax, ymax] in metres of the grid's "
            "CRS",
        )


def _check_parts(path: str, grid: Mapping[str, Any]) -> Iterator[Problem]:
    whole, part = grid["resolution_m"], grid["terrain_resolution_m"]
    if part > whole or abs(whole / part - round(whole / part)) > 1e-6:
        yield (
            f"{path}.terrain_resolution_m",
            f"{part} m does not divide the cells of {whole} m; state such as {whole / 2:g}",
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
    grid, inventory = region.get("grid") or {}, region.get("inventory") or {}
    if fetches_elevation(region) and "bounds" in grid and grid.get("crs", "auto") == "auto":
        yield (
            f"{path}.crs",
            "`bounds` are metres of a system that `crs` must name; name it, or state a `box` in "
            "degrees",
        )
    if not follows_inventory(region):
        if "buffer_m" in grid:
            yield (
                f"{path}.buffer_m",
                "belongs to a region whose inventory alone says where it is, but its `bounds`, its "
                "`box` or its elevation model do; remove one of them",
            )
    elif inventory and "file" not in inventory:
        yield (
            f"{path}.box",
            "missing; an inventory says where the region is only if it is a `file`: state [west, "
            "south, east, north] in degrees",
        )


def _check_layers(path: str, layers: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    yield from _check_spanning(path, layers)
    for name, entry in layers.items():
        yield from check_origin(f"{path}.{name}", entry)
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
        elif name in TAKEN_NAMES - SPANNING and (is_class(entry) or is_vector(entry)):
            yield f"{path}.{name}", "means something else; rename the layer"
        if name == "dem" and (is_vector(entry) or is_class(entry)):
            yield f"{path}.dem", "must be a raster of metres; name one and remove `kind: class`"


def _check_spanning(path: str, layers: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    if "dem" not in layers and "extent" not in layers:
        yield (
            f"{path}.dem",
            "missing; every region needs an elevation model, or where there is none an `extent`: a "
            "raster whose cells with data are the region",
        )
    elif "extent" in layers and "dem" in layers:
        yield f"{path}.extent", "belongs to a region without `dem`; remove one of them"
    elif "extent" in layers:
        entry = layers["extent"]
        if is_vector(entry) or is_class(entry) or not {"file", "url"} & set(entry):
            yield (
                f"{path}.extent",
                "must be a raster, from a `file` or a `url`, and without `kind`; name one whose "
                "cells with data are the region",
            )


def _check_use(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    coded = is_class(entry)
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
