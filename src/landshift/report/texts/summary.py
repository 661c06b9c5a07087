"""The first page of a report: what the maps of a study say, how good they are, where to act."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from landshift.report.rendering import render_markdown
from landshift.report.texts.passages import (
    describe_applicability,
    list_classes,
    list_drivers,
    tabulate_skill,
)
from landshift.transfer.manifest import read_manifest

_UNITS = 5
"""Ranked units that the summary names."""


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
    described = [_describe_target(name, findings) for name, findings in targets.items()]
    return render_markdown("texts/summary.j2", study=study, targets=described)


def _describe_target(name: str, findings: Findings) -> dict[str, Any]:
    return {
        "name": name,
        "picture": findings.picture,
        "model": read_manifest(findings.model),
        "classes": list_classes(findings.classes),
        "skill": tabulate_skill(findings.skill),
        "drivers": list_drivers(findings.drivers),
        "applicability": describe_applicability(findings.applicability),
        "units": None if findings.priorities is None else _list_units(findings.priorities),
    }


def _list_units(file: str | Path) -> list[tuple]:
    # a name may look like a number, or like a gap
    table = pd.read_csv(file, dtype={"name": str}, keep_default_na=False)
    return list(table.head(_UNITS).itertuples(index=False))
