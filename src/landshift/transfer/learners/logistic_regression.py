"""Logistic regression with a strong ridge penalty, saved as JSON."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

INVERSE_PENALTY = 0.003
"""``C`` for 3,000 samples of mean weight 1; scaled so that the penalty per sample stays."""


@dataclass(frozen=True)
class LogisticRegressionModel:
    """Weights of shape ``(factors,)`` and an intercept, on the logit scale."""

    weights: np.ndarray
    intercept: float

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Logit of values of shape ``(cells, factors)``."""
        return values @ self.weights + self.intercept

    def save(self, path: Path) -> None:
        """Write ``path`` with the suffix ``.json``."""
        content = {"intercept": self.intercept, "weights": self.weights.tolist()}
        path.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n")


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
    content = json.loads(path.with_suffix(".json").read_text())
    return LogisticRegressionModel(
        np.asarray(content["weights"], float), float(content["intercept"])
    )
