"""The mean over both preparations, which most methods on source samples share."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy.special import expit

from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.transfer.preparation import PREPARATIONS


class Model(Protocol):
    """What a learner fits."""

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Logit of values of shape ``(cells, factors)``."""


def predict_mean(task: TransferTask, fit: Callable[[str], Model]) -> np.ndarray:
    """Probability of the queries from the mean logit of a model of each preparation.

    Parameters
    ----------
    task
        The target and its shots.
    fit
        Makes the model of a preparation, by its name.
    """
    logits = [fit(name).logit(task.prepared_queries[name]) for name in PREPARATIONS]
    return expit(np.mean(logits, axis=0))
