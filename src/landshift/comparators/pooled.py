"""Sources and shots in one training set, the target holding half of the weight."""

import numpy as np
from scipy.special import expit

from landshift.comparators.task import TransferTask
from landshift.learners import get_learner
from landshift.preparation import PREPARATIONS
from landshift.seeds import derive_seed

METHOD = "pooled"

TARGET_SHARE = 0.5
"""Share of the total weight that the shots get."""


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries for every learner, from the mean logit of both preparations."""
    return {learner: _predict(task, learner) for learner in task.view.source_models}


def _predict(task: TransferTask, learner: str) -> np.ndarray:
    fit = get_learner(learner).fit
    shots = _prepare(task, task.shots[task.view.factors].to_numpy(np.float32))
    queries = _prepare(task, task.view.queries)
    labels = np.concatenate([task.training.labels, task.shots["presence"].to_numpy(np.int8)])
    weights = _share_weights(task.training.weights, len(task.shots))
    logits = []
    for name in PREPARATIONS:
        values = np.concatenate([task.training.prepared[name], shots[name]])
        model = fit(values, labels, weights, seed=derive_seed(task.seed, learner, name))
        logits.append(model.logit(queries[name]))
    return expit(np.mean(logits, axis=0))


def _prepare(task: TransferTask, values: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "raw": task.training.standardisation.apply(values),
        "rank": task.view.ranks.apply(values),
    }


def _share_weights(source_weights: np.ndarray, shots: int) -> np.ndarray:
    total = len(source_weights) + shots
    sources = source_weights / source_weights.sum() * (1 - TARGET_SHARE)
    return total * np.concatenate([sources, np.full(shots, TARGET_SHARE / shots)])
