"""How alike two cells are: the kernel of the residual that stage 2 learns."""

from dataclasses import dataclass

import numpy as np
from numba import njit

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
        return 0.5 + 0.5 * float(self.weights[self._additive].sum())

    @property
    def _additive(self) -> np.ndarray:
        return np.flatnonzero(self.weights * len(self.weights) > ADDITIVE_LIMIT)

    def covariance(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Kernel between normal scores of shape ``(cells, factors)`` and ``(labels, factors)``."""
        return _covariance(
            np.ascontiguousarray(left, np.float64),
            np.ascontiguousarray(right, np.float64),
            self.weights.astype(np.float64),
            self._additive,
        )


@njit(nogil=True, cache=True)
def _covariance(left, right, weights, additive):
    result = np.empty((len(left), len(right)))
    for i in range(len(left)):
        for j in range(len(right)):
            distance = 0.0
            for factor in range(len(weights)):
                difference = left[i, factor] - right[j, factor]
                distance += weights[factor] * difference * difference
            total = np.exp(-0.5 * distance)
            for factor in additive:
                difference = left[i, factor] - right[j, factor]
                total += weights[factor] * np.exp(-0.5 * difference * difference)
            result[i, j] = 0.5 * total
    return result
