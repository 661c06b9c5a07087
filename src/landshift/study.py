"""What a study consists of, and what is wrong with it, before the first job starts.

The schema of the configuration checks keys, types and ranges; this module checks what spans
several keys. It imports the standard library alone, because the workflow reads it at every start.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

VIRTUAL_LAYERS = {
    "dem": "continuous",
    "rainfall": "continuous",
    "lithology": "class",
    "true_probability": "continuous",
}
"""Layers that every virtual region has, with their kinds."""

GROUP_LAYERS = {"climate": "rainfall"}
"""Factor groups that pass one layer through, and the layer they need."""

CLASS_LAYERS = frozenset({"lithology", "land_cover", "soil"})
"""Layers whose cells are codes: averaging them would be meaningless."""

RESERVED_NAMES = frozenset({"all", "mosaic", "ensemble", "con", "nul", "aux", "prn"})
"""Names that a region cannot have: the pipeline or an operating system uses them for itself."""

_VECTOR_SUFFIXES = frozenset({".shp", ".gpkg", ".geojson", ".parquet", ".fgb"})
_TABLE_SUFFIXES = frozenset({".csv", ".txt"})
_SIDECARS = ("shx", "dbf", "prj")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
# The geographic systems people meet most; the rest is caught when the layers are aligned.
_GEOGRAPHIC = re.compile(
    r"(EPSG:)?(4326|4979|4258|4267|4269|4283|4490|4612|4617|4674|4737|6318|6668|7844)\Z"
    r"|OGC:CRS84\Z|WGS ?84\Z|.*\+proj=(longlat|latlong)\b",
    re.IGNORECASE,
)
_WEB_MERCATOR = re.compile(r"(EPSG:)?(3857|900913)\Z", re.IGNORECASE)

Problem = tuple[str, str]
"""Path of a configuration key, and what is wrong with it and how to mend it."""


def check_study(config: Mapping[str, Any]) -> None:
    """Check what the schema cannot: that the parts of a study fit together.

    Parameters
    ----------
    config
        The whole configuration of a study.

    Raises
    ------
    ValueError
        With every problem found, each by the path of its key and with its remedy.
    """
    problems = [f"  {path}: {problem}" for path, problem in _find_problems(config)]
    if problems:
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ValueError("\n".join([f"the study's configuration has {count}:", *problems]))


def list_regions(config: Mapping[str, Any]) -> list[str]:
    """List the names of all regions, in alphabetical order."""
    return sorted(config.get("regions") or {})


def list_sources(config: Mapping[str, Any]) -> list[str]:
    """List the regions that models are pre-trained on, in alphabetical order.

    Examples
    --------
    >>> list_sources({"regions": {"birch": {"role": "target"}, "alder": {"role": "both"}}})
    ['alder']
    """
    return _list_roles(config, {"source", "both"})


def list_targets(config: Mapping[str, Any]) -> list[str]:
    """List the regions that maps are made of, in alphabetical order.

    Examples
    --------
    >>> list_targets({"regions": {"birch": {"role": "target"}, "alder": {"role": "both"}}})
    ['alder', 'birch']
    """
    return _list_roles(config, {"target", "both"})


def list_benchmark_targets(config: Mapping[str, Any]) -> list[str]:
    """List the regions that the benchmark takes as targets in turn; none without a benchmark."""
    return list((config.get("benchmark") or {}).get("targets", []))


def sources_of(config: Mapping[str, Any], target: str) -> list[str]:
    """List the sources of one target: every source region but the target itself.

    Examples
    --------
    >>> sources_of({"regions": {"alder": {"role": "both"}, "birch": {"role": "both"}}}, "alder")
    ['birch']
    """
    return [source for source in list_sources(config) if source != target]


def is_virtual(config: Mapping[str, Any], region: str) -> bool:
    """Say whether a region is generated rather than read."""
    return "virtual" in config["regions"][region]


def region_layers(config: Mapping[str, Any], region: str) -> dict[str, dict[str, Any]]:
    """Give the layers of a region by name, each with its ``kind``.

    A layer that is read also has the keys of its entry in the configuration.
    """
    if is_virtual(config, region):
        return {name: {"kind": kind} for name, kind in VIRTUAL_LAYERS.items()}
    layers = config["regions"][region]["layers"]
    return {name: {**entry, "kind": layer_kind(entry)} for name, entry in layers.items()}


def layer_kind(entry: Mapping[str, Any]) -> str:
    """Give the kind of a layer: ``continuous``, ``class`` or ``lines``.

    Examples
    --------
    >>> layer_kind({"file": "faults.shp"}), layer_kind({"file": "rain.tif"})
    ('lines', 'continuous')
    """
    if "kind" in entry:
        return entry["kind"]
    return "lines" if _suffix(entry) in _VECTOR_SUFFIXES else "continuous"


def region_groups(config: Mapping[str, Any], region: str) -> list[str]:
    """List the factor groups of the study that a region has the layers for."""
    layers = region_layers(config, region)
    return [group for group in config["factors"]["groups"] if _has_group(layers, group)]


def _list_roles(config: Mapping[str, Any], roles: set[str]) -> list[str]:
    regions = config.get("regions") or {}
    return [name for name in sorted(regions) if regions[name].get("role") in roles]


def _suffix(entry: Mapping[str, Any]) -> str:
    return PurePosixPath(str(entry.get("file") or entry.get("url") or "")).suffix.lower()


def _has_group(layers: Mapping[str, Mapping[str, Any]], group: str) -> bool:
    if group == "proximity":
        return any(layer_kind(entry) == "lines" for entry in layers.values())
    return GROUP_LAYERS.get(group, "dem") in layers


def _find_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_names(config)
    yield from _check_roles(config)
    for region in list_regions(config):
        yield from _check_region(region, config["regions"][region])
        yield from _check_groups(config, region)
    yield from _check_resolutions(config)
    yield from _check_benchmark(config)
    yield from _check_maps(config)


def _check_names(config: Mapping[str, Any]) -> Iterator[Problem]:
    regions = list_regions(config)
    names = [("study", str(config.get("study", "")))] + [
        (f"regions.{name}", name) for name in regions
    ]
    for path, name in names:
        if not _NAME.match(name):
            yield (
                path,
                f"{name!r} cannot name a folder; use letters, digits and underscores, a letter first",
            )
    for name in regions:
        if name.lower() in RESERVED_NAMES:
            yield f"regions.{name}", "this name is reserved; choose another"
    for first, second in _pairs_alike(regions):
        yield (
            f"regions.{second}",
            f"differs from regions.{first} in upper and lower case only, which some file systems "
            "do not tell apart; rename one",
        )


def _pairs_alike(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            yield seen[name.lower()], name
        seen.setdefault(name.lower(), name)


def _check_roles(config: Mapping[str, Any]) -> Iterator[Problem]:
    sources, targets = list_sources(config), list_targets(config)
    if not sources:
        yield "regions", "no region is a source; give one with many landslides `role: source`"
    if not targets:
        yield "regions", "no region is a target; give the one to be mapped `role: target`"
    for target in targets:
        if sources and not sources_of(config, target):
            yield (
                f"regions.{target}.role",
                "this target is the only source; add another region with `role: source`",
            )


def _check_region(name: str, region: Mapping[str, Any]) -> Iterator[Problem]:
    path = f"regions.{name}"
    if region.get("role") in {"target", "both"}:
        yield from _check_target(path, region)
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
        yield from _check_real_region(path, region)


def _check_target(path: str, region: Mapping[str, Any]) -> Iterator[Problem]:
    prevalence = region.get("prevalence")
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


def _check_real_region(path: str, region: Mapping[str, Any]) -> Iterator[Problem]:
    grid = region.get("grid") or {}
    if "resolution_m" not in grid:
        yield f"{path}.grid.resolution_m", "missing; state the cell size in metres, such as 30"
    yield from _check_crs(f"{path}.grid.crs", grid.get("crs"))
    yield from _check_bounds(f"{path}.grid.bounds", grid.get("bounds"))
    layers = region.get("layers") or {}
    if "dem" not in layers:
        yield f"{path}.layers.dem", "missing; every region needs an elevation model"
    for layer, entry in layers.items():
        yield from _check_layer(f"{path}.layers.{layer}", layer, entry)
    if not region.get("inventory"):
        yield (
            f"{path}.inventory",
            "missing; name a `file` or a `url` with the landslides mapped in this region",
        )
    for key in ("inventory", "validation"):
        if region.get(key):
            yield from _check_inventory(f"{path}.{key}", region[key])


def _check_crs(path: str, crs: str | None) -> Iterator[Problem]:
    if crs is None:
        return
    if _GEOGRAPHIC.match(crs.strip()):
        yield (
            path,
            f"{crs} is in degrees; name a projected system in metres, such as the UTM zone "
            "of the region (EPSG:326xx north, EPSG:327xx south)",
        )
    if _WEB_MERCATOR.match(crs.strip()):
        yield (
            path,
            f"{crs} stretches metres away from the equator, so slopes would be wrong; name the "
            "UTM zone of the region (EPSG:326xx north, EPSG:327xx south)",
        )


def _check_bounds(path: str, bounds: list[float] | None) -> Iterator[Problem]:
    if bounds is None:
        return
    if len(bounds) != 4 or bounds[0] >= bounds[2] or bounds[1] >= bounds[3]:
        yield (
            path,
            f"{bounds} is no box; state [xmin, ymin, xmax, ymax] in metres of the grid's CRS",
        )


def _check_layer(path: str, name: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_origin(path, entry)
    if name in CLASS_LAYERS and layer_kind(entry) == "continuous":
        yield (
            path,
            f"the cells of `{name}` are codes that must not be averaged; add `kind: class`",
        )
    if name == "dem" and layer_kind(entry) != "continuous":
        yield path, "an elevation model is a raster of metres; remove `kind` or name a raster"


def _check_inventory(path: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_origin(path, entry)
    if _suffix(entry) in _TABLE_SUFFIXES:
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
        return
    if "file" in entry:
        for key in ("sha256", "sidecars", "conversion"):
            if key in entry:
                yield f"{path}.{key}", "belongs to a `url`, not to a `file`; remove it"
        return
    if not _SHA256.match(str(entry.get("sha256", ""))):
        yield f"{path}.sha256", "missing or malformed; state the 64 hexadecimal digits of the file"
    if _suffix(entry) == ".shp":
        missing = [part for part in _SIDECARS if part not in entry.get("sidecars", {})]
        if missing:
            yield (
                f"{path}.sidecars",
                f"a shapefile is several files; add the sha256 of {', '.join(missing)}",
            )


def _check_groups(config: Mapping[str, Any], region: str) -> Iterator[Problem]:
    entry = config["regions"][region]
    if "virtual" not in entry and not entry.get("layers"):
        return
    layers = region_layers(config, region)
    for group in (config.get("factors") or {}).get("groups", []):
        if not _has_group(layers, group):
            wanted = GROUP_LAYERS.get(group, "a layer of lines")
            yield (
                f"regions.{region}.layers",
                f"the factor group `{group}` needs {wanted} in every region; add it here "
                f"or remove `{group}` from factors.groups",
            )


def _check_resolutions(config: Mapping[str, Any]) -> Iterator[Problem]:
    stated = {}
    for region in list_regions(config):
        entry = config["regions"][region]
        grid = entry.get("virtual") or entry.get("grid") or {}
        stated[region] = float(grid.get("resolution_m", 30.0))
    if len(set(stated.values())) > 1:
        listing = ", ".join(f"{region} {value:g}" for region, value in stated.items())
        yield (
            "regions.*.grid.resolution_m",
            f"models are shared between regions, so the cell size must be one [m]: {listing}",
        )


def _check_benchmark(config: Mapping[str, Any]) -> Iterator[Problem]:
    benchmark = config.get("benchmark") or {}
    for target in list_benchmark_targets(config):
        if target not in config.get("regions", {}):
            yield (
                "benchmark.targets",
                f"there is no region {target!r}; choose from {', '.join(list_regions(config))}",
            )
        elif not sources_of(config, target):
            yield "benchmark.targets", f"{target!r} has no source other than itself; add a region"
    for shots in benchmark.get("shots", []):
        if shots < 1:
            yield "benchmark.shots", f"{shots} landslides cannot fine-tune a model; state 1 or more"


def _check_maps(config: Mapping[str, Any]) -> Iterator[Problem]:
    breaks = (config.get("maps") or {}).get("breaks")
    if isinstance(breaks, list):
        rising = all(low < high for low, high in zip(breaks, breaks[1:], strict=False))
        if len(breaks) != 4 or not rising or breaks[0] <= 0 or breaks[-1] >= 1:
            yield (
                "maps.breaks",
                f"{breaks} does not make five classes; state four rising numbers between 0 and 1",
            )
    yield from _check_crs("mosaic.crs", (config.get("mosaic") or {}).get("crs"))
