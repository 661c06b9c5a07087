"""What can be wrong with a study as a whole: names, parts, shared grid and factors, files."""

import copy
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import combinations
from operator import getitem
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from landshift.acquire.recipes import RECIPES
from landshift.runtime.files import read_json
from landshift.study.model import Study
from landshift.study.parts import LEAST_CELL_M, UNCHECKED, Problem
from landshift.study.plan import Plan
from landshift.study.regions import RELIEF_GROUPS
from landshift.study.sentences import UNKNOWN, explain_errors
from landshift.study.texts import find_secrets, raise_problems

RESERVED_NAMES = frozenset({"all", "mosaic", "ensemble", "frozen", "con", "nul", "aux", "prn"})
"""Names that a region cannot have: the pipeline or an operating system uses them for itself."""

_LAYERS = dict.fromkeys(RELIEF_GROUPS, "`dem`") | {
    "climate": "`rainfall` or `extreme_rainfall`",
    "proximity": "of lines",
    "surface": "for each of the bands `blue`, `red`, `nir` and `swir`, nor `land_cover`,",
    "ground": "of class codes, such as `lithology` with `kind: class`,",
}


def check_study(config: Mapping[str, Any], *, files: bool = True) -> Study:
    """Check the configuration of a study, and that its local files are there.

    Parameters
    ----------
    config
        The whole configuration, as read from YAML.
    files
        Whether the files are looked for.

    Returns
    -------
    Study
        The study that the configuration describes.

    Raises
    ------
    ValueError
        With every problem found, each by the path of its key and with its remedy.
    """
    # A secret is told by itself: other sentences would repeat the address.
    raise_problems(find_secrets(config))
    problems, sound = _check_keys(config)
    try:
        study = Study.model_validate(sound, context=UNCHECKED)
    except ValidationError:
        raise_problems(sorted(problems))
        raise
    problems |= {*_find_problems(study)}
    if not any(path.startswith("regions.") for path, _ in problems):
        # What regions share is asked when each of them is sound.
        problems |= {*_check_groups(Plan(study))}
    problems |= {*(_find_missing_files(study) if files else ())}
    problems |= {*_check_versions(study, _read_frozen_recipes(study) if files else {})}
    raise_problems(sorted(problems))
    return study


def _check_keys(config: Any) -> tuple[set[Problem], Any]:
    """Find what is wrong within the parts, also what unknown keys hide; those are left out then."""
    try:
        Study.model_validate(config)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        problems = {*explain_errors(errors, Study)}
        unknown = [each["loc"] for each in errors if each["type"] in UNKNOWN]
        if not unknown:
            return problems, config
        below, sound = _check_keys(_leave_out(config, unknown))
        return problems | below, sound
    return set(), config


def _leave_out(config: Any, places: Iterable[tuple[Any, ...]]) -> Any:
    config = copy.deepcopy(config)
    for *parents, last in places:
        part = reduce(getitem, parents, config)
        for key in [key for key in part if str(key) == str(last)]:
            del part[key]
    return config


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


def _find_missing_files(study: Study) -> Iterator[Problem]:
    for name in sorted(study.regions):
        region = study.regions[name]
        for layer, entry in (region.layers or {}).items():
            yield from entry.find_missing(f"regions.{name}.layers.{layer}")
        for key in ("inventory", "validation"):
            if region.states(key):
                yield from getattr(region, key).find_missing(f"regions.{name}.{key}")
    if study.priorities:
        if study.priorities.units:
            yield from study.priorities.units.find_missing("priorities.units")
        for part in ("exposure", "corridors"):
            for name, entry in getattr(study.priorities, part).items():
                yield from entry.find_missing(f"priorities.{part}.{name}")
    frozen = study.transfer.frozen
    if frozen and not Path(frozen.folder, "manifest.json").is_file():
        yield (
            "transfer.frozen.folder",
            f"{frozen.folder} holds no manifest.json; name a folder of published source models",
        )


def _find_problems(study: Study) -> Iterator[Problem]:
    yield from _check_names(study)
    yield from _check_roles(Plan(study))
    yield from _check_places(study)
    yield from _check_resolutions(study)
    yield from _check_units(study)
    yield from _check_legends(study)
    yield from _check_benchmark(Plan(study))
    if study.maps.breaks == "sources" and study.transfer.frozen:
        yield (
            "maps.breaks",
            "`sources` needs the data of the sources, which frozen models leave behind; choose "
            "quantile, natural or four numbers",
        )


def _check_names(study: Study) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name in sorted(study.regions):
        if name.lower() in RESERVED_NAMES:
            yield f"regions.{name}", "this name is reserved; choose another"
        first = seen.setdefault(name.lower(), name)
        if first != name:
            yield (
                f"regions.{name}",
                f"differs from regions.{first} in upper and lower case only, which some file "
                "systems do not tell apart; rename one",
            )


def _check_roles(plan: Plan) -> Iterator[Problem]:
    if plan.knows_sources and not plan.sources:
        yield "regions", "no region is a source; give one with many landslides `role: source`"
    if not plan.targets:
        yield "regions", "no region is a target; give the one to be mapped `role: target`"
    for target in plan.targets:
        if plan.knows_sources and plan.sources == [target]:
            yield (
                f"regions.{target}.role",
                "this target is the only source; add another region with `role: source`",
            )


def _check_places(study: Study) -> Iterator[Problem]:
    for first, second in combinations(sorted(study.regions), 2):
        one, other = study.regions[first], study.regions[second]
        # no model learns from a plain target
        if "target" == one.role == other.role:
            continue
        if one.is_same_place(other):
            yield (
                f"regions.{second}",
                f"is the same place as regions.{first} (same dem and inventory), so a model would "
                "be tested on what it has learned; remove one, or give them separate grid.bounds",
            )


def _check_resolutions(study: Study) -> Iterator[Problem]:
    grids = {name: study.regions[name].own_grid for name in sorted(study.regions)}
    sizes = {name: grid.resolution_m for name, grid in grids.items() if grid}
    # Degrees are told by the region itself.
    sizes = {name: size_m for name, size_m in sizes.items() if size_m >= LEAST_CELL_M}
    if len(set(sizes.values())) > 1:
        listing = ", ".join(f"{name} {size_m:g} m" for name, size_m in sizes.items())
        yield (
            "regions.*.grid.resolution_m",
            f"models are shared between regions, so state one cell size for all, not {listing}",
        )


def _check_groups(plan: Plan) -> Iterator[Problem]:
    """Find groups without layers, and targets that share no factor with their sources."""
    regions, groups = plan.study.regions, plan.study.factors.groups
    absent = [
        group for group in groups if not any(plan.list_layers(name, group) for name in regions)
    ]
    for group in absent:
        yield (
            "factors.groups",
            f"no region has a layer {_LAYERS[group]} for the group `{group}`; add one to its "
            "`layers` or remove the group",
        )
    targets = [name for name in plan.all_targets if name in regions]
    for target in [] if absent else targets:
        if not plan.list_shared_factors(target):
            yield (
                "factors.groups",
                f"{target} and its sources have no factor in common in "
                f"{', '.join(sorted(groups))}; add `terrain`, or layers of one name to all of them",
            )
    known = sorted(set().union(*map(plan.list_optional_factors, targets)))
    for name in plan.study.transfer.target_factors:
        if name not in known:
            yield (
                "transfer.target_factors",
                f"no target has a factor {name} of its own; the targets have "
                f"{', '.join(known) or 'none'}. Add its layer to a target and its group to "
                "factors.groups, or remove the name",
            )


def _list_layers(study: Study) -> Iterator[tuple[str, str, Any]]:
    for region in sorted(study.regions):
        for name, layer in (study.regions[region].layers or {}).items():
            yield region, name, layer


def _check_units(study: Study) -> Iterator[Problem]:
    first: dict[str, tuple[str, str]] = {}
    for region, name, layer in _list_layers(study):
        if layer.factor is None:
            continue
        units = layer.factor.units
        other, expected = first.setdefault(name, (region, units))
        if units != expected:
            yield (
                f"regions.{region}.layers.{name}.factor.units",
                f"{units} differs from {expected} in regions.{other}; models are shared, so "
                "bring the layers to one unit or give them two names",
            )


def _check_versions(study: Study, frozen: Mapping[str, str]) -> Iterator[Problem]:
    """Find one product in two versions: a model would take their difference for one of regions.

    `frozen` holds the recipes of the layers that frozen models have learned from.
    """
    first = {
        (name, RECIPES[recipe].product): ("transfer.frozen", recipe)
        for name, recipe in frozen.items()
        if isinstance(recipe, str) and recipe in RECIPES
    }
    for region, name, layer in _list_layers(study):
        recipe = RECIPES.get(layer.recipe)
        if recipe is None:
            continue
        place = (f"regions.{region}", recipe.name)
        other, expected = first.setdefault((name, recipe.product), place)
        if recipe.name != expected:
            yield (
                f"regions.{region}.layers.{name}.recipe",
                f"{recipe.name} is another version of {expected} in {other}; models are shared, so "
                "name one of them in all regions",
            )


def _read_frozen_recipes(study: Study) -> dict[str, str]:
    """Read which recipes the layers of frozen models had; none where their folder is unreadable."""
    if not study.transfer.frozen:
        return {}
    try:
        stated = read_json(Path(study.transfer.frozen.folder, "manifest.json")).get("recipes")
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}


def _check_legends(study: Study) -> Iterator[Problem]:
    """Find codes that one legend names differently in two regions."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for region, name, layer in _list_layers(study):
        classes = layer.classes if layer.legend and isinstance(layer.classes, dict) else {}
        for code, label in classes.items():
            other, expected = first.setdefault((layer.legend, str(code)), (region, label))
            if label != expected:
                yield (
                    f"regions.{region}.layers.{name}.classes",
                    f"code {code} of the legend {layer.legend} is {label!r} here and "
                    f"{expected!r} in regions.{other}; correct one, or name two legends",
                )


def _check_benchmark(plan: Plan) -> Iterator[Problem]:
    regions = sorted(plan.study.regions)
    for target in plan.benchmark_targets:
        if target not in regions:
            yield (
                "benchmark.targets",
                f"there is no region {target!r}; choose from {', '.join(regions)}",
            )
        elif not plan.sources_of(target):
            yield "benchmark.targets", f"{target!r} has no source other than itself; add a region"
