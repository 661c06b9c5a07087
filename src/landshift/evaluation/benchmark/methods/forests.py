"""Source forests that go on learning on the shots."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask, predict_mean
from landshift.runtime.seeds import derive_seed
from landshift.transfer.learners import LogitModel
from landshift.transfer.learners.random_forest import (
    PROBABILITY_LIMIT,
    TREES,
    RandomForestModel,
    flatten_forest,
)

PSEUDO_COUNT = 10.0
"""Shots that a leaf's share on the sources is worth."""

NEW_TREES = TREES // 3
SHOTS_PER_LEAF = 2


@method("leaf_counts", group="adapted", families=("rf",))
def count_into_leaves(task: TransferTask, family: str) -> np.ndarray:
    """Count the shots into the leaves, where the share on the sources is worth 10 of them."""
    return predict_mean(task, lambda name: _count(task, name))


@method("warm_start", group="adapted", families=("rf",))
def grow_on(task: TransferTask, family: str) -> np.ndarray:
    """Grow a third as many trees again on the shots."""
    return predict_mean(task, lambda name: _grow(task, name))


def _count(task: TransferTask, preparation: str) -> RandomForestModel:
    forest = task.view.source_models["rf"].fitted[preparation]
    leaves = find_leaves(forest, task.prepared_shots[preparation])
    labels = np.repeat(task.shot_labels, leaves.shape[1])
    nodes = len(forest.share)
    shots = np.bincount(leaves.ravel(), minlength=nodes)
    presences = np.bincount(leaves.ravel(), labels, minlength=nodes)
    share = (PSEUDO_COUNT * forest.share + presences) / (PSEUDO_COUNT + shots)
    return replace(forest, share=share)


def find_leaves(forest: RandomForestModel, values: np.ndarray) -> np.ndarray:
    """Node that values of shape ``(cells, factors)`` end in, shape ``(cells, trees)``."""
    node = np.tile(forest.roots, (len(values), 1))
    cells = np.arange(len(values))[:, None]
    while (inner := forest.left[node] >= 0).any():
        goes_left = values[cells, forest.factor[node]] <= forest.threshold[node]
        child = np.where(goes_left, forest.left[node], forest.right[node])
        node = np.where(inner, child, node)
    return node


@dataclass(frozen=True)
class _TwoForests:
    """Mean over the trees of both forests."""

    old: LogitModel
    new: LogitModel

    def logit(self, values: np.ndarray) -> np.ndarray:
        old, new = (expit(forest.logit(values)) for forest in (self.old, self.new))
        probability = (TREES * old + NEW_TREES * new) / (TREES + NEW_TREES)
        return logit(np.clip(probability, PROBABILITY_LIMIT, 1 - PROBABILITY_LIMIT))


def _grow(task: TransferTask, preparation: str) -> _TwoForests:
    seed = derive_seed(task.seed, "warm_start", preparation)
    forest = RandomForestClassifier(NEW_TREES, min_samples_leaf=SHOTS_PER_LEAF, random_state=seed)
    forest.fit(task.prepared_shots[preparation], task.shot_labels)
    old = task.view.source_models["rf"].fitted[preparation]
    return _TwoForests(old, flatten_forest(forest))
