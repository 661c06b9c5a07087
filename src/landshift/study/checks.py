"""What can be wrong with a study as a whole: names, parts, shared grid, benchmark and maps."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from landshift.study.region_checks import (
    SURFACE_LAYERS,
    Problem,
    check_crs,
    check_region,
    is_vector,
)
from landshift.study.regions import (
    list_benchmark_targets,
    list_regions,
    list_sources,
    list_targets,
    sources_of,
)

RESERVED_NAMES = frozenset({"all", "mosaic", "ensemble", "frozen", "con", "nul", "aux", "prn"})
"""Names that a region cannot have: the pipeline or an operating system uses them for itself."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


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


def _find_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_names(config)
    yield from _check_roles(config)
    for region in list_regions(config):
        yield from check_region(region, config["regions"][region])
    yield from _check_groups(config)
    yield from _check_own_factors(config)
    yield from _check_resolutions(config)
    yield from _check_benchmark(config)
    yield from _check_breaks((config.get("maps") or {}).get("breaks"))
    yield from check_crs("mosaic.crs", (config.get("mosaic") or {}).get("crs"))


def _check_names(config: Mapping[str, Any]) -> Iterator[Problem]:
    regions = list_regions(config)
    names = {"study": str(config.get("study", ""))} | {f"regions.{name}": name for name in regions}
    for path, name in names.items():
        if not _NAME.match(name):
            yield (
                path,
                f"{name!r} cannot name a folder; use letters, digits and underscores, "
                "a letter first",
            )
    for name in regions:
        if name.lower() in RESERVED_NAMES:
            yield f"regions.{name}", "this name is reserved; choose another"
    for first, second in _pair_alike(regions):
        yield (
            f"regions.{second}",
            f"differs from regions.{first} in upper and lower case only, which some file systems "
            "do not tell apart; rename one",
        )


def _pair_alike(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            yield seen[name.lower()], name
        seen.setdefault(name.lower(), name)


def _check_roles(config: Mapping[str, Any]) -> Iterator[Problem]:
    sources, targets = list_sources(config), list_targets(config)
    frozen = (config.get("transfer") or {}).get("frozen")
    if not sources and not frozen:
        yield "regions", "no region is a source; give one with many landslides `role: source`"
    if not targets:
        yield "regions", "no region is a target; give the one to be mapped `role: target`"
    for target in targets:
        if sources and not frozen and not sources_of(config, target):
            yield (
                f"regions.{target}.role",
                "this target is the only source; add another region with `role: source`",
            )


def _check_groups(config: Mapping[str, Any]) -> Iterator[Problem]:
    regions = [config["regions"][name] for name in list_regions(config)]
    layers = [region.get("layers") or {} for region in regions]
    rainy = any("virtual" in region for region in regions) or any(
        {"rainfall", "extreme_rainfall"} & set(own) for own in layers
    )
    lined = any(is_vector(entry) for own in layers for entry in own.values())
    imaged = any(set(own) >= SURFACE_LAYERS for own in layers)
    needs = {
        "climate": ("`rainfall` or `extreme_rainfall`", rainy),
        "proximity": ("of lines", lined),
        "surface": ("for each of the bands `blue`, `red`, `nir` and `swir`", imaged),
    }
    for group in (config.get("factors") or {}).get("groups", []):
        layer, present = needs.get(group, ("", True))
        if not present:
            yield (
                "factors.groups",
                f"no region has a layer {layer} for the group `{group}`; add one to its `layers` "
                "or remove the group",
            )


def _check_own_factors(config: Mapping[str, Any]) -> Iterator[Problem]:
    first: dict[str, tuple[str, str]] = {}
    for region in list_regions(config):
        for name, entry in (config["regions"][region].get("layers") or {}).items():
            units = (entry.get("factor") or {}).get("units")
            if units is None:
                continue
            other, expected = first.setdefault(name, (region, units))
            if units != expected:
                yield (
                    f"regions.{region}.layers.{name}.factor.units",
                    f"{units} differs from {expected} in regions.{other}; models are shared, so "
                    "bring the layers to one unit or give them two names",
                )


def _check_resolutions(config: Mapping[str, Any]) -> Iterator[Problem]:
    stated = {}
    for name in list_regions(config):
        region = config["regions"][name]
        grid = region.get("virtual") or region.get("grid") or {}
        stated[name] = float(grid.get("resolution_m", 30.0))
    if len(set(stated.values())) > 1:
        listing = ", ".join(f"{name} {size_m:g} m" for name, size_m in stated.items())
        yield (
            "regions.*.grid.resolution_m",
            f"models are shared between regions, so state one cell size for all, not {listing}",
        )


def _check_benchmark(config: Mapping[str, Any]) -> Iterator[Problem]:
    for target in list_benchmark_targets(config):
        if target not in list_regions(config):
            yield (
                "benchmark.targets",
                f"there is no region {target!r}; choose from {', '.join(list_regions(config))}",
            )
        elif not sources_of(config, target):
            yield "benchmark.targets", f"{target!r} has no source other than itself; add a region"
    for shots in (config.get("benchmark") or {}).get("shots", []):
        if shots < 1:
            yield "benchmark.shots", f"{shots} landslides cannot fine-tune a model; state 1 or more"


def _check_breaks(breaks: str | list[float] | None) -> Iterator[Problem]:
    if not isinstance(breaks, list):
        return
    rising = all(low < high for low, high in pairwise([0, *breaks, 1]))
    if len(breaks) != 4 or not rising:
        yield (
            "maps.breaks",
            f"{breaks} does not make five classes; state four rising numbers between 0 and 1",
        )
