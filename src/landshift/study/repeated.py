"""What a study states twice: keys of its file, and regions under two names."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from landshift.study.origins import Problem


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
