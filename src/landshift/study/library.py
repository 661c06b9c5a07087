"""Which regions of the library a study learns from: those that share no ground with its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from landshift.acquire.library import EDITION, PREFIX, read_library
from landshift.geodata.boxes import Box


def add_library(
    config: dict[str, Any], *, say: Callable[[str], None] = lambda sentence: None
) -> None:
    """Add the regions of the library to those of a configuration that wants them.

    A configuration that names no source region wants them, unless `transfer.sources` says
    otherwise. What is wrong with the configuration is for `check_study` to say.

    Parameters
    ----------
    config
        The whole configuration, as read from YAML; changed in place.
    say
        Takes a sentence for every region that is left out since it shares ground with the study.
    """
    regions, transfer = config.get("regions"), config.get("transfer") or {}
    if not isinstance(regions, dict) or not isinstance(transfer, dict):
        return
    own = {name: region for name, region in regions.items() if isinstance(region, dict)}
    if not _wants_library(own, transfer):
        return
    without = transfer.get("without") or []
    boxes = {name: box for name, region in own.items() if (box := find_box(region))}
    for name, region in read_library().items():
        shared = next((own for own, box in boxes.items() if region.overlaps(box)), None)
        if name in regions or name in without:
            continue
        if shared:
            say(
                f"{region.title} of the library {EDITION} is left out: it shares ground with the "
                f"region {shared}, whose landslides it has learned"
            )
        else:
            regions[name] = {"role": "source", "library": name.removeprefix(PREFIX)}


def _wants_library(regions: Mapping[str, Any], transfer: Mapping[str, Any]) -> bool:
    stated = transfer.get("sources")
    if stated is not None:
        return stated in ("library", "both")
    sources = any(region.get("role") in ("source", "both") for region in regions.values())
    return not sources and not transfer.get("frozen")


def find_box(region: Mapping[str, Any]) -> Box | None:
    """Find the box of a region in degrees before its data are there; None if that cannot be told.

    Where nothing can read rasters, as in an environment of Snakemake alone, only a `box` tells. The
    job that unpacks a region of the library knows the grids and looks again.
    """
    grid = region.get("grid") or {}
    with suppress(ModuleNotFoundError, ValueError, OSError, TypeError, AttributeError, KeyError):
        if grid.get("box"):
            west, south, east, north = map(float, grid["box"])
            return west, south, east, north
        return next(_find_boxes(region, grid), None)
    return None


def _find_boxes(region: Mapping[str, Any], grid: Mapping[str, Any]) -> Iterator[Box]:
    # what reads rasters takes a second to load, for which no other study need wait
    from landshift.geodata.grids import find_degrees, turn_to_degrees

    layers = region.get("layers") or {}
    if grid.get("bounds") and grid.get("crs") not in (None, "auto"):
        yield turn_to_degrees(grid["bounds"], grid["crs"])
    virtual = region.get("virtual")
    if virtual:
        west, south = virtual["origin"]
        edge = virtual.get("size", 256) * virtual.get("resolution_m", 30)
        yield turn_to_degrees((west, south, west + edge, south + edge), virtual["crs"])
    for name in ("dem", "extent"):
        if file := (layers.get(name) or {}).get("file"):
            yield find_degrees(file)
    if file := (region.get("inventory") or {}).get("file"):
        from landshift.study.plan import bound_inventory

        bounds = bound_inventory(region["inventory"], grid.get("crs"), grid.get("buffer_m", 2000))
        yield turn_to_degrees(bounds["bounds"], bounds["crs"])
