"""How alike two cells are: the kernel of the residual that stage 2 learns."""

from dataclasses import dataclass
from math import factorial

import numpy as np
from numba import njit

ADDITIVE_LIMIT = 0.15
"""A factor enters the additive half if its weight exceeds this share of the mean weight."""

_TAYLOR = tuple(1 / factorial(power) for power in range(12))


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


@njit(inline="always")
def exp_of_squares(exponent):
    """Exponential of a number up to 0, off by less than 1e-13: compiled for many at once.

    ``exp(x) = exp(x / 64)^64``, the inner one by its Taylor series; below -32 it stays at 1e-14.
    """
    x = (exponent if exponent > -32.0 else -32.0) * 0.015625
    series = _TAYLOR[11] * x + _TAYLOR[10]
    series = series * x + _TAYLOR[9]
    series = series * x + _TAYLOR[8]
    series = series * x + _TAYLOR[7]
    series = series * x + _TAYLOR[6]
    series = series * x + _TAYLOR[5]
    series = series * x + _TAYLOR[4]
    series = series * x + _TAYLOR[3]
    series = series * x + _TAYLOR[2]
    series = series * x + _TAYLOR[1]
    series = series * x + _TAYLOR[0]
    series *= series
    series *= series
    series *= series
    series *= series
    series *= series
    return series * series


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
