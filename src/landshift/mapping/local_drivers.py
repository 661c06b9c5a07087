"""What moves a map at each place: how its logit changes where one factor becomes typical."""

import math
from collections.abc import Collection

import numpy as np
import pandas as pd
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.factors.table import SUBCELL_SUFFIX
from landshift.transfer.prediction import Model

LOCAL_CELLS = 20_000
"""Most cells that are explained; of larger maps one cell stands for a square of them."""


def map_local_drivers(
    model: Model,
    factors: xr.Dataset,
    background: pd.DataFrame,
    *,
    classes: Collection[str] = (),
    cells: int = LOCAL_CELLS,
) -> xr.Dataset:
    """Map what each factor adds to the logit of a cell, against the typical cell of the region.

    ``f(x) - f(x with factor j typical)``: the occlusion of one factor, which takes a hundredth of
    the time of a Shapley value and ranks the factors of a cell much like it; the contributions do
    not add up.

    Parameters
    ----------
    model
        A fine-tuned model, best a compiled one.
    factors
        A variable of dimensions ``(y, x)`` per factor.
    background
        Random cells of the region: typical are the median of a factor, or its commonest class.
    classes
        Factors that hold codes of classes.
    cells
        Most cells to explain.

    Returns
    -------
    xarray.Dataset
        float32 by factor [logit], NaN as no data. Its cells are squares of cells of the map, and
        each shows the cell in the middle of its square.
    """
    grid = factors.odc.geobox
    step = max(1, math.ceil(math.sqrt(grid.height * grid.width / cells)))
    values_of = list(model.factors)
    names = [name for name in values_of if not name.endswith(SUBCELL_SUFFIX)]
    middle = {axis: slice(step // 2, None, step) for axis in ("y", "x")}
    chosen = factors[values_of].transpose("y", "x").isel(middle).compute()
    values = np.stack([chosen[name].to_numpy() for name in values_of], axis=-1).astype(np.float32)
    changes = np.full((*values.shape[:2], len(names)), np.nan, np.float32)
    known = np.isfinite(values).all(axis=-1)
    if known.any():
        typical = describe_typical_cell(background[values_of], classes)
        columns = [
            [values_of.index(each) for each in (name, name + SUBCELL_SUFFIX) if each in values_of]
            for name in names
        ]
        changes[known] = _occlude(model, values[known], typical, columns)
    coarse = GeoBox(known.shape, grid.affine * Affine.scale(step), grid.crs)
    return xr.Dataset(
        {
            name: wrap_xr(changes[..., column].copy(), coarse).assign_attrs(
                units="logit", long_name=f"change of the logit by {name}"
            )
            for column, name in enumerate(names)
        }
    )


def describe_typical_cell(background: pd.DataFrame, classes: Collection[str]) -> np.ndarray:
    """Median of each factor, or its commonest class; float32 of shape ``(factors,)``."""
    typical = [
        background[name].mode().iloc[0] if name in classes else background[name].median()
        for name in background
    ]
    return np.array(typical, np.float32)


def _occlude(model: Model, values: np.ndarray, typical: np.ndarray, columns) -> np.ndarray:
    """Change of the logit by each factor: by its mean and its sub-cell together."""
    whole = model.predict(values).logit
    changes = np.empty((len(values), len(columns)), np.float32)
    for factor, chosen in enumerate(columns):
        without = values.copy()
        without[:, chosen] = typical[chosen]
        changes[:, factor] = whole - model.predict(without).logit
    return changes
