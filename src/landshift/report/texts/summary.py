"""The first page of a report: what the maps of a study say, how good they are, where to act."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landshift.evaluation.tables import read_results
from landshift.report.rendering import render_markdown
from landshift.report.texts.passages import MapFiles, describe_map

_UNITS = 5
"""Ranked units that the summary names."""


@dataclass(frozen=True, kw_only=True)
class Findings(MapFiles):
    """The files of one target that a summary tells about, and those of every text.

    Attributes
    ----------
    picture
        Its map as a PNG, relative to the folder of the page.
    priorities
        CSV of the ranked units, or None where the study ranks none.
    """

    picture: str
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
    units = None if findings.priorities is None else _list_units(findings.priorities)
    own = {"name": name, "picture": findings.picture, "units": units}
    return own | describe_map(findings)


def _list_units(file: str | Path) -> list[tuple]:
    # a name may look like a number, or like a gap
    as_text = {"dtype": {"name": str}, "keep_default_na": False}
    table = read_results(file, ["rank", "tied", "name"], **as_text)
    return list(table.head(_UNITS).itertuples(index=False))
