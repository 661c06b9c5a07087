"""In words: where the data of a study came from, of when they are, and under which licence."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from landshift.acquire.inventory.storage import load_inventory
from landshift.acquire.library import EDITION, LibraryRegion, read_library
from landshift.report.rendering import render_markdown
from landshift.runtime.files import read_json

_SHOWN = 3
"""Addresses of a layer that are named; of the others their number."""


def describe_data(
    ledgers: Mapping[str, str | Path],
    inventories: Mapping[str, str | Path],
    library: Sequence[str] = (),
) -> str:
    """List, region by region, the landslides with their dates and the layers, as Markdown.

    Parameters
    ----------
    ledgers
        Ledger of the layers by region, of those that were read.
    inventories
        GeoPackage of the landslides by region. Regions without a ledger were generated.
    library
        Names of the regions that came from the library.
    """
    regions = list_origins(ledgers, inventories, library)
    return render_markdown("texts/provenance.j2", regions=regions)


def list_origins(
    ledgers: Mapping[str, str | Path],
    inventories: Mapping[str, str | Path],
    library: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """List what `describe_data` puts into words."""
    return [
        {
            "name": region,
            **_describe_region(inventory, ledgers.get(region)),
        }
        for region, inventory in inventories.items()
    ] + [_describe_packed(read_library()[name]) for name in library]


def _describe_packed(region: LibraryRegion) -> dict[str, Any]:
    table = {
        "name": f"samples of the library {EDITION}: {region.title}; {region.types}",
        "licence": region.licence,
        "citation": region.citation,
        "origins": list(region.addresses),
        "checksum": region.sha256[:16],
    }
    landslides = {"count": region.landslides, "dated": 0}
    return {"name": region.name, "landslides": landslides, "layers": [table]}


def _describe_region(inventory: str | Path, ledger: str | Path | None) -> dict[str, Any]:
    dates = load_inventory(inventory)[0]["date"]
    layers = _list_layers(ledger) if ledger else []
    flown = next((layer["survey_date"] for layer in layers if layer["name"] == "dem"), None)
    return {
        "landslides": _count_landslides(dates) | _compare_with_survey(dates, flown),
        "layers": layers,
    }


def _compare_with_survey(dates: pd.Series, flown: str | None) -> dict[str, Any]:
    """Count the landslides that happened before the elevation model; years like their first day."""
    older = 0 if flown is None else int((dates.dropna().str[: len(flown)] < flown).sum())
    return {"flown": flown, "older": older}


def _count_landslides(landslides: pd.Series) -> dict[str, Any]:
    dates = sorted(landslides.dropna())
    known = {"first": dates[0], "last": dates[-1]} if dates else {}
    return {"count": len(landslides), "dated": len(dates)} | known


def _list_layers(ledger: str | Path) -> list[dict[str, Any]]:
    layers = read_json(ledger)["layers"].items()
    return [_describe_layer(name, layer) for name, layer in layers]


def _describe_layer(name: str, layer: Mapping[str, Any]) -> dict[str, Any]:
    sources = layer["sources"]
    origins = [record.get("address") or record["file"] for record in sources]
    return {
        "name": name,
        "licence": layer.get("licence", "licence not stated"),
        "citation": layer.get("citation"),
        "survey_date": str(layer["survey_date"]) if "survey_date" in layer else None,
        "origins": origins[:_SHOWN],
        "notes": layer.get("notes", []),
        "more": len(origins[_SHOWN:]),
        "date": _find_date(sources),
        "checksum": sources[0].get("sha256", "")[:16] if len(sources) == 1 else "",
    }


def _find_date(sources: Sequence[Mapping[str, Any]]) -> str | None:
    """Find the day of the latest file."""
    times = [record.get("modified") or record.get("retrieved") for record in sources]
    return max((time[:10] for time in times if time), default=None)
