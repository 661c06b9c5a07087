"""What the classes of a map are worth: how much area and how many landslides each one holds."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from landshift.curves import sample_points
from landshift.map_classes import CLASS_NAMES
from landshift.raster import BLOCK


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
    cells = _count_cells(classes)
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


def _count_cells(classes: xr.DataArray) -> np.ndarray:
    counts = np.zeros(6, np.int64)
    for row in range(0, classes.sizes["y"], BLOCK):
        strip = classes.isel(y=slice(row, row + BLOCK)).to_numpy()
        counts += np.bincount(strip.ravel(), minlength=6)
    return counts[1:]
