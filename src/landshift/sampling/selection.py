"""Choice of the conditioning factors, made only on the sources."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

CLUSTER_CORRELATION = 0.7
"""Factors of a larger mean absolute rank correlation form a cluster."""

CERTAIN = 1.96
"""Standard errors by which an effect must differ from zero to have a sign."""


def screen_factors(samples: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Describe the factors of the sources.

    Parameters
    ----------
    samples
        Samples of all sources: columns ``region``, ``presence`` and the factors.
    factors
        Names of the factors.

    Returns
    -------
    pandas.DataFrame
        A row per factor: ``factor``; ``inflation``, its variance inflation factor among the ranks
        within regions; ``cluster``, the number of its group of correlated factors;
        ``effect_{region}``, the probability that a presence exceeds an absence there, less that of
        the contrary, -1 to 1; ``spread``, the standard deviation of the effects; and ``flips``,
        whether two of them certainly differ in sign.
    """
    correlation = correlate_ranks(samples, factors)
    table = pd.DataFrame({"factor": factors, "inflation": measure_inflation(correlation)})
    table["cluster"] = _find_clusters(correlation)
    effects, errors = _measure_effects(samples, factors)
    table = table.join(effects.add_prefix("effect_").reset_index(drop=True))
    certain = effects.where(effects.abs() > CERTAIN * errors, 0.0)
    table["spread"] = effects.std(axis=1, ddof=0).to_numpy()
    flips = (certain > 0).any(axis=1) & (certain < 0).any(axis=1)
    return table.assign(flips=flips.to_numpy())


def drop_inflated(samples: pd.DataFrame, factors: list[str], *, limit: float) -> list[str]:
    """Drop the factor of the largest variance inflation until none exceeds the limit."""
    kept = list(factors)
    correlation = pd.DataFrame(correlate_ranks(samples, kept), kept, kept)
    while len(kept) > 1:
        inflation = measure_inflation(correlation.loc[kept, kept].to_numpy())
        if inflation.max() <= limit:
            break
        del kept[int(inflation.argmax())]
    return kept


def correlate_ranks(samples: pd.DataFrame, factors: list[str]) -> np.ndarray:
    """Spearman correlation of factors, ranked within regions, shape ``(factors, factors)``."""
    ranks = samples.groupby("region")[factors].rank(pct=True)
    correlation = np.atleast_2d(np.nan_to_num(np.corrcoef(ranks.to_numpy().T)))
    np.fill_diagonal(correlation, 1.0)
    return correlation


def measure_inflation(correlation: np.ndarray) -> np.ndarray:
    """Variance inflation factors: ``1 / (1 - R2)`` of each factor given all others."""
    return np.diag(np.linalg.pinv(correlation, hermitian=True))


def measure_distances(
    target: pd.DataFrame, sources: pd.DataFrame, factors: list[str]
) -> pd.DataFrame:
    """Measure how far a target's factors are from those of each source.

    Parameters
    ----------
    target, sources
        Background cells: column ``region`` and the factors.
    factors
        Names of the factors.

    Returns
    -------
    pandas.DataFrame
        A row per source: ``source``; ``distance``, the mean over the factors of the Wasserstein
        distance of their distributions [standard deviations over all sources]; ``farthest``, the
        factor of the largest distance, and ``farthest_distance``.
    """
    spread = sources[factors].std().replace(0, 1)
    from scipy.stats import wasserstein_distance

    rows = []
    for region, own in sources.groupby("region"):
        distances = pd.Series(
            {name: wasserstein_distance(target[name], own[name]) for name in factors}
        )
        distances /= spread
        rows.append((region, distances.mean(), distances.idxmax(), distances.max()))
    return pd.DataFrame(rows, columns=["source", "distance", "farthest", "farthest_distance"])


def _find_clusters(correlation: np.ndarray) -> np.ndarray:
    if len(correlation) < 2:
        return np.ones(len(correlation), int)
    apart = squareform(np.clip(1 - np.abs(correlation), 0, None), checks=False)
    tree = linkage(apart, "average")
    return fcluster(tree, 1 - CLUSTER_CORRELATION, "distance")


def _measure_effects(samples, factors) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects of the factors by region and their standard errors, factors in rows.

    The effect is ``2 U / (n m) - 1`` with the statistic U of Mann and Whitney; its standard error
    without any effect is ``sqrt((n + m + 1) / (3 n m))``.
    """
    effects, errors = {}, {}
    for region, own in samples.groupby("region"):
        present = own["presence"].to_numpy() == 1
        n, m = present.sum(), (~present).sum()
        sums = own[factors].rank()[present].sum()
        effects[region] = 2 * (sums - n * (n + 1) / 2) / (n * m) - 1
        errors[region] = np.sqrt((n + m + 1) / (3 * n * m))
    effects = pd.DataFrame(effects)
    return effects, pd.DataFrame({name: errors[name] for name in effects}, index=effects.index)


MAX_CORRELATION = 0.98
"""Of two factors with a larger absolute rank correlation in the sources one is dropped."""


def select_factors(
    samples: pd.DataFrame,
    *,
    candidates: list[str],
    max_correlation: float = MAX_CORRELATION,
    classes: Collection[str] = (),
) -> list[str]:
    """Drop factors that do not vary and factors that repeat another one.

    Parameters
    ----------
    samples
        Samples of all sources: columns ``region``, ``presence`` and the candidates.
    candidates
        Factors in order of preference: of two that repeat each other the first stays.
    max_correlation
        Largest absolute Spearman correlation, pooled over the sources after ranking within each.
    classes
        Those of the candidates whose values are class codes: codes have no order, so none of them
        repeats another factor.

    Returns
    -------
    list of str
        The selected factors, in the order of the candidates.

    Raises
    ------
    ValueError
        If the sources have no varying factor in common.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> from landshift import derive_terrain_factors, draw_samples
    >>> dem = region.layers["dem"]
    >>> factors = derive_terrain_factors(dem)
    >>> samples = draw_samples(factors, region.inventory, elevation=dem, region="alder", seed=1)
    >>> from landshift.sampling.tables import list_factors
    >>> names = select_factors(samples, candidates=list_factors(samples))
    >>> "slope" in names, len(names) < len(list_factors(samples))
    (True, True)
    """
    common = [name for name in candidates if name in samples and samples[name].notna().all()]
    varying = [name for name in common if samples.groupby("region")[name].nunique().gt(1).any()]
    if not varying:
        raise ValueError(
            f"the sources have no varying factor in common among {candidates}; "
            "check factors.groups and the layers of each source"
        )
    measured = [name for name in varying if name not in classes]
    correlation = _rank_correlation(samples, measured) if measured else np.empty((0, 0))
    selected: list[int] = []
    for index in range(len(measured)):
        if not selected or np.abs(correlation[index, selected]).max() <= max_correlation:
            selected.append(index)
    kept = {measured[index] for index in selected}
    return [name for name in varying if name in kept or name in classes]


def _rank_correlation(samples: pd.DataFrame, names: list[str]) -> np.ndarray:
    ranks = samples.groupby("region")[names].rank(pct=True)
    return np.atleast_2d(np.nan_to_num(np.corrcoef(ranks.to_numpy().T)))
