"""How alike two cells are: the kernel of the residual that stage 2 learns."""

from dataclasses import dataclass

import numpy as np
from numba import njit

ADDITIVE_LIMIT = 0.15
"""A factor enters the additive half if its importance exceeds this share of the mean importance."""


@dataclass(frozen=True)
class ResidualKernel:
    """Half joint, half additive squared-exponential kernel on normal scores.

    ``k(z, z') = 1/2 exp(-1/2 sum_j a_j (z_j - z'_j)^2)
    + 1/2 sum_j a_j exp(-1/2 (z_j - z'_j)^2)``, the second sum over the factors of importance
    ``a_j > 0.15 / d``, d the number of factors.

    Attributes
    ----------
    importance
        ``a``: importance of each factor in the sources' random forests, sum 1.
    """

    importance: np.ndarray

    @property
    def variance(self) -> float:
        """``k(z, z)``."""
        return 0.5 + 0.5 * float(self.importance[self._additive].sum())

    @property
    def _additive(self) -> np.ndarray:
        return np.flatnonzero(self.importance * len(self.importance) > ADDITIVE_LIMIT)

    def covariance(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Kernel between normal scores of shape ``(cells, factors)`` and ``(labels, factors)``."""
        return _covariance(
            np.ascontiguousarray(left, np.float64),
            np.ascontiguousarray(right, np.float64),
            self.importance.astype(np.float64),
            self._additive,
        )


@njit(nogil=True, cache=True)
def _covariance(left, right, importance, additive):
    result = np.empty((len(left), len(right)))
    for i in range(len(left)):
        for j in range(len(right)):
            distance = 0.0
            for factor in range(len(importance)):
                difference = left[i, factor] - right[j, factor]
                distance += importance[factor] * difference * difference
            total = np.exp(-0.5 * distance)
            for factor in additive:
                difference = left[i, factor] - right[j, factor]
                total += importance[factor] * np.exp(-0.5 * difference * difference)
            result[i, j] = 0.5 * total
    return result
