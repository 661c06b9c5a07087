"""Sort a susceptibility map into five classes."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from dask import is_dask_collection
from scipy.special import expit, logit

from landshift.geodata.raster import cut_strips
from landshift.sampling.tables import drop_subcells, list_subcells, swap_subcells
from landshift.transfer.averaging import AveragedModel, list_fine_tuned
from landshift.transfer.mixture import PRIOR_SLOPE
from landshift.transfer.preparation import fit_rank_transform
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.source_score import fit_source_score
from landshift.transfer.target_model import TargetModel

CLASS_NAMES = ("very low", "low", "moderate", "high", "very high")
"""Names of the classes 1 to 5."""

CLASS_COLOURS = ("#ffffd4", "#fed98e", "#fe9929", "#d95f0e", "#8c2d04")
"""Colours of the classes 1 to 5; they darken evenly, so they survive greyscale print."""


SHARES = (0.2, 0.4, 0.6, 0.8)
"""Shares of the area of the sources below each limit."""


def find_source_breaks(
    model: TargetModel | AveragedModel, backgrounds: Iterable[pd.DataFrame]
) -> tuple[float, ...]:
    """Find the limits that would part the sources into five equal areas.

    Every source is scored as the target is, with the distribution of its own factors; the logits at
    the limits are averaged over the sources, so that each counts the same, and shifted to the
    prevalence of the target.

    Parameters
    ----------
    model
        The fine-tuned model of a target.
    backgrounds
        Background of each source region: the factors.

    Returns
    -------
    tuple of float
        Four rising susceptibilities [1].
    """
    limits = []
    for background in backgrounds:
        finer = bool(list_subcells(background))
        parts = [part.model.source_score.models for part in list_fine_tuned(model)]
        tables = (drop_subcells(background), swap_subcells(background))
        # a source without sub-cells is scored by the means alone
        scores = [_score(*pair) for pair in zip(parts[: 1 + finer], tables, strict=False)]
        limits.append(PRIOR_SLOPE * np.quantile(np.mean(scores, axis=0), SHARES))
    return join_breaks([expit(each + logit(model.prevalence)) for each in limits])


def _score(models: Sequence[SourceModel], background: pd.DataFrame) -> np.ndarray:
    """Score a source as a target is scored."""
    scored = models[0].class_scores.apply_table(background)
    values = scored[list(models[0].factors)].to_numpy(np.float32)
    return fit_source_score(models, fit_rank_transform(values), values).apply(values)[0]


def join_breaks(breaks: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Average limits of several regions on the logit.

    Examples
    --------
    >>> [round(limit, 6) for limit in join_breaks([[0.1, 0.2], [0.1, 0.2]])]
    [0.1, 0.2]
    """
    return tuple(float(limit) for limit in expit(np.mean(logit(np.asarray(breaks)), axis=0)))


def class_breaks(susceptibility: xr.DataArray, rule: str | Sequence[float]) -> tuple[float, ...]:
    """Choose the four breaks between the five classes.

    Parameters
    ----------
    susceptibility
        Map of dimensions ``(y, x)`` [1], eager or dask-backed (read twice, a block at a time).
    rule
        ``"quantile"``: classes of one fifth of the mapped area each. ``"natural"``: breaks that
        minimise the squared deviations within classes [1]_, on a histogram of 1024 bins. Or the
        four breaks themselves, rising, above 0 and below 1.

    Returns
    -------
    tuple of float
        Four rising breaks; a cell belongs to a class up to and including its upper break.

    Raises
    ------
    ValueError
        If the rule is unknown, the breaks are not four rising shares, or no cell has data.

    References
    ----------
    .. [1] Fisher, W. D. (1958). On grouping for maximum homogeneity. Journal of the American
       Statistical Association 53, 789-798.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 300, 300), "EPSG:32632", resolution=30)
    >>> values = np.linspace(0.01, 0.99, 100, dtype="float32").reshape(10, 10)
    >>> susceptibility = wrap_xr(values, grid)
    >>> [round(limit, 2) for limit in class_breaks(susceptibility, "quantile")]
    [0.2, 0.4, 0.59, 0.79]
    """
    if not isinstance(rule, str):
        return _check_breaks(rule)
    if rule == "quantile":
        return _quantiles(susceptibility, (0.2, 0.4, 0.6, 0.8))
    if rule == "natural":
        return _natural_breaks(susceptibility)
    raise ValueError(
        f"maps.breaks: {rule!r} is no rule; give 'quantile', 'natural' or four numbers"
    )


def classify_susceptibility(susceptibility: xr.DataArray, breaks: Sequence[float]) -> xr.DataArray:
    """Sort a map into the classes 1 (very low) to 5 (very high); 0 is no data.

    Parameters
    ----------
    susceptibility
        Map [1], float32 with NaN as no data, eager or dask-backed.
    breaks
        Four breaks that do not fall; a cell belongs to a class up to and including its upper
        break. Equal breaks leave the class between them empty.

    Returns
    -------
    xarray.DataArray
        uint8 with ``attrs["nodata"] = 0``; the names are in `landshift.mapping.classes`.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 300, 300), "EPSG:32632", resolution=30)
    >>> values = np.linspace(0.01, 0.99, 100, dtype="float32").reshape(10, 10)
    >>> susceptibility = wrap_xr(values, grid)
    >>> classes = classify_susceptibility(susceptibility, (0.2, 0.4, 0.6, 0.8))
    >>> np.bincount(classes.values.ravel())[1:].tolist()
    [20, 20, 20, 20, 20]
    """
    edges = np.asarray(breaks, dtype=np.float32)
    if edges.shape != (4,) or np.isnan(edges).any() or (np.diff(edges) < 0).any():
        raise ValueError(f"five classes need four breaks that do not fall, not {list(breaks)}")

    def classify(values: np.ndarray) -> np.ndarray:
        codes = np.digitize(values, edges, right=True).astype(np.uint8) + np.uint8(1)
        return np.where(np.isnan(values), np.uint8(0), codes)

    data = susceptibility.data
    codes = (
        data.map_blocks(classify, dtype=np.uint8)
        if is_dask_collection(data)
        else classify(np.asarray(data))
    )
    classes = susceptibility.copy(data=codes).rename("classes")
    classes.encoding = {}
    classes.attrs = {
        "units": "class",
        "long_name": "landslide susceptibility class",
        "nodata": 0,
        "flag_values": tuple(range(1, 6)),
        "flag_meanings": " ".join(name.replace(" ", "_") for name in CLASS_NAMES),
    }
    return classes


def _check_breaks(breaks: Sequence[float]) -> tuple[float, ...]:
    values = tuple(float(value) for value in breaks)
    inside = all(0 < value < 1 for value in values)
    rising = all(low < high for low, high in itertools.pairwise(values))
    if len(values) != 4 or not inside or not rising:
        raise ValueError(
            f"maps.breaks: expected four rising numbers above 0 and below 1, not {list(breaks)}"
        )
    return values


def _valid_strips(susceptibility: xr.DataArray) -> Iterator[np.ndarray]:
    for (values,) in cut_strips(susceptibility):
        yield values[~np.isnan(values)].astype(np.float32)


def _quantiles(susceptibility: xr.DataArray, shares: Sequence[float]) -> tuple[float, ...]:
    # The bits of non-negative floats rise with their value: counting the leading bits finds the
    # bin of an order statistic, counting the trailing bits within it the statistic itself. Exact,
    # and no more than a strip of cells in memory.
    leading = np.zeros(1 << 20, np.int64)
    for values in _valid_strips(susceptibility):
        leading += np.bincount(_bits(values) >> 12, minlength=len(leading))
    total = int(leading.sum())
    if total == 0:
        raise ValueError("the susceptibility map has no cell with data; classes need some")
    ranks = [max(1, math.ceil(share * total)) for share in shares]
    below = np.cumsum(leading)
    bins = np.searchsorted(below, ranks)
    trailing = {int(code): np.zeros(1 << 12, np.int64) for code in bins}
    for values in _valid_strips(susceptibility):
        bits = _bits(values)
        for code, counts in trailing.items():
            counts += np.bincount(bits[bits >> 12 == code] & 0xFFF, minlength=len(counts))
    result = []
    for code, rank in zip(bins.tolist(), ranks, strict=True):
        within = rank - (int(below[code - 1]) if code else 0)
        low = int(np.searchsorted(np.cumsum(trailing[code]), within))
        result.append(float(np.uint32((code << 12) | low).view(np.float32)))
    return tuple(result)


def _bits(values: np.ndarray) -> np.ndarray:
    # Adding zero turns -0.0 into 0.0, whose bits sort first.
    return (values + np.float32(0)).view(np.uint32)


def _natural_breaks(susceptibility: xr.DataArray, bins: int = 1024) -> tuple[float, ...]:
    extremes = [
        (values.min(), values.max()) for values in _valid_strips(susceptibility) if values.size
    ]
    if not extremes:
        raise ValueError("the susceptibility map has no cell with data; classes need some")
    edges = np.linspace(
        min(low for low, _ in extremes), max(high for _, high in extremes), bins + 1
    )
    weights = sum(np.histogram(values, edges)[0] for values in _valid_strips(susceptibility))
    return tuple(float(edges[end]) for end in _group_bins(weights, (edges[:-1] + edges[1:]) / 2))


def _group_bins(weights: np.ndarray, centres: np.ndarray, groups: int = 5) -> list[int]:
    # Fisher's dynamic programme: cost[start, end] is the sum of squares of bins start..end-1.
    zero = np.zeros(1)
    mass, first, second = (
        np.concatenate([zero, np.cumsum(weights * centres**power)]) for power in (0, 1, 2)
    )
    share = np.maximum(mass[None, :] - mass[:, None], 1e-300)
    cost = second[None, :] - second[:, None] - (first[None, :] - first[:, None]) ** 2 / share
    cost[np.tril_indices_from(cost)] = np.inf
    best, origins = cost[0], []
    for _ in range(groups - 1):
        candidates = best[:, None] + cost
        origins.append(np.argmin(candidates, axis=0))
        best = candidates.min(axis=0)
    ends = [len(weights)]
    for origin in reversed(origins):
        ends.insert(0, int(origin[ends[0]]))
    return ends[:-1]
