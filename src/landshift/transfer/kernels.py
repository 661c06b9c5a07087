"""How alike two cells are: the kernel of the residual that stage 2 learns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from landshift.runtime.portable_math import exp_of_squares
from landshift.transfer.preparation import RankTransform, fit_rank_transform

FACTOR_VARIANCE = 0.1
"""Prior variance that each of these factors adds; that of the shared factors is 0.5 to 1."""


@dataclass(frozen=True)
class TargetKernel:
    """Sum of one kernel per factor, like Gower's similarity of mixed data.

    ``k(x, x') = 0.1 (sum_j exp(-1/2 (z_j - z'_j)^2) + sum_c [x_c = x'_c])``: normal scores of the
    measured factors j within the region, equal class or not for the class factors c (after Gower,
    1971, doi:10.2307/2528823). A class that no labelled cell has is like none of them: there its
    factor says nothing, and adds its whole prior variance.

    Attributes
    ----------
    measured, classes
        Names of the factors of either kind.
    units
        Unit of each factor, the measured ones first.
    ranks
        Distribution of the measured factors in the target region.
    """

    measured: tuple[str, ...]
    classes: tuple[str, ...]
    units: tuple[str, ...]
    ranks: RankTransform

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns of `prepare`."""
        return (*self.measured, *self.classes)

    @property
    def variance(self) -> float:
        """``k(x, x)``."""
        return FACTOR_VARIANCE * len(self.factors)

    def prepare(self, values: np.ndarray) -> np.ndarray:
        """Turn measured factors into normal scores and leave codes, shape ``(cells, factors)``."""
        measured = len(self.measured)
        scores = self.ranks.apply(values[:, :measured])
        return np.hstack([scores, np.asarray(values[:, measured:], np.float32)])

    def similarity(self, left: np.ndarray, right: np.ndarray, factor: int) -> np.ndarray:
        """Kernel of a single factor, by its column in prepared cells."""
        own = slice(factor, factor + 1)
        return FACTOR_VARIANCE * _sum_similarity(
            np.ascontiguousarray(left[:, own], np.float64),
            np.ascontiguousarray(right[:, own], np.float64),
            1 if factor < len(self.measured) else 0,
        )

    def covariance(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Kernel between prepared cells ``(cells, factors)`` and labels ``(labels, factors)``."""
        return FACTOR_VARIANCE * _sum_similarity(
            np.ascontiguousarray(left, np.float64),
            np.ascontiguousarray(right, np.float64),
            len(self.measured),
        )


def fit_target_kernel(
    background: pd.DataFrame,
    *,
    measured: Sequence[str] = (),
    classes: Sequence[str] = (),
    units: Sequence[str] | None = None,
) -> TargetKernel:
    """Learn the distribution of the measured factors from background cells of the target.

    Parameters
    ----------
    background
        Random cells of the target, with a column per factor.
    measured, classes
        Factors that only the target has; those of `classes` hold codes.
    units
        Unit of each factor, the measured ones first; None for unknown ones.
    """
    values = background[list(measured)].to_numpy(np.float32)
    names = (*measured, *classes)
    return TargetKernel(
        tuple(measured),
        tuple(classes),
        tuple(units) if units is not None else ("",) * len(names),
        fit_rank_transform(values),
    )


@njit(nogil=True, cache=True)
def _sum_similarity(left, right, measured):
    factors = left.shape[1]
    result = np.zeros((len(left), len(right)))
    for i in range(len(left)):
        for j in range(len(right)):
            total = 0.0
            for factor in range(measured):
                difference = left[i, factor] - right[j, factor]
                total += np.exp(-0.5 * difference * difference)
            for factor in range(measured, factors):
                total += left[i, factor] == right[j, factor]
            result[i, j] = total
    return result


ADDITIVE_LIMIT = 0.15
"""A factor enters the additive half if its weight exceeds this share of the mean weight."""


@dataclass(frozen=True)
class ResidualKernel:
    """Half joint, half additive squared-exponential kernel on normal scores.

    ``k(z, z') = 1/2 exp(-1/2 sum_j a_j (z_j - z'_j)^2)
    + 1/2 sum_j a_j exp(-1/2 (z_j - z'_j)^2)``, the second sum over the factors of weight
    ``a_j > 0.15 / d``, d the number of factors.

    Attributes
    ----------
    weights
        ``a``: weight of each factor, sum 1.
    """

    weights: np.ndarray

    @property
    def variance(self) -> float:
        """``k(z, z)``."""
        return 0.5 + 0.5 * float(self.weights[self.additive].sum())

    @property
    def additive(self) -> np.ndarray:
        """Numbers of the factors in the additive half."""
        return np.flatnonzero(self.weights * len(self.weights) > ADDITIVE_LIMIT)

    def covariance(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Kernel between normal scores of shape ``(cells, factors)`` and ``(labels, factors)``."""
        return _covariance(
            np.ascontiguousarray(left, np.float64),
            np.ascontiguousarray(right.T, np.float64),
            self.weights.astype(np.float64),
            self.additive,
        )


@njit(nogil=True, cache=True, fastmath={"contract"})
def _covariance(left, right, weights, additive):
    labels = right.shape[1]
    result = np.empty((len(left), labels))
    distance = np.empty(labels)
    for i in range(len(left)):
        distance[:] = 0.0
        for factor in range(len(weights)):
            weight, score, others = weights[factor], left[i, factor], right[factor]
            for j in range(labels):
                difference = score - others[j]
                distance[j] += weight * difference * difference
        total = result[i]
        for j in range(labels):
            total[j] = exp_of_squares(-0.5 * distance[j])
        for factor in additive:
            weight, score, others = weights[factor], left[i, factor], right[factor]
            for j in range(labels):
                difference = score - others[j]
                total[j] += weight * exp_of_squares(-0.5 * difference * difference)
        for j in range(labels):
            total[j] *= 0.5
    return result
