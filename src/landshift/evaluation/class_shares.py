"""What the classes of a map are worth: how much area and how many landslides each one holds."""

import json
import operator
from collections import Counter
from collections.abc import Mapping
from functools import reduce

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from landshift.geodata.cells import sample_points
from landshift.geodata.raster import BLOCK, count_codes
from landshift.mapping.classes import CLASS_NAMES
from landshift.runtime.blocks import cut_axis
from landshift.transfer.averaging import AveragedModel, list_parts
from landshift.transfer.target_model import TargetModel

COLUMNS = ("factor", "use", "code", "name", "seen", "area_share")


def measure_class_coverage(model: TargetModel | AveragedModel, factors: xr.Dataset) -> pd.DataFrame:
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
    own = list_parts(model)[0].model.target_kernel.classes
    rows = []
    for name, seen in model.classes_seen.items():
        names = json.loads(layers[name].attrs.get("classes", "{}"))
        use = "target" if name in own else "shared"
        for code, count in sorted(counts[name].items()):
            label = names.get(str(code), "")
            rows.append((name, use, code, label, code in seen, count / cells))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _count_codes(layers: xr.Dataset, classes: list[str]) -> tuple[int, dict[str, Counter]]:
    """Count the cells with all factors, and those of each code, a strip of rows at a time."""
    cells, counts = 0, {name: Counter() for name in classes}
    for rows in cut_axis(layers.sizes["y"], BLOCK):
        part = layers.isel(y=rows).compute()
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


def tabulate_classes(
    classes: xr.DataArray, landslides: Mapping[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Compute the share of the area and of landslides in each class.

    Parameters
    ----------
    classes
        Codes 1 to 5 of dimensions ``(y, x)``, 0 no data, eager or dask-backed.
    landslides
        Points by the name of their group, such as those a model has not seen. Points off the map
        or on no data are left out.

    Returns
    -------
    pandas.DataFrame
        A row per class: ``class``, ``name``, ``area_share`` [1], and for each group ``{group}``
        (number of landslides), ``{group}_share`` [1] and ``{group}_density``, the share of the
        landslides over the share of the area: 1 is no better than chance.

    Raises
    ------
    ValueError
        If no cell has a class.
    """
    cells = count_codes(classes)[1:6]
    if cells.sum() == 0:
        raise ValueError("the map of classes has no cell with data")
    area = cells / cells.sum()
    table = pd.DataFrame({"class": range(1, 6), "name": CLASS_NAMES, "area_share": area})
    for group, points in landslides.items():
        codes = np.nan_to_num(sample_points(classes, points)).astype(int)
        counts = np.bincount(codes, minlength=6)[1:]
        shares = counts / max(counts.sum(), 1)
        table[group] = counts
        table[f"{group}_share"] = shares
        table[f"{group}_density"] = np.divide(shares, area, out=np.full(5, np.nan), where=area > 0)
    return table
