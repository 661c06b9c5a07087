"""The first page of a report: what the maps of a study say, how good they are, where to act."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from landshift.evaluation.tables import read_results
from landshift.report.texts.model_card import (
    LIMITS,
    describe_applicability,
    describe_drivers,
    describe_skill,
)
from landshift.transfer.manifest import read_manifest

_UNITS = 5
"""Ranked units that the summary names."""

_MARKS = re.compile(r"[\\`*_{}\[\]()#+.!|<>-]")
"""What Markdown may take for more than a letter."""


@dataclass(frozen=True)
class Findings:
    """The files of one target that a summary tells about.

    Attributes
    ----------
    picture
        Its map as a PNG, relative to the folder of the page.
    model
        Folder of the fine-tuned model.
    skill, classes
        CSV of `landshift.evaluation.skill` and of `landshift.evaluation.class_shares`.
    drivers, applicability, priorities
        CSV of `evaluation.drivers`, map of the area of applicability, and CSV of the ranked units;
        None where the study has none.
    """

    picture: str
    model: str | Path
    skill: str | Path
    classes: str | Path
    drivers: str | Path | None = None
    applicability: str | Path | None = None
    priorities: str | Path | None = None


def summarise_study(study: str, targets: Mapping[str, Findings]) -> str:
    """Summarise a study as Markdown.

    Parameters
    ----------
    study
        Name of the study.
    targets
        Findings by target.
    """
    parts = [f"# Landslide susceptibility: {study}\n"]
    for target, findings in targets.items():
        parts += [f"## {target}\n", *_summarise_target(target, findings)]
    parts += ["## Before you use it\n", LIMITS]
    return "\n".join(parts)


def _summarise_target(target: str, findings: Findings) -> list[str]:
    manifest = read_manifest(findings.model)
    lines = [
        f"Learned in {', '.join(manifest['sources'])}, and fine-tuned on {manifest['presences']} "
        f"landslides of {target}. {_judge(findings)}\n",
        f"![Susceptibility of {target}]({findings.picture})\n",
        *describe_skill(findings.skill),
        "",
        "What drives it most (share of all contributions):\n",
        describe_drivers(findings.drivers),
        "",
        f"{describe_applicability(findings.applicability)}\n",
    ]
    if findings.priorities is not None:
        lines += [*_list_units(findings.priorities), ""]
    return lines


def _judge(findings: Findings) -> str:
    """Say in a sentence what the highest class is worth."""
    classes = read_results(findings.classes, ["name", "area_share"])
    highest = classes.iloc[-1]
    if "held_out" not in classes or not classes["held_out"].sum():
        return "No landslide was left to judge the map by."
    return (
        f"Of {classes['held_out'].sum()} landslides that it has not seen, "
        f"{highest['held_out_share']:.0%} lie in the {highest['area_share']:.0%} of the area that "
        f"it calls {highest['name']}."
    )


def _list_units(file: str | Path) -> list[str]:
    # a name may look like a number, or like a gap
    as_text = {"dtype": {"name": str}, "keep_default_na": False}
    table = read_results(file, ["rank", "name"], **as_text).head(_UNITS)
    if table.empty:
        return ["Where to act first: no unit of the study lies in this region."]
    lines = ["Where to act first:\n", "| rank | unit | susceptible area | share of it |"]
    lines.append("|---|---|---|---|")
    for row in table.itertuples(index=False):
        name = _MARKS.sub(r"\\\g<0>", row.name)
        share = f"{row.susceptible_km2:.3g} km2 | {row.susceptible_share:.0%}"
        lines.append(f"| {row.rank} | {name} | {share} |")
    return lines
