"""A page of text about one map: what it is, how good it is, and where not to use it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from landshift.acquire.inventory.coverage import CLEARLY_LESS
from landshift.acquire.inventory.storage import load_inventory
from landshift.evaluation.tables import read_results
from landshift.report.rendering import render_markdown
from landshift.report.texts.passages import MapFiles, describe_map
from landshift.report.texts.provenance import list_origins
from landshift.runtime.files import read_json, unfinished
from landshift.sampling.apart import count_same_places
from landshift.sampling.scars import ScarIndex, measure_scars
from landshift.sampling.shots import find_in_places

_log = logging.getLogger("landshift.report")


@dataclass(frozen=True, kw_only=True)
class Evidence(MapFiles):
    """The files that a model card tells about, and those of every text.

    Attributes
    ----------
    benchmark
        CSV of the transfer benchmark's means, or None where the study has none.
    ledgers, inventories
        Ledger of the layers and landslides by region, of those that were read.
    shared
        By source the record of what was left out of it, because it lies on the target's ground.
    known
        Where the sources of frozen models lie, by name.
    cleanings
        What cleaning did to the inventories of the regions that were read.
    surveyed
        By region how it is stated where landslides were looked for: ``file`` or ``extent``.
    library
        Names of the sources that came from the library.
    tables
        Samples and background by region.
    """

    benchmark: str | Path | None = None
    ledgers: Mapping[str, str | Path] = field(default_factory=dict)
    inventories: Mapping[str, str | Path] = field(default_factory=dict)
    shared: Mapping[str, str | Path] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cleanings: Mapping[str, str | Path] = field(default_factory=dict)
    surveyed: Mapping[str, str] = field(default_factory=dict)
    library: Sequence[str] = ()
    tables: Mapping[str, tuple[str | Path, str | Path]] = field(default_factory=dict)


def write_model_card(path: str | Path, evidence: Evidence) -> None:
    """Write the card of one fine-tuned model as Markdown.

    Every figure comes from the files of the study.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read, or lacks what the card states.
    """
    described = describe_map(evidence)
    model = described["model"]
    text = render_markdown(
        "texts/model_card.j2",
        **described,
        factors=list(zip(model["factors"], model["units"], strict=True)),
        own=[*model.get("target_factors", []), *model.get("target_classes", [])],
        benchmark=_list_benchmark(evidence.benchmark, model["region"]),
        regions=list_origins(evidence.ledgers, evidence.inventories, evidence.library),
        coverage=list(_list_coverage(evidence)),
        shared=list(_list_shared(evidence, model["region"])),
        learned=_count_learned(evidence, model["region"]),
        scars=_list_scars(evidence.tables),
    )
    with unfinished(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _list_coverage(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """List where absences come from, by region, and the share of it that the landslides span."""
    for region, file in evidence.cleanings.items():
        table = read_results(file, ["what", "value"]).set_index("what")["value"]
        share = float(table.get("extent_share", 1))
        stated = evidence.surveyed.get(region)
        if stated or share < CLEARLY_LESS:
            yield {"region": region, "share": share, "stated": stated}


def _list_shared(evidence: Evidence, target: str) -> Iterator[dict[str, Any]]:
    """List the sources on the ground of a target, with what was left out of each."""
    for source, path in evidence.shared.items():
        record = read_json(path)
        if "without" in record:
            own, other = (
                load_inventory(evidence.inventories[name])[0] for name in (target, source)
            )
            same = count_same_places(own, other)
            _log.warning("%d of %d landslides of %s are ones of %s", same, len(own), target, source)
            yield record | {"source": source, "same": same, "count": len(own)}


def _count_learned(evidence: Evidence, target: str) -> int:
    """Count the landslides of a target that the sources of frozen models may have learned."""
    if not evidence.known:
        return 0
    return int(
        find_in_places(load_inventory(evidence.inventories[target])[0], evidence.known).sum()
    )


def _list_scars(tables: Mapping[str, tuple[str | Path, str | Path]]) -> dict[str, ScarIndex]:
    """List the scar index of the regions that have one."""
    found = {
        region: measure_scars(*(pd.read_parquet(path) for path in paths))
        for region, paths in tables.items()
    }
    return {region: index for region, index in found.items() if index is not None}


def _list_benchmark(file: str | Path | None, region: str) -> list[tuple]:
    """List what the benchmark measured of the map's own method in its region."""
    if file is None:
        return []
    table = read_results(file, ["target", "method", "family", "regime", "auc"])
    own = table[(table["target"] == region) & (table["method"] == "fine_tuned")]
    own = own[own["family"] == "ensemble"]
    # as at mapping time, where that was measured
    regimes = own["regime"].unique()
    own = own[own["regime"] == ("transductive" if "transductive" in regimes else "inductive")]
    return list(own.itertuples())
