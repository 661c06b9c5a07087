"""What can be wrong with a study as a whole: names, parts, shared grid, benchmark and maps."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

from landshift.study.factor_checks import check_factors
from landshift.study.origins import Problem, check_file, check_path
from landshift.study.region_checks import LEAST_CELL_M, check_crs, check_region
from landshift.study.regions import (
    list_benchmark_targets,
    list_regions,
    list_sources,
    list_targets,
    sources_of,
)


def find_repeated_keys(node: Any, path: str = "") -> Iterator[Problem]:
    """Find keys that a YAML file states twice; a YAML reader silently takes the last.

    Parameters
    ----------
    node
        Root of the file as composed by a YAML reader: nodes have a ``value``, which of a mapping is
        a list of pairs of nodes, and of a sequence a list of nodes.
    path
        Path of the node's key.
    """
    if node is None or not isinstance(node.value, list):
        return
    seen = set()
    for item in node.value:
        if not isinstance(item, tuple):
            yield from find_repeated_keys(item, path)
            continue
        key, value = item
        below = f"{path}.{key.value}".lstrip(".")
        if key.value in seen:
            line = key.start_mark.line + 1
            yield below, f"stated twice, again in line {line}; remove or rename one of them"
        seen.add(key.value)
        yield from find_repeated_keys(value, below)


def check_repeated_regions(regions: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Find regions that are one and the same place: a model would be tested on what it learned."""
    for first, second in combinations(sorted(regions), 2):
        one, other = regions[first], regions[second]
        if not (one.get("inventory") and other.get("inventory")):
            continue
        same = _origins(one) == _origins(other) and one["inventory"] == other["inventory"]
        if same and _overlap(one, other):
            yield (
                f"regions.{second}",
                f"is the same place as regions.{first} (same dem and inventory), so a model would "
                "be tested on what it has learned; remove one, or give them separate grid.bounds",
            )


def _origins(region: Mapping[str, Any]) -> Any:
    layers = region.get("layers") or {}
    spanning = layers.get("dem") or layers.get("extent") or {}
    return spanning.get("sha256") or spanning.get("file") or spanning.get("url")


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    boxes = [(region.get("grid") or {}).get("bounds") for region in (one, other)]
    systems = {(region.get("grid") or {}).get("crs") for region in (one, other)}
    if None in boxes or len(systems) > 1:
        return True
    (west, south, east, north), (left, bottom, right, top) = boxes
    return west < right and left < east and south < top and bottom < north


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
    raise_problems(_find_problems(config))


def check_files(config: Mapping[str, Any]) -> None:
    """Check that the local files of a study are there.

    Raises
    ------
    ValueError
        With every file that is missing, each by the path of its key.
    """
    problems = []
    for name in list_regions(config):
        region = config["regions"][name]
        entries = {f"layers.{layer}": entry for layer, entry in region.get("layers", {}).items()}
        entries |= {key: region[key] for key in ("inventory", "validation") if key in region}
        surveyed = region.get("inventory", {}).get("surveyed")
        entries |= {"inventory.surveyed": surveyed} if surveyed else {}
        for key, entry in entries.items():
            problems += check_file(
                f"regions.{name}.{key}", entry, may_be_folder=key in ("inventory", "validation")
            )
            if isinstance(entry.get("classes"), str):
                problems += check_path(f"regions.{name}.{key}.classes", Path(entry["classes"]))
    raise_problems([*problems, *_check_priorities(config), *_check_frozen(config)])


def _check_priorities(config: Mapping[str, Any]) -> Iterator[Problem]:
    stated = config.get("priorities") or {}
    entries = {"units": stated["units"]} if "units" in stated else {}
    for part in ("exposure", "corridors"):
        entries |= {f"{part}.{name}": entry for name, entry in stated.get(part, {}).items()}
    for key, entry in entries.items():
        yield from check_file(f"priorities.{key}", entry)


def _check_frozen(config: Mapping[str, Any]) -> Iterator[Problem]:
    frozen = (config.get("transfer") or {}).get("frozen")
    if frozen and not Path(frozen["folder"], "manifest.json").is_file():
        yield (
            "transfer.frozen.folder",
            f"{frozen['folder']} holds no manifest.json; name a folder of published source models",
        )


def check_results(folder: str | Path) -> None:
    """Check that results can be written, or nothing is worth computing.

    Parameters
    ----------
    folder
        Folder of all results; it need not exist yet.

    Raises
    ------
    ValueError
        If it, or the folder that it would be made in, is no folder or must not be written.
    """
    folder = Path(folder)
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ValueError(f"{folder} is a file, but results go to a folder of that name; rename it")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ValueError(
            f"{existing.absolute()} cannot be written, but results go there; change its "
            "permissions, or choose another folder with --directory"
        )


def raise_problems(problems: Iterable[Problem]) -> None:
    """Raise a ValueError with a line for every problem; without any, do nothing."""
    lines = [f"  {path}: {problem}" for path, problem in problems]
    if lines:
        count = "one problem" if len(lines) == 1 else f"{len(lines)} problems"
        raise ValueError("\n".join([f"the study's configuration has {count}:", *lines]))


def _find_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_names(config)
    yield from _check_roles(config)
    for region in list_regions(config):
        yield from check_region(region, config["regions"][region])
    yield from check_repeated_regions(config.get("regions") or {})
    yield from _check_distances(config)
    yield from check_factors(config)
    yield from _check_resolutions(config)
    yield from _check_benchmark(config)
    yield from _check_breaks(config)
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


def _check_distances(config: Mapping[str, Any]) -> Iterator[Problem]:
    distances = [
        ("samples", key, (config.get("samples") or {}).get(key))
        for key in ("buffer_m", "thinning_m")
    ]
    distances.append(("mosaic", "resolution_m", (config.get("mosaic") or {}).get("resolution_m")))
    for name in list_regions(config):
        grid = config["regions"][name].get("grid") or {}
        distances.append((f"regions.{name}.grid", "buffer_m", grid.get("buffer_m")))
        for part in ("inventory", "validation"):
            entry = config["regions"][name].get(part) or {}
            distances.append((f"regions.{name}.{part}", "merge_m", entry.get("merge_m")))
    for path, key, value in distances:
        if value is not None and 0 < value < LEAST_CELL_M:
            yield f"{path}.{key}", f"{value} m looks like degrees; state metres"


def _check_resolutions(config: Mapping[str, Any]) -> Iterator[Problem]:
    stated = {}
    for name in list_regions(config):
        region = config["regions"][name]
        grid = region.get("virtual") or region.get("grid") or {}
        stated[name] = float(grid.get("resolution_m", 30.0))
    # Degrees are told elsewhere.
    stated = {name: size_m for name, size_m in stated.items() if size_m >= LEAST_CELL_M}
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


def _check_breaks(config: Mapping[str, Any]) -> Iterator[Problem]:
    breaks = (config.get("maps") or {}).get("breaks")
    if breaks == "sources" and (config.get("transfer") or {}).get("frozen"):
        yield (
            "maps.breaks",
            "`sources` needs the data of the sources, which frozen models leave behind; choose "
            "quantile, natural or four numbers",
        )
    if not isinstance(breaks, list):
        return
    rising = all(low < high for low, high in pairwise([0, *breaks, 1]))
    if len(breaks) != 4 or not rising:
        yield (
            "maps.breaks",
            f"{breaks} does not make five classes; state four rising numbers between 0 and 1",
        )
