"""A page of text about one map: what it is, how good it is, and where not to use it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from landshift.applicability_mask import share_outside
from landshift.raster import open_raster
from landshift.rate_curves import area_under_curve, landslide_share_at
from landshift.unfinished import unfinished

AREA_SHARES = (0.05, 0.1, 0.2)
"""Most susceptible shares of the area whose landslides are counted."""

_NORMAL_95 = 1.959963984540054
"""Standard deviations within which 95 % of a normal distribution lie [1]."""

_LIMITS = """\
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
    rate_curve
        CSV of rate curves: ``curve``, ``area_share`` and ``landslide_share`` [1].
    classes
        CSV of `landshift.class_shares`.
    drivers
        CSV of `landshift.drivers`, or None.
    applicability
        Map of the area of applicability, or None.
    ledgers
        Ledger of the layers by region, of those that were read.
    """

    model: str | Path
    rate_curve: str | Path
    classes: str | Path
    drivers: str | Path | None = None
    applicability: str | Path | None = None
    ledgers: Mapping[str, str | Path] = field(default_factory=dict)


def write_model_card(path: str | Path, evidence: Evidence) -> None:
    """Write the card of one fine-tuned model as Markdown.

    Every figure comes from the files of the study.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    manifest = json.loads((Path(evidence.model) / "manifest.json").read_text(encoding="utf-8"))
    sections = {
        "What it is": _describe_model(manifest),
        "How good it is": _describe_scores(evidence),
        "What drives it": _describe_drivers(evidence.drivers),
        "Where it applies": _describe_applicability(evidence.applicability),
        "Limits, and where not to use it": _LIMITS,
        "Data and licences": _describe_data(manifest, evidence.ledgers),
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
    curves = pd.read_csv(evidence.rate_curve)
    curve = curves[curves["curve"] == "prediction"]
    classes = pd.read_csv(evidence.classes)
    # the column is missing where every landslide was a shot
    count = int(classes["held_out"].sum()) if "held_out" in classes else 0
    if curve.empty or not count:
        return "No landslide was left to judge the map by: all were used to fine-tune it."
    lines = [
        f"On {count} landslides that the model has not seen. They may lie close to those that it "
        "has; the transfer benchmark judges the method on separate blocks.\n",
        f"- Area under the prediction-rate curve: {area_under_curve(curve):.3f} "
        "(0.5 is no better than chance)",
    ]
    for area in AREA_SHARES:
        share = landslide_share_at(curve, area)
        low, high = _bound_share(round(share * count), count)
        lines.append(
            f"- In the most susceptible {area:.0%} of the area: {share:.0%} of them "
            f"(95 % interval {low:.0%} to {high:.0%})"
        )
    lines += ["", "| class | share of area | share of these landslides |", "|---|---|---|"]
    lines += [
        f"| {row.name} | {row.area_share:.0%} | {row.held_out_share:.0%} |"
        for row in classes.itertuples(index=False)
    ]
    return "\n".join(lines)


def _bound_share(successes: int, count: int) -> tuple[float, float]:
    """Bound a share at 95 % by Wilson's interval."""
    share, shrink = successes / count, _NORMAL_95**2 / count
    middle = (share + shrink / 2) / (1 + shrink)
    half = _NORMAL_95 * math.sqrt(share * (1 - share) / count + shrink / (4 * count)) / (1 + shrink)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _describe_drivers(file: str | Path | None) -> str:
    if file is None:
        return "Not examined: the sources' data are not part of this study."
    table = pd.read_csv(file)
    strongest = table[table["scope"] == "map"].nlargest(5, "share")
    return "\n".join(f"- {row.factor}: {row.share:.0%}" for row in strongest.itertuples())


def _describe_applicability(file: str | Path | None) -> str:
    if file is None:
        return "Not known: the sources' data are not part of this study."
    outside = share_outside(open_raster(file))
    return (
        f"{outside:.1%} of the map is outside the area of applicability, unlike anything the model "
        "has learned from; `applicability.tif` shows where."
    )


def _describe_data(manifest: Mapping[str, Any], ledgers: Mapping[str, str | Path]) -> str:
    checksums = [f"- {name}: samples {sum_[:16]}" for name, sum_ in manifest["sources"].items()]
    lines = ["Samples of the sources, by the start of their SHA-256:\n", *checksums, ""]
    for region, file in ledgers.items():
        layers = json.loads(Path(file).read_text(encoding="utf-8"))["layers"]
        lines += [f"Layers of {region}:\n", *_list_layers(layers), ""]
    if not ledgers:
        lines.append("All regions were generated; their data are free of rights.")
    return "\n".join(lines)


def _list_layers(layers: Mapping[str, Any]) -> Sequence[str]:
    lines = []
    for name, layer in layers.items():
        origins = [record.get("address") or record["file"] for record in layer["sources"]]
        licence = layer.get("licence", "licence not stated in the configuration")
        citation = f"; {layer['citation']}" if "citation" in layer else ""
        shown = ", ".join(origins[:3]) + (f" and {len(origins) - 3} more" if origins[3:] else "")
        lines.append(f"- {name}: {licence}{citation}; {shown}")
    return lines
