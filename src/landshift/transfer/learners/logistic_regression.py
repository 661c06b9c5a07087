"""Logistic regression with a strong ridge penalty, saved as arrays."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landshift.transfer.learners.arrays import load_arrays, save_arrays

INVERSE_PENALTY = 0.003
"""``C`` for 3,000 samples of mean weight 1; scaled so that the penalty per sample stays."""


LARGEST = 1e6
"""Weights [logit] that a file may hold; none that is fitted comes near it."""


@dataclass(frozen=True)
class LogisticRegressionModel:
    """Weights of shape ``(factors,)`` and an intercept, on the logit scale."""

    weights: np.ndarray
    intercept: float

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Logit of values of shape ``(cells, factors)``."""
        return values @ self.weights + self.intercept

    def save(self, path: Path) -> None:
        """Write ``path`` with the suffix ``.npz``."""
        intercept = np.asarray(self.intercept)
        save_arrays(path.with_suffix(".npz"), weights=self.weights, intercept=intercept)


def fit(
    values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int
) -> LogisticRegressionModel:
    """Fit on values of shape ``(cells, factors)``; the seed is not needed."""
    from sklearn.linear_model import LogisticRegression

    penalty = INVERSE_PENALTY * 3000 / len(values)
    model = LogisticRegression(C=penalty, tol=1e-8, max_iter=1000)
    model.fit(values.astype(float), labels, weights)
    return LogisticRegressionModel(model.coef_[0], float(model.intercept_[0]))


def load(path: Path) -> LogisticRegressionModel:
    """Read what the model's ``save`` wrote."""
    arrays = load_arrays(path.with_suffix(".npz"), ["weights", "intercept"])
    weights, intercept = arrays["weights"], arrays["intercept"]
    if (weights.ndim, intercept.ndim, weights.dtype, intercept.dtype) != (1, 0, float, float):
        raise ValueError(f"{path}: not the weights of a logistic regression")
    if max(np.abs([*weights, intercept])) > LARGEST:
        raise ValueError(f"{path}: weights beyond {LARGEST:g}")
    return LogisticRegressionModel(weights, float(intercept))
