"""In words: where the data of a study came from, of when they are, and under which licence."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from landshift.acquire.inventory.storage import load_inventory
from landshift.report.rendering import render_markdown
from landshift.runtime.files import read_json

_SHOWN = 3
"""Addresses of a layer that are named; of the others their number."""


def describe_data(ledgers: Mapping[str, str | Path], inventories: Mapping[str, str | Path]) -> str:
    """List, region by region, the landslides with their dates and the layers, as Markdown.

    Parameters
    ----------
    ledgers
        Ledger of the layers by region, of those that were read.
    inventories
        GeoPackage of the landslides by region. Regions without a ledger were generated.
    """
    return render_markdown("texts/provenance.j2", regions=list_origins(ledgers, inventories))


def list_origins(
    ledgers: Mapping[str, str | Path], inventories: Mapping[str, str | Path]
) -> list[dict[str, Any]]:
    """List what `describe_data` puts into words."""
    return [
        {
            "name": region,
            "landslides": _count_landslides(inventory),
            "layers": _list_layers(ledgers[region]) if region in ledgers else [],
        }
        for region, inventory in inventories.items()
    ]


def _count_landslides(path: str | Path) -> dict[str, Any]:
    landslides = load_inventory(path)[0]
    dates = sorted(landslides["date"].dropna())
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
