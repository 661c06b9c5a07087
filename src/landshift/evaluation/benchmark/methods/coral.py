"""Correlation alignment: source samples get the mean and covariance of the target's background.

Sun, Feng and Saenko (2016), Return of frustratingly easy domain adaptation,
https://doi.org/10.1609/aaai.v30i1.10306. Raw factors, no label of the target.
"""

import numpy as np
from scipy.special import expit

from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.runtime.seeds import derive_seed
from landshift.transfer.learners import get_learner

METHOD = "coral"
GROUP = "unsupervised"

LEARNERS = ("lr", "xgb")
RIDGE = 1.0
"""Added to the variances, as in the paper [variance of a standardised factor]."""


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries; the shots play no part."""
    if METHOD not in task.shared.shots:
        task.shared.shots[METHOD] = _predict(task)
    return task.shared.shots[METHOD]


def _predict(task: TransferTask) -> dict[str, np.ndarray]:
    background = task.view.background[task.view.factors].to_numpy(np.float32)
    target = task.training.standardisation.apply(background)
    aligned = align_correlation(task.training.prepared["raw"], target)
    predictions = {}
    for learner in (name for name in LEARNERS if name in task.view.source_models):
        model = get_learner(learner).fit(
            aligned,
            task.training.labels,
            task.training.weights,
            seed=derive_seed(task.seed, METHOD, learner),
        )
        predictions[learner] = expit(model.logit(task.prepared_queries["raw"]))
    return predictions


def align_correlation(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Whiten source values and colour them like the target, shapes ``(cells, factors)``."""
    whitened = (source - source.mean(axis=0)) @ _power(source, -0.5)
    return (whitened @ _power(target, 0.5) + target.mean(axis=0)).astype(np.float32)


def _power(values: np.ndarray, exponent: float) -> np.ndarray:
    covariance = np.cov(values.T.astype(float)) + RIDGE * np.eye(values.shape[1])
    variance, axes = np.linalg.eigh(covariance)
    return axes * variance**exponent @ axes.T
