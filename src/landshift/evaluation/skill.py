"""How well scores find landslides that no model has seen: curves and areas, several ways at once.

A region's landslides are known, its stable ground is not. So all is told from two samples, the
scores at landslides and those at random cells of the region, and the stated prevalence p, the share
of cells that fail. Above a threshold lie the share f of the landslides and the share a of the area:

- rate curve: f over a;
- ROC: f over the false alarms, (a - p f) / (1 - p);
- precision-recall: the precision p f / a over f;
- reliability: within a class of scores, the mean prediction next to p f / a.

These are identities of probability (Elkan and Noto, 2008, learning from positive and unlabelled
data), and need no cells that are known to be stable. They hold where the prevalence is that of the
region; one that is too high to be true gives curves beyond 1, so nothing is then told from it.
"""

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd

from landshift.transfer.prediction import check_prevalence

AREA_SHARES = (0.05, 0.1, 0.2)
"""Most susceptible shares of the area whose landslides are counted."""

CLASSES = 5
"""Classes of the reliability diagram, each with as many landslides."""

LEVEL = 0.95
"""Chance that an interval holds what it is about, as far as the samples tell [1]."""

LEAST_LANDSLIDES = 10
"""With fewer landslides there are no intervals: drawing one again and again makes it look sure."""

COLUMNS = ("method", "measure", "value", "low", "high")
CURVE_COLUMNS = ("method", "curve", "x", "y", "low", "high")

CONTRADICTED = "The stated prevalence contradicts these landslides"
"""What readers are told where the prevalence is too high."""

_OF_PREVALENCE = ("auc", "pr_auc")
"""Measures that take the prevalence."""

_log = logging.getLogger(__name__)

Scores = tuple[np.ndarray, np.ndarray]
"""Predicted susceptibility at landslides, and at random cells of the region."""


def measure_skill(
    scores: Mapping[str, Scores], prevalence: float, *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Measure how well scores find landslides, with bootstrap intervals.

    Landslides and cells are drawn again with replacement, the same ones for all scores.

    Parameters
    ----------
    scores
        Scores by method; every method at the same landslides and cells. Without any method the
        table is empty.
    prevalence
        Share of cells that fail, 0 to 1 [1].
    resamples
        Number of bootstrap resamples.
    seed
        Seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; ``low`` and ``high`` are NaN with fewer landslides than `LEAST_LANDSLIDES`.
        Measures [1]: ``rate_area`` and ``auc``, the areas under the rate and the ROC curve;
        ``pr_auc``, that under the precision-recall curve; ``top_5`` and so on, the landslides
        within the most susceptible 5 % of the area. Where the prevalence exceeds
        `find_highest_prevalence`, ``auc`` and ``pr_auc`` are NaN, and a warning says so.

    Raises
    ------
    ValueError
        If there is no landslide or no cell, their numbers differ between methods, or the
        prevalence is no share of cells.
    """
    check_prevalence(prevalence)
    counts = {tuple(map(len, pair)) for pair in scores.values()}
    if len(counts) > 1 or any(0 in pair for pair in counts):
        raise ValueError(f"every method needs the same landslides and cells, found {counts}")
    generator = np.random.default_rng(seed)
    draws = [
        [generator.integers(number, size=number) for pair in counts for number in pair]
        for _ in range(resamples)
    ]
    rows = []
    for method, pair in scores.items():
        values = _measure(pair, prevalence)
        drawn = pd.DataFrame([_measure(_draw(pair, indices), prevalence) for indices in draws])
        low, high = drawn.quantile([(1 - LEVEL) / 2, (1 + LEVEL) / 2]).to_numpy()
        if len(pair[0]) < LEAST_LANDSLIDES:
            low, high = np.full((2, len(values)), np.nan)
        rows += zip([method] * len(values), values, values.values(), low, high, strict=True)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    if (highest := find_highest_prevalence(scores)) < prevalence:
        _log.warning(
            "%s: it is %g, and they allow %.2g at most; what follows from it is left out (%s); "
            "state a lower prevalence",
            *(CONTRADICTED, prevalence, highest, ", ".join(_OF_PREVALENCE)),
        )
        table.loc[table["measure"].isin(_OF_PREVALENCE), ["value", "low", "high"]] = np.nan
    return table


def find_highest_prevalence(scores: Mapping[str, Scores]) -> float:
    """Find the highest prevalence that agrees with the scores at landslides and at random cells.

    Above every threshold lie at least as many cells as fail there, so p f <= a. Both shares are
    known from samples; they err by at most sqrt(ln(2 / (1 - `LEVEL`)) / (2 n)) at all thresholds
    together (Massart, 1990, doi:10.1214/aop/1176990746), and are taken at that bound.

    Examples
    --------
    >>> landslides, cells = np.full(500, 0.9), np.linspace(0, 1, 2001)
    >>> round(find_highest_prevalence({"map": (landslides, cells)}), 2)
    0.14
    """
    limits = [1.0]
    for pair in scores.values():
        area, found = _accumulate(pair)
        found_error, area_error = (
            np.sqrt(np.log(2 / (1 - LEVEL)) / (2 * len(each))) for each in pair
        )
        surely = found > found_error
        limits += list((area[surely] + area_error) / (found[surely] - found_error))
    return float(min(limits))


def find_better(skill: pd.DataFrame, method: str = "fine_tuned") -> tuple[str, bool] | None:
    """Find the rival that finds unseen landslides better than a map, against random cells.

    Parameters
    ----------
    skill
        Result of `measure_skill`.
    method
        The method of the map.

    Returns
    -------
    tuple or None
        The best rival whose area under the rate curve exceeds that of the map, and whether it
        does so beyond doubt: its interval lies above the map's value. None without any.
    """
    areas = skill[skill["measure"] == "rate_area"].set_index("method")
    if method not in areas.index:
        return None
    rivals = areas.drop(index=method)
    rivals = rivals[rivals["value"] > areas.loc[method, "value"]]
    if rivals.empty:
        return None
    best = rivals["value"].idxmax()
    return best, bool(rivals.loc[best, "low"] > areas.loc[method, "value"])


def trace_skill(
    scores: Mapping[str, Scores], prevalence: float, *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Trace the curves of scores; parameters as for `measure_skill`.

    Returns
    -------
    pandas.DataFrame
        `CURVE_COLUMNS`: ``curve`` is ``rate``, ``roc``, ``precision_recall`` or ``reliability``;
        ``low`` and ``high`` are the interval of the reliability. Where the prevalence exceeds
        `find_highest_prevalence` there is only ``rate``.
    """
    check_prevalence(prevalence)
    contradicted = find_highest_prevalence(scores) < prevalence
    tables = []
    for method, pair in scores.items():
        for curve, (x, y) in _trace(pair, prevalence).items():
            tables.append(pd.DataFrame({"method": method, "curve": curve, "x": x, "y": y}))
        generator = np.random.default_rng(seed)
        known = _compare_classes(pair, prevalence, resamples, generator)
        tables.append(known.assign(method=method, curve="reliability"))
    if not tables:
        return pd.DataFrame(columns=list(CURVE_COLUMNS))
    table = pd.concat(tables, ignore_index=True).reindex(columns=list(CURVE_COLUMNS))
    return table[table["curve"] == "rate"] if contradicted else table


def _draw(pair: Scores, indices: list[np.ndarray]) -> Scores:
    landslides, cells = (each[index] for each, index in zip(pair, indices, strict=True))
    return landslides, cells


def _measure(pair: Scores, prevalence: float) -> dict[str, float]:
    area, found = _accumulate(pair)
    curves = _derive_curves(area, found, prevalence)
    recall, precision = curves["precision_recall"]
    return {
        "rate_area": float(np.trapezoid(found, area)),
        "auc": float(np.trapezoid(curves["roc"][1], curves["roc"][0])),
        "pr_auc": float(np.diff(recall) @ precision[1:]),
        **{f"top_{100 * share:g}": float(np.interp(share, area, found)) for share in AREA_SHARES},
    }


def _trace(pair: Scores, prevalence: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    area, found = _accumulate(pair)
    # only the corners: between them nothing is found
    steps = np.diff(found) > 0
    kept = np.r_[True, steps] | np.r_[steps, True]
    kept[-1] = True
    return _derive_curves(area[kept], found[kept], prevalence)


def _accumulate(pair: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the area and of the landslides at or above every score, from 0 to 1."""
    levels = np.unique(np.concatenate(pair))[::-1]
    found, area = (
        np.r_[0, 1 - np.searchsorted(np.sort(each), levels, side="left") / len(each)]
        for each in pair
    )
    return area, found


def _derive_curves(
    area: np.ndarray, found: np.ndarray, prevalence: float
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    false = np.maximum.accumulate(np.clip((area - prevalence * found) / (1 - prevalence), 0, 1))
    precision = _divide(prevalence * found, area)
    return {
        "rate": (area, found),
        "roc": (false, found),
        "precision_recall": (found, precision),
    }


def _divide(failing: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Share of failing cells in an area: at most all, also where no random cell fell into it."""
    return np.minimum(failing / np.maximum(area, 1e-12), 1)


def _compare_classes(
    pair: Scores, prevalence: float, resamples: int, generator: np.random.Generator
) -> pd.DataFrame:
    landslides, cells = pair
    limits = np.quantile(landslides, np.arange(1, CLASSES) / CLASSES)
    places = [np.searchsorted(limits, each, side="right") for each in pair]
    found, area = (np.bincount(each, minlength=CLASSES) for each in places)
    filled = area > 0
    predicted = np.bincount(places[1], cells, CLASSES)[filled] / area[filled]
    again = [
        generator.multinomial(len(each), counts / len(each), resamples) / len(each)
        for each, counts in zip(pair, (found, area), strict=True)
    ]
    low, high = np.quantile(
        _divide(prevalence * again[0], again[1]), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0
    )[:, filled]
    observed = _divide(prevalence * found / len(landslides), area / len(cells))[filled]
    return pd.DataFrame({"x": predicted, "y": observed, "low": low, "high": high})
