"""Random forest, grown by scikit-learn, kept as plain arrays and walked by compiled code."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.special import logit

from landshift.transfer.learners.arrays import load_arrays, save_arrays
from landshift.transfer.learners.trees import (
    Trees,
    first_nodes,
    renumber_children,
    round_down,
    sum_leaves,
)

TREES = 150
SAMPLES_PER_LEAF = 20
PROBABILITY_LIMIT = 1e-3
"""Probabilities are kept this far from 0 and 1 before the logit."""


@dataclass(frozen=True)
class RandomForestModel:
    """All trees in flat arrays of shape ``(nodes,)``, children as node numbers, -1 at a leaf.

    Attributes
    ----------
    roots
        First node of every tree.
    factor, threshold
        A cell goes left where its value is <= the threshold.
    left, right
        Children.
    share
        Weighted share of presences at the node.
    importance
        Mean decrease in impurity of each factor, sum 1.
    """

    roots: np.ndarray
    factor: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    share: np.ndarray
    importance: np.ndarray

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Logit of the trees' mean share of presences; values of shape ``(cells, factors)``."""
        return self.logit_of_sum(sum_leaves(self.trees(), values))

    def logit_of_sum(self, total: np.ndarray) -> np.ndarray:
        """Logit from the sum over `trees`."""
        probability = total / len(self.roots)
        return logit(np.clip(probability, PROBABILITY_LIMIT, 1 - PROBABILITY_LIMIT))

    def trees(self) -> Trees:
        """Return the trees, whose leaves add their share of presences."""
        return Trees(self.roots, self.factor, self.threshold, self.left, self.right, self.share)

    def save(self, path: Path) -> None:
        """Write ``path`` with the suffix ``.npz``."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        save_arrays(path.with_suffix(".npz"), **arrays)


def fit(
    values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int, trees: int = TREES
) -> RandomForestModel:
    """Grow the forest on values of shape ``(cells, factors)``."""
    from sklearn.ensemble import RandomForestClassifier

    # as many threads as joblib's `parallel_config` allows, by default one; no tree depends on it
    forest = RandomForestClassifier(
        n_estimators=trees, min_samples_leaf=SAMPLES_PER_LEAF, random_state=seed
    )
    forest.fit(values.astype(np.float32), labels, weights)
    return flatten_forest(forest)


def load(path: Path) -> RandomForestModel:
    """Read what the model's ``save`` wrote."""
    names = [field.name for field in fields(RandomForestModel)]
    return RandomForestModel(**load_arrays(path.with_suffix(".npz"), names))


def flatten_forest(forest) -> RandomForestModel:
    """Copy the trees of a fitted ``RandomForestClassifier`` of classes 0 and 1 into flat arrays.

    A threshold is rounded down to float32: for a float32 value the comparison stays the same.
    """
    trees = [estimator.tree_ for estimator in forest.estimators_]
    roots = first_nodes([tree.node_count for tree in trees])
    positive = list(forest.classes_).index(1)
    return RandomForestModel(
        roots=roots,
        factor=np.concatenate([tree.feature for tree in trees]).astype(np.int32),
        threshold=round_down(np.concatenate([tree.threshold for tree in trees])),
        left=renumber_children([tree.children_left for tree in trees], roots),
        right=renumber_children([tree.children_right for tree in trees], roots),
        share=np.concatenate([tree.value[:, 0, positive] for tree in trees]),
        importance=forest.feature_importances_,
    )
