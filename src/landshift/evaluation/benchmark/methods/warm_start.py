"""The source forest grows on: a third as many trees again, on the shots."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier

from landshift.evaluation.benchmark.methods.averaging import Model, predict_mean
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.runtime.seeds import derive_seed
from landshift.transfer.learners.random_forest import PROBABILITY_LIMIT, TREES, flatten_forest

METHOD = "warm_start"
GROUP = "adapted"

NEW_TREES = TREES // 3
SHOTS_A_LEAF = 2


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries for the random forest."""
    if "rf" not in task.view.source_models:
        return {}
    return {"rf": predict_mean(task, lambda name: _grow(task, name))}


@dataclass(frozen=True)
class _TwoForests:
    """Mean over the trees of both forests."""

    old: Model
    new: Model

    def logit(self, values: np.ndarray) -> np.ndarray:
        old, new = (expit(forest.logit(values)) for forest in (self.old, self.new))
        probability = (TREES * old + NEW_TREES * new) / (TREES + NEW_TREES)
        return logit(np.clip(probability, PROBABILITY_LIMIT, 1 - PROBABILITY_LIMIT))


def _grow(task: TransferTask, preparation: str) -> _TwoForests:
    seed = derive_seed(task.seed, METHOD, preparation)
    forest = RandomForestClassifier(NEW_TREES, min_samples_leaf=SHOTS_A_LEAF, random_state=seed)
    forest.fit(task.prepared_shots[preparation], task.shot_labels)
    old = task.view.source_models["rf"].fitted[preparation]
    return _TwoForests(old, flatten_forest(forest))
