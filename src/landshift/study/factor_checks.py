"""What can be wrong with the factors of a study: that regions have and share what they need."""

from collections.abc import Iterator, Mapping
from typing import Any

from landshift.study.origins import Problem, is_class, is_vector
from landshift.study.region_checks import RELIEF_GROUPS, SURFACE_LAYERS
from landshift.study.regions import list_benchmark_targets, list_regions, list_targets, sources_of


def check_factors(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Find groups without layers, factors that nothing shares, unequal units and legends."""
    yield from _check_groups(config)
    yield from _check_own_factors(config)
    yield from _check_legends(config)


def _check_groups(config: Mapping[str, Any]) -> Iterator[Problem]:
    regions = [config["regions"][name] for name in list_regions(config)]
    layers = [region.get("layers") or {} for region in regions]
    steep = any(_has_relief(region) for region in regions)
    rainy = any("virtual" in region for region in regions) or any(
        {"rainfall", "extreme_rainfall"} & set(own) for own in layers
    )
    lined = any(is_vector(entry) for own in layers for entry in own.values())
    imaged = any(set(own) >= SURFACE_LAYERS or "land_cover" in own for own in layers)
    coded = any("virtual" in region for region in regions) or any(
        is_class(entry) and name != "land_cover" for own in layers for name, entry in own.items()
    )
    needs = dict.fromkeys(RELIEF_GROUPS, ("`dem`", steep)) | {
        "climate": ("`rainfall` or `extreme_rainfall`", rainy),
        "proximity": ("of lines", lined),
        "surface": (
            "for each of the bands `blue`, `red`, `nir` and `swir`, nor `land_cover`,",
            imaged,
        ),
        "ground": ("of class codes, such as `lithology` with `kind: class`,", coded),
    }
    absent = False
    for group in _list_groups(config):
        layer, present = needs.get(group, ("", True))
        if not present:
            absent = True
            yield (
                "factors.groups",
                f"no region has a layer {layer} for the group `{group}`; add one to its `layers` "
                "or remove the group",
            )
    if not absent:
        yield from _check_common(config)


def _check_common(config: Mapping[str, Any]) -> Iterator[Problem]:
    groups = set(_list_groups(config))
    for target in dict.fromkeys([*list_targets(config), *list_benchmark_targets(config)]):
        regions = [
            name for name in (target, *sources_of(config, target)) if name in config["regions"]
        ]
        inputs = [_list_inputs(config["regions"][name], groups) for name in regions]
        if inputs and not set.intersection(*inputs):
            yield (
                "factors.groups",
                f"{target} and its sources have no factor in common in {', '.join(sorted(groups))};"
                " add `terrain`, or layers of one name to all of them",
            )


def _list_inputs(region: Mapping[str, Any], groups: set[str]) -> set[str]:
    """List what the optional groups of factors are made of in a region."""
    layers = region.get("layers") or {}
    inputs = {name for name, entry in layers.items() if "factor" in entry}
    if groups & RELIEF_GROUPS and _has_relief(region):
        inputs |= {"dem"}
    if "proximity" in groups:
        inputs |= {name for name, entry in layers.items() if is_vector(entry)}
    if "climate" in groups:
        inputs |= (
            {"rainfall"} if "virtual" in region else {"rainfall", "extreme_rainfall"} & set(layers)
        )
    if "surface" in groups and set(layers) >= SURFACE_LAYERS:
        inputs |= {"surface"}
    classes = {name for name, entry in layers.items() if is_class(entry) and "legend" in entry}
    if "surface" in groups:
        inputs |= classes & {"land_cover"}
    if "ground" in groups:
        inputs |= classes - {"land_cover"}
    return inputs


def _list_groups(config: Mapping[str, Any]) -> list[str]:
    return (config.get("factors") or {}).get("groups", ["terrain", "drainage"])


def _has_relief(region: Mapping[str, Any]) -> bool:
    layers = region.get("layers") or {}
    return "dem" in layers or "extent" not in layers


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


def _check_legends(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Find codes that one legend names differently in two regions."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for region in list_regions(config):
        for name, entry in (config["regions"][region].get("layers") or {}).items():
            classes = entry.get("classes")
            if "legend" not in entry or not isinstance(classes, Mapping):
                continue
            for code, label in classes.items():
                other, expected = first.setdefault((entry["legend"], str(code)), (region, label))
                if label != expected:
                    yield (
                        f"regions.{region}.layers.{name}.classes",
                        f"code {code} of the legend {entry['legend']} is {label!r} here and "
                        f"{expected!r} in regions.{other}; correct one, or name two legends",
                    )
