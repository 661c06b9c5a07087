"""What the card of a model and the summary of a study both say of a map."""

from pathlib import Path
from typing import Any

import pandas as pd

from landshift.evaluation.skill import AREA_SHARES, LEAST_LANDSLIDES
from landshift.geodata.raster import open_raster
from landshift.mapping.applicability import UNKNOWN, share_outside

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

METHODS = {
    "fine_tuned": "this map",
    "zero_shot": "sources alone (zero-shot)",
    "local_only": "own landslides alone",
}
"""What the map is compared with, in words."""


def tabulate_skill(file: str | Path) -> dict[str, Any] | None:
    """Tabulate how well a map and its rivals find unseen landslides; None where there are none."""
    table = pd.read_csv(file)
    if table.empty:
        return None
    methods = [method for method in METHODS if (table["method"] == method).any()]
    known = table.set_index(["measure", "method"])
    return {
        "methods": [METHODS[method] for method in methods],
        "rows": {
            words: [known.loc[(measure, method)] for method in methods]
            for measure, words in MEASURES.items()
        },
        "too_few": LEAST_LANDSLIDES if table["low"].isna().all() else None,
    }


def list_drivers(file: str | Path | None) -> dict[str, float] | None:
    """List the strongest factors of a map with their share; None where they are not known."""
    if file is None:
        return None
    table = pd.read_csv(file)
    strongest = table[table["scope"] == "map"].nlargest(5, "share")
    return dict(zip(strongest["factor"], strongest["share"], strict=True))


def describe_applicability(file: str | Path | None) -> dict[str, Any]:
    """State the share of a map that is unlike what its model has learned from, or why not."""
    if file is None:
        return {"outside": None, "unknown": UNKNOWN.capitalize()}
    return {"outside": share_outside(open_raster(file))}


def list_classes(file: str | Path) -> dict[str, Any]:
    """List the classes of a map, and how many landslides that it has not seen lie on it."""
    classes = pd.read_csv(file)
    # the column is missing where every landslide was a shot
    unseen = int(classes["held_out"].sum()) if "held_out" in classes else 0
    return {"unseen": unseen, "rows": list(classes.itertuples(index=False))}
