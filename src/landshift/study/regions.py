"""The parts that regions play in a study."""

from collections.abc import Mapping
from typing import Any


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


def follows_inventory(region: Mapping[str, Any]) -> bool:
    """Tell whether nothing but its inventory says where a region is.

    An elevation model of the user's own has an extent, one that is still to be fetched has none.

    Examples
    --------
    >>> layers = {"dem": {"recipe": "copernicus_dem"}}
    >>> follows_inventory({"layers": layers, "grid": {"resolution_m": 30}})
    True
    >>> follows_inventory({"layers": layers, "grid": {"box": [10.9, 44.0, 11.2, 44.2]}})
    False
    """
    return fetches_elevation(region) and not {"box", "bounds"} & set(region.get("grid") or {})


def fetches_elevation(region: Mapping[str, Any]) -> bool:
    """Tell whether a public service, which has no extent, gives the elevation of a region."""
    dem = (region.get("layers") or {}).get("dem") or {}
    return "recipe" in dem or "stac" in dem


def _list_roles(config: Mapping[str, Any], roles: set[str]) -> list[str]:
    regions = config.get("regions") or {}
    return [name for name in sorted(regions) if regions[name].get("role") in roles]
