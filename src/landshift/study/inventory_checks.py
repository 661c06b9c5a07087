"""What can be wrong with the inventories of a region."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from landshift.study.origins import Problem, check_origin, suffix_of


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
