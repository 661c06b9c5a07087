"""Which classes of a map training has seen, and what share of the map they cover."""

import json
import operator
from collections import Counter
from functools import reduce

import numpy as np
import pandas as pd
import xarray as xr

from landshift.raster import BLOCK
from landshift.transfer import TargetModel

COLUMNS = ("factor", "use", "code", "name", "seen", "area_share")


def measure_class_coverage(model: TargetModel, factors: xr.Dataset) -> pd.DataFrame:
    """Measure the share of a map that each class covers, and say whether training has seen it.

    Parameters
    ----------
    model
        A fine-tuned model.
    factors
        The factors of the model, dimensions ``(y, x)``, NaN as no data; eager or dask-backed.
        Names of classes come from ``attrs["classes"]``, a JSON object by code.

    Returns
    -------
    pandas.DataFrame
        A row per class factor and class on the map: ``factor``; ``use``, ``shared`` or ``target``;
        ``code``; ``name``, empty if unknown; ``seen``; ``area_share`` [1] of the mapped cells.
    """
    layers = factors[list(model.factors)].transpose("y", "x")
    cells, counts = _count_codes(layers, list(model.classes_seen))
    rows = []
    for name, seen in model.classes_seen.items():
        names = json.loads(layers[name].attrs.get("classes", "{}"))
        use = "target" if name in model.target_kernel.classes else "shared"
        for code, count in sorted(counts[name].items()):
            label = names.get(str(code), "")
            rows.append((name, use, code, label, code in seen, count / cells))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _count_codes(layers: xr.Dataset, classes: list[str]) -> tuple[int, dict[str, Counter]]:
    """Count the cells with all factors, and those of each code, a strip of rows at a time."""
    cells, counts = 0, {name: Counter() for name in classes}
    for row in range(0, layers.sizes["y"], BLOCK):
        part = layers.isel(y=slice(row, row + BLOCK)).compute()
        mapped = reduce(operator.and_, (np.isfinite(part[name].to_numpy()) for name in part))
        cells += int(mapped.sum())
        for name in classes:
            codes, found = np.unique(part[name].to_numpy()[mapped].astype(int), return_counts=True)
            counts[name].update(dict(zip(codes.tolist(), found.tolist(), strict=True)))
    return max(cells, 1), counts


def summarise_unseen(coverage: pd.DataFrame) -> dict[str, dict]:
    """Gather the unseen classes of every factor: their codes, names and share of the map [1].

    Examples
    --------
    >>> row = ("soil", "target", 4, "peat", False, 0.25)
    >>> summarise_unseen(pd.DataFrame([row], columns=list(COLUMNS)))
    {'soil': {'codes': [4], 'names': ['peat'], 'area_share': 0.25}}
    """
    summary = {}
    for name, classes in coverage.groupby("factor", sort=False):
        unseen = classes[~classes["seen"].astype(bool)]
        summary[name] = {
            "codes": unseen["code"].tolist(),
            "names": unseen["name"].tolist(),
            "area_share": round(float(unseen["area_share"].sum()), 6),
        }
    return summary
