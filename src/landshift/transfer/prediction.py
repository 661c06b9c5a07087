"""What a map needs from a model, and what the model says about cells."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, logit

PREVALENCE_LIMITS = (1e-9, 0.999)
"""Lowest and highest prevalence: beyond them a map in single precision turns to zeros or ones."""


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


def check_prevalence(prevalence: float) -> None:
    """Refuse a prevalence that is no share of failing cells, or beyond `PREVALENCE_LIMITS`.

    Examples
    --------
    >>> check_prevalence(0.04)
    """
    low, high = PREVALENCE_LIMITS
    if not low <= prevalence <= high:
        raise ValueError(
            f"prevalence is {prevalence:g}; state the share of the cells that fail, "
            f"from {low:g} to {high:g}"
        )
