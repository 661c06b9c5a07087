"""A page of text about one map: what it is, how good it is, and where not to use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from landshift.evaluation.tables import read_results
from landshift.report.rendering import render_markdown
from landshift.report.texts.passages import MapFiles, describe_map
from landshift.report.texts.provenance import list_origins
from landshift.runtime.files import unfinished
from landshift.sampling.scars import ScarIndex, measure_scars


@dataclass(frozen=True, kw_only=True)
class Evidence(MapFiles):
    """The files that a model card tells about, and those of every text.

    Attributes
    ----------
    benchmark
        CSV of the transfer benchmark's means, or None where the study has none.
    ledgers, inventories
        Ledger of the layers and landslides by region, of those that were read.
    library
        Names of the sources that came from the library.
    tables
        Samples and background by region.
    """

    benchmark: str | Path | None = None
    ledgers: Mapping[str, str | Path] = field(default_factory=dict)
    inventories: Mapping[str, str | Path] = field(default_factory=dict)
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
        scars=_list_scars(evidence.tables),
    )
    with unfinished(path) as partial:
        partial.write_text(text, encoding="utf-8")


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
