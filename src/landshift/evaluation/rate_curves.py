"""How well a map ranks landslides: rate curves and the AUC against a known truth."""

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from landshift.geodata.cells import sample_points
from landshift.geodata.raster import cut_strips


def area_under_curve(curve: pd.DataFrame) -> float:
    """Integrate a rate curve over the area: 0.5 is no better than chance, 1 the limit.

    Examples
    --------
    >>> area_under_curve(pd.DataFrame({"area_share": [0, 1], "landslide_share": [0, 1]}))
    0.5
    """
    return float(np.trapezoid(curve["landslide_share"], curve["area_share"]))


def landslide_share_at(curve: pd.DataFrame, area_share: float) -> float:
    """Read from a rate curve the share of landslides in the most susceptible `area_share`.

    Examples
    --------
    >>> landslide_share_at(pd.DataFrame({"area_share": [0, 1], "landslide_share": [0, 1]}), 0.1)
    0.1
    """
    return float(np.interp(area_share, curve["area_share"], curve["landslide_share"]))


def prediction_rate_curve(susceptibility: xr.DataArray, points: gpd.GeoDataFrame) -> pd.DataFrame:
    """Compute the share of landslides within the most susceptible share of the area.

    With landslides that were held out this is the prediction-rate curve, with those used in
    training the success-rate curve [1]_. Cells of equal susceptibility enter together, so the
    curve is a straight line across them and a map without contrast gives the diagonal. The rows
    are the curve's exact corners.

    Parameters
    ----------
    susceptibility
        Map of dimensions ``(y, x)`` [1], eager or dask-backed; NaN is no data. Its cells are
        equal in area.
    points
        One point per landslide, in any CRS. Those outside the map or on no data are left out and
        counted in ``attrs["points_left_out"]``.

    Returns
    -------
    pandas.DataFrame
        ``area_share`` and ``landslide_share``, both rising from 0 to 1.

    Raises
    ------
    ValueError
        If a geometry is not a point, or no point lies on the map.

    References
    ----------
    .. [1] Chung, C.-J. F., Fabbri, A. G. (2003). Validation of spatial prediction models for
       landslide hazard mapping. Natural Hazards 30, 451-472.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 300, 300), "EPSG:32632", resolution=30)
    >>> values = np.linspace(0.01, 0.99, 100, dtype="float32").reshape(10, 10)
    >>> susceptibility = wrap_xr(values, grid)
    >>> import geopandas as gpd
    >>> landslides = gpd.points_from_xy([285, 15], [15, 15])
    >>> points = gpd.GeoDataFrame(geometry=landslides, crs="EPSG:32632")
    >>> curve = prediction_rate_curve(susceptibility, points)
    >>> curve["landslide_share"].tolist()
    [0.0, 0.5, 0.5, 1.0, 1.0]
    """
    hit = sample_points(susceptibility, points)
    mapped = hit[~np.isnan(hit)]
    if mapped.size == 0:
        raise ValueError(
            f"none of the {len(points)} landslides lies on a cell of the map with data; "
            "check their CRS and the region's extent"
        )
    levels, landslides = np.unique(mapped, return_counts=True)
    above, within, cells = _count_cells(susceptibility, levels)
    # From the highest level down: the corner before its cells enter, and the one after.
    total = np.cumsum(landslides[::-1])
    area = np.column_stack([above[::-1], (above + within)[::-1]]).ravel() / cells
    share = np.column_stack([total - landslides[::-1], total]).ravel() / total[-1]
    corners = pd.DataFrame({"area_share": np.r_[0, area, 1], "landslide_share": np.r_[0, share, 1]})
    curve = corners.drop_duplicates(ignore_index=True)
    curve.attrs["points_left_out"] = int(len(hit) - mapped.size)
    return curve


def truth_auc(score: xr.DataArray | np.ndarray, probability: xr.DataArray | np.ndarray) -> float:
    """Compute the AUC of a map against the true probability of failure, without drawing labels.

    Every cell i is a presence with its true probability p_i, independently; the result is the
    expected number of correctly ordered pairs over the expected number of pairs of a presence i
    and an absence j,

    ``sum p_i (1 - p_j) [s_i > s_j] / sum p_i (1 - p_j)`` over i != j,

    where equal scores count one half. For probabilities of 0 and 1 it is the AUC itself.

    Parameters
    ----------
    score
        Susceptibility, any shape; only its order matters.
    probability
        True probability of the same shape, 0-1. Cells where either is NaN are left out.

    Raises
    ------
    ValueError
        If the shapes differ, a probability is outside 0-1, or no pair is possible.

    Examples
    --------
    >>> truth_auc(np.array([0.1, 0.9]), np.array([0.0, 1.0]))
    1.0
    """
    scores, chances = np.asarray(score, float), np.asarray(probability, float)
    if scores.shape != chances.shape:
        raise ValueError(f"score has the shape {scores.shape}, probability {chances.shape}")
    valid = ~(np.isnan(scores) | np.isnan(chances))
    scores, chances = scores[valid], chances[valid]
    if scores.size and (chances.min() < 0 or chances.max() > 1):
        raise ValueError(f"a probability lies in 0-1, found {chances.min():g} to {chances.max():g}")
    _, level = np.unique(scores, return_inverse=True)
    presence = np.bincount(level, chances)
    absence = np.bincount(level, 1 - chances)
    # A cell cannot be both members of a pair.
    itself = float(np.sum(chances * (1 - chances)))
    pairs = float(presence.sum() * absence.sum()) - itself
    if pairs <= 0:
        raise ValueError("the true probability allows no pair of a presence and an absence")
    lower = np.cumsum(absence) - absence
    ordered = float(np.sum(presence * (lower + absence / 2))) - itself / 2
    return ordered / pairs


def _count_cells(
    susceptibility: xr.DataArray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """Count the cells above and at each rising level, and all cells with data."""
    places = np.zeros(2 * len(levels) + 1, np.int64)
    for (values,) in cut_strips(susceptibility):
        values = values[~np.isnan(values)].astype(np.float32)
        left = np.searchsorted(levels, values, side="left")
        right = np.searchsorted(levels, values, side="right")
        # 2 k + 1 is on level k, 2 k between the levels k - 1 and k.
        places += np.bincount(left + right, minlength=len(places))
    at_or_above = np.cumsum(places[::-1])[::-1]
    return at_or_above[2::2], places[1::2], int(places.sum())
