"""What the card of a model and the summary of a study both say of a map."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from landshift.evaluation.benchmark.names import OF_MAP
from landshift.evaluation.skill import AREA_SHARES, CONTRADICTED, LEAST_LANDSLIDES, find_better
from landshift.evaluation.skill import COLUMNS as SKILL_COLUMNS
from landshift.evaluation.tables import read_results
from landshift.geodata.raster import open_raster
from landshift.mapping.applicability import share_outside
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


@dataclass(frozen=True, kw_only=True)
class MapFiles:
    """The files of one target that a text tells about.

    Attributes
    ----------
    model
        Folder of the fine-tuned model.
    classes, skill
        CSV of `landshift.evaluation.class_shares` and of `landshift.evaluation.skill`.
    drivers, applicability
        CSV of `landshift.evaluation.drivers` and map of the area of applicability, or None.
    """

    model: str | Path
    classes: str | Path
    skill: str | Path
    drivers: str | Path | None = None
    applicability: str | Path | None = None


def describe_map(files: MapFiles) -> dict[str, Any]:
    """Compute what the templates say of a map.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read.
    """
    return {
        "model": read_manifest(files.model),
        "classes": _list_classes(files.classes),
        "skill": _tabulate_skill(files.skill),
        "drivers": files.drivers and _list_drivers(files.drivers),
        "outside": files.applicability and share_outside(open_raster(files.applicability)),
    }


def _tabulate_skill(file: str | Path) -> dict[str, Any] | None:
    """Tabulate how well a map and its rivals find unseen landslides; None where there are none."""
    table = read_results(file, SKILL_COLUMNS)
    if table.empty:
        return None
    methods = [method for method in OF_MAP if (table["method"] == method).any()]
    known = table.set_index(["measure", "method"])
    return {
        "methods": [OF_MAP[method] for method in methods],
        "rows": {
            words: [known.loc[(measure, method)] for method in methods]
            for measure, words in MEASURES.items()
        },
        "better": _describe_better(table),
        "contradicted": CONTRADICTED if table["value"].isna().any() else None,
        "too_few": LEAST_LANDSLIDES if table["low"].isna().all() else None,
    }


def _describe_better(skill: pd.DataFrame) -> dict[str, Any] | None:
    """Describe the rival that finds unseen landslides better than the map; None without any."""
    found = find_better(skill)
    if found is None:
        return None
    areas = skill[skill["measure"] == "rate_area"].set_index("method")["value"]
    method, sure = found
    return {"name": OF_MAP[method], "area": areas[method], "map": areas["fine_tuned"], "sure": sure}


def _list_drivers(file: str | Path) -> dict[str, float]:
    """List the strongest factors of a map with their share."""
    table = read_results(file, ["scope", "factor", "share"])
    strongest = table[table["scope"] == "map"].nlargest(5, "share")
    return dict(zip(strongest["factor"], strongest["share"], strict=True))


def _list_classes(file: str | Path) -> dict[str, Any]:
    """List the classes of a map, and how many landslides that it has not seen lie on it."""
    classes = read_results(file, ["name", "area_share"])
    # the column is missing where every landslide was a shot
    unseen = int(classes["held_out"].sum()) if "held_out" in classes else 0
    return {"unseen": unseen, "rows": list(classes.itertuples(index=False))}
