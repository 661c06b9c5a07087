"""What a map needs from a model, and what the model says about cells."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, logit


@dataclass(frozen=True)
class Prediction:
    """Prediction for cells.

    Attributes
    ----------
    logit
        Posterior mean of the logit at equal prevalence of both classes, shape ``(cells,)``.
    sd
        Its posterior standard deviation.
    prevalence
        Stated share of failing cells.
    """

    logit: np.ndarray
    sd: np.ndarray
    prevalence: float

    @property
    def probability(self) -> np.ndarray:
        """Susceptibility at the stated prevalence."""
        return expit(self.logit + logit(self.prevalence))


class Model(Protocol):
    """What a map needs from a model."""

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns that `predict` takes."""

    def predict(self, values: np.ndarray) -> Prediction:
        """Predict cells from factor values of shape ``(cells, factors)``, none of them NaN."""
