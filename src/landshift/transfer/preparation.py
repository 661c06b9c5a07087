"""The two preparations of conditioning factors that source models are trained on.

``raw`` keeps the physical value, standardised once on the sources; the target never refits it.
``rank`` replaces a value by its normal score within its own region, so that regions of different
relief or climate become comparable.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

NORMAL_SCORE_LIMIT = 3.0
"""Normal scores are clipped to this magnitude [standard deviations]."""

PREPARATIONS = ("raw", "rank")


@dataclass(frozen=True)
class Standardisation:
    """``(x - mean) / sd`` with the statistics of the sources; arrays of shape ``(factors,)``."""

    mean: np.ndarray
    sd: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Standardise values of shape ``(cells, factors)``."""
        return ((values - self.mean) / self.sd).astype(np.float32)


@dataclass(frozen=True)
class RankTransform:
    """Normal scores by the empirical distribution of one region.

    Attributes
    ----------
    reference
        Sorted factor values of the region's background cells, shape ``(factors, cells)``.
    """

    reference: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Turn values into normal scores, shape ``(cells, factors)``, within +-3.

        ``z = clip(Phi^-1(F(x)), -3, 3)`` with F the mid-rank empirical distribution function, so
        that a value shared by many cells (a capped distance, a flat) gets the middle of its ranks.
        """
        # the reference is float32: ties are found only among numbers of the same kind
        values = np.asarray(values, np.float32)
        scores = np.empty(values.shape, np.float32)
        table = _normal_scores(self.reference.shape[1])
        for factor, ordered in enumerate(self.reference):
            below = np.searchsorted(ordered, values[:, factor], side="left")
            upto = np.searchsorted(ordered, values[:, factor], side="right")
            scores[:, factor] = table[below + upto]
        return scores


def fit_standardisation(values: np.ndarray, weights: np.ndarray) -> Standardisation:
    """Weighted mean and standard deviation of values of shape ``(cells, factors)``.

    A factor without spread keeps a standard deviation of 1, so that it stays at zero.
    """
    values = values.astype(np.float64)
    mean = np.average(values, axis=0, weights=weights)
    sd = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
    return Standardisation(mean, np.where(sd > 0, sd, 1.0))


def fit_rank_transform(background: np.ndarray) -> RankTransform:
    """Learn a region's distribution from background values of shape ``(cells, factors)``.

    Raises
    ------
    ValueError
        If there are no background cells.
    """
    if len(background) == 0:
        raise ValueError("no background cells to rank by; draw some in the region")
    return RankTransform(np.sort(np.asarray(background, np.float32).T, axis=1))


def _normal_scores(cells: int) -> np.ndarray:
    """Scores for every possible sum of lower and upper rank, 0 to twice the number of cells."""
    share = np.arange(2 * cells + 1) / (2 * cells)
    return np.clip(ndtri(share), -NORMAL_SCORE_LIMIT, NORMAL_SCORE_LIMIT).astype(np.float32)
