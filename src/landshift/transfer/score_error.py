"""How far a source score errs in a region that it was not trained in."""

import numpy as np
from threadpoolctl import threadpool_limits

from landshift.transfer.mixture import PRIOR_SLOPE

PRESENCES_PER_GROUP = 3
CELLS_PER_GROUP = 10
"""Presences and background cells in an average group of alike cells."""

UNKNOWN_ERROR = 0.8
"""Error where it cannot be measured, with fewer than two sources: the mean over the six pairs of
the three regions of the real benchmark, each predicted by each other."""


def measure_score_error(
    score: np.ndarray, cells: np.ndarray, presences: np.ndarray, *, seed: int
) -> float:
    """Measure how much more the landslides scatter about a score than chance allows.

    Alike cells form groups, by k-means on the factors. A group expects landslides in proportion to
    the sum of ``exp(0.8 s)`` over its background cells, s the score in standard deviations. If the
    true rate is the expected one times a factor of mean 1 and variance v, the counts have the
    variance ``E + v E^2`` (gamma-Poisson), so v follows from Pearson's chi-square, what chance adds
    to it in the landslides and in the background cells taken off. What differs within a group is
    not seen.

    Parameters
    ----------
    score
        Of the background cells, shape ``(cells,)``; any level and scale.
    cells, presences
        Normal scores of background cells and of landslides, shapes ``(cells, factors)`` and
        ``(landslides, factors)``.
    seed
        Seed of the grouping.

    Returns
    -------
    float
        Relative variance v; chance can make it negative.
    """
    from sklearn.cluster import KMeans

    order = np.lexsort(cells.T)
    cells, score = cells[order], score[order]
    groups = max(2, min(len(presences) // PRESENCES_PER_GROUP, len(cells) // CELLS_PER_GROUP))
    # one thread: sums in a fixed order
    with threadpool_limits(limits=1):
        means = KMeans(groups, n_init=1, random_state=seed).fit(cells)
        found = np.bincount(means.predict(presences), minlength=groups)
    rate = np.exp(PRIOR_SLOPE * (score - score.mean()) / (score.std() or 1.0))
    expected = np.bincount(means.labels_, rate, groups)
    expected *= len(presences) / expected.sum()
    by_chance = 1 + expected / np.bincount(means.labels_, minlength=groups)
    return float(((found - expected) ** 2 / expected - by_chance).sum() / len(presences))
