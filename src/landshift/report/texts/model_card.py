"""A page of text about one map: what it is, how good it is, and where not to use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from landshift.evaluation.benchmark.names import OF_MAP
from landshift.evaluation.skill import AREA_SHARES, CONTRADICTED, LEAST_LANDSLIDES
from landshift.evaluation.skill import COLUMNS as SKILL_COLUMNS
from landshift.evaluation.tables import read_results
from landshift.geodata.raster import open_raster
from landshift.mapping.applicability import UNKNOWN, share_outside
from landshift.report.texts.provenance import describe_data
from landshift.runtime.files import unfinished
from landshift.transfer.manifest import read_manifest

MEASURES = {
    "rate_area": "area under the prediction-rate curve",
    "auc": "area under the ROC curve",
    "pr_auc": "area under the precision-recall curve",
    **{
        f"top_{100 * share:g}": f"found in the most susceptible {share:.0%} of the area"
        for share in AREA_SHARES
    },
}
"""What the measures of `landshift.evaluation.skill` are, in words."""

LIMITS = """\
- Susceptibility is a relative propensity between 0 and 1. It is not the probability that a slope
  fails within some time, and says nothing on when, how large and how far a landslide runs.
- A stated prevalence sets its level: the shots cannot tell how frequent landslides are.
- The map knows the kinds of landslides in the inventories, and repeats their gaps: where nobody
  has looked, there are no landslides in it.
- Do not use it for single slopes, for design, or in place of an assessment on the ground, and not
  outside the area of applicability.
"""


@dataclass(frozen=True)
class Evidence:
    """The files that a model card tells about.

    Attributes
    ----------
    model
        Folder of the fine-tuned model.
    classes
        CSV of `landshift.evaluation.class_shares`.
    skill
        CSV of `landshift.evaluation.skill`.
    benchmark
        CSV of the transfer benchmark's means, or None where the study has none.
    drivers
        CSV of `landshift.evaluation.drivers`, or None.
    applicability
        Map of the area of applicability, or None.
    ledgers, inventories
        Ledger of the layers and landslides by region, of those that were read.
    """

    model: str | Path
    classes: str | Path
    skill: str | Path
    benchmark: str | Path | None = None
    drivers: str | Path | None = None
    applicability: str | Path | None = None
    ledgers: Mapping[str, str | Path] = field(default_factory=dict)
    inventories: Mapping[str, str | Path] = field(default_factory=dict)


def write_model_card(path: str | Path, evidence: Evidence) -> None:
    """Write the card of one fine-tuned model as Markdown.

    Every figure comes from the files of the study.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    manifest = read_manifest(evidence.model)
    sections = {
        "What it is": _describe_model(manifest),
        "How good it is": _describe_scores(evidence),
        "On separate blocks": _describe_benchmark(evidence.benchmark, manifest["region"]),
        "What drives it": describe_drivers(evidence.drivers),
        "Where it applies": describe_applicability(evidence.applicability),
        "Limits, and where not to use it": LIMITS,
        "Data, dates and licences": _describe_data(manifest, evidence),
    }
    parts = [f"# Model card: landslide susceptibility of {manifest['region']}\n"]
    parts += [f"## {title}\n\n{text.rstrip()}\n" for title, text in sections.items()]
    with unfinished(path) as partial:
        partial.write_text("\n".join(parts), encoding="utf-8")


def _describe_model(manifest: Mapping[str, Any]) -> str:
    pairs = zip(manifest["factors"], manifest["units"], strict=True)
    factors = ", ".join(f"{name} [{unit}]" for name, unit in pairs)
    own = [*manifest.get("target_factors", []), *manifest.get("target_classes", [])]
    return "\n".join(
        [
            f"- Method: two-stage transfer fine-tuning, {manifest['family']} of "
            f"{', '.join(manifest['learners'])}; Landshift {manifest['version']}, "
            f"seed {manifest['seed']}",
            f"- Learned in: {', '.join(manifest['sources'])}",
            f"- Fine-tuned on: {manifest['presences']} landslides of {manifest['region']} (shots) "
            "and as many places without",
            f"- Prevalence, as stated: {manifest['prevalence']:g}",
            f"- {len(manifest['factors'])} factors: {factors}",
            f"- Factors of this region alone: {', '.join(own) or 'none'}",
        ]
    )


def _describe_scores(evidence: Evidence) -> str:
    classes = read_results(evidence.classes, ["name", "area_share"])
    # the column is missing where every landslide was a shot
    count = int(classes["held_out"].sum()) if "held_out" in classes else 0
    if not count:
        return "\n".join(describe_skill(evidence.skill))
    lines = [
        f"On {count} landslides that the model has not seen. They may lie close to those that it "
        "has.\n",
        "| class | share of area | share of these landslides |",
        "|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.area_share:.0%} | {row.held_out_share:.0%} |"
        for row in classes.itertuples(index=False)
    ]
    return "\n".join([*lines, "", *describe_skill(evidence.skill)])


def describe_skill(file: str | Path) -> list[str]:
    """Tabulate how well a map and what it is compared with find unseen landslides, as Markdown."""
    table = read_results(file, SKILL_COLUMNS)
    if table.empty:
        return ["No landslide is left to judge the map by: none but the shots lies on it."]
    methods = [method for method in OF_MAP if (table["method"] == method).any()]
    known = table.set_index(["measure", "method"])
    lines = [
        f"| on unseen landslides | {' | '.join(OF_MAP[method] for method in methods)} |",
        f"|---|{'---|' * len(methods)}",
    ]
    for measure, words in MEASURES.items():
        rows = [known.loc[(measure, method)] for method in methods]
        cells = [_write_measure(row) for row in rows]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    if table["value"].isna().any():
        lines += ["", f"{CONTRADICTED}: what follows from it is left out (-)."]
    if table["low"].isna().all():
        return [*lines, "", f"Fewer than {LEAST_LANDSLIDES} landslides: too few for an interval."]
    return [*lines, "", "In brackets 95 % intervals, from drawing landslides and cells again."]


def _write_measure(row: pd.Series) -> str:
    if pd.isna(row["value"]):
        return "-"
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.3f} to {row['high']:.3f})"
    return f"{row['value']:.3f}{interval}"


def _describe_benchmark(file: str | Path | None, region: str) -> str:
    if file is not None:
        table = read_results(file, ["target", "method", "family", "regime", "auc"])
        own = table[(table["target"] == region) & (table["method"] == "fine_tuned")]
        own = own[own["family"] == "ensemble"]
        # as at mapping time, where that was measured
        regimes = own["regime"].unique()
        own = own[own["regime"] == ("transductive" if "transductive" in regimes else "inductive")]
        if len(own):
            lines = [
                "Draws of landslides from half of the region's spatial blocks, tested on the other "
                "half:\n",
                "| landslides used | AUC | Brier score | gain in AUC over the sources alone |",
                "|---|---|---|---|",
            ]
            lines += [
                f"| {row.shots} | {row.auc:.3f} | {row.brier:.3f} | {row.gain:+.3f} (95 % interval "
                f"{row.gain_low:+.3f} to {row.gain_high:+.3f}) |"
                for row in own.itertuples()
            ]
            return "\n".join(lines)
    return (
        "Not measured: this region is no target of the study's transfer benchmark. The figures "
        "above are from landslides that may lie close to those used, and flatter all maps alike."
    )


def describe_drivers(file: str | Path | None) -> str:
    """List the strongest factors of a map, as Markdown."""
    if file is None:
        return "Not examined: the sources' data are not part of this study."
    table = read_results(file, ["scope", "factor", "share"])
    strongest = table[table["scope"] == "map"].nlargest(5, "share")
    return "\n".join(f"- {row.factor}: {row.share:.0%}" for row in strongest.itertuples())


def describe_applicability(file: str | Path | None) -> str:
    """Say how much of a map is unlike what its model has learned from."""
    if file is None:
        return f"{UNKNOWN.capitalize()}."
    outside = share_outside(open_raster(file))
    return (
        f"{outside:.1%} of the map is outside the area of applicability, unlike anything the model "
        "has learned from; `applicability.tif` shows where."
    )


def _describe_data(manifest: Mapping[str, Any], evidence: Evidence) -> str:
    checksums = [f"- {name}: samples {sum_[:16]}" for name, sum_ in manifest["sources"].items()]
    lines = ["Samples of the sources, by the start of their SHA-256:\n", *checksums, ""]
    return "\n".join([*lines, *describe_data(evidence.ledgers, evidence.inventories)])
