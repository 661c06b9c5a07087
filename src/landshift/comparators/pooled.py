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
    values = task.view.queries
    logits = [
        _fit(task, learner, name).logit(_prepare(task, values, name)) for name in PREPARATIONS
    ]
    return expit(np.mean(logits, axis=0))


def _fit(task: TransferTask, learner: str, preparation: str):
    """Fit one learner on one preparation; the raw one is the same in every regime."""
    key = (METHOD, learner, preparation)
    if key in task.shared:
        return task.shared[key]
    shots = _prepare(task, task.shots[task.view.factors].to_numpy(np.float32), preparation)
    model = get_learner(learner).fit(
        np.concatenate([task.training.prepared[preparation], shots]),
        np.concatenate([task.training.labels, task.shots["presence"].to_numpy(np.int8)]),
        _share_weights(task.training.weights, len(task.shots)),
        seed=derive_seed(task.seed, learner, preparation),
    )
    if preparation == "raw":
        task.shared[key] = model
    return model


def _prepare(task: TransferTask, values: np.ndarray, preparation: str) -> np.ndarray:
    if preparation == "raw":
        return task.training.standardisation.apply(values)
    return task.view.ranks.apply(values)


def _share_weights(source_weights: np.ndarray, shots: int) -> np.ndarray:
    total = len(source_weights) + shots
    sources = source_weights / source_weights.sum() * (1 - TARGET_SHARE)
    return total * np.concatenate([sources, np.full(shots, TARGET_SHARE / shots)])
