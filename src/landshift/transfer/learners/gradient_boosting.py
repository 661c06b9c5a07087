"""Extreme gradient boosting with shallow trees."""

import json
import math

import numpy as np

from landshift.transfer.learners.boosted_trees import BoostedTrees, load
from landshift.transfer.learners.boosting_libraries import xgboost
from landshift.transfer.learners.trees import Trees, first_nodes, renumber_children

__all__ = ["PARAMETERS", "ROUNDS", "fit", "load", "read_booster", "train"]

ROUNDS = 150
PARAMETERS = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 2,
    "eta": 0.05,
    "lambda": 5.0,
    "min_child_weight": 5.0,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    # one thread: sums in a fixed order, the same bytes on any machine
    "nthread": 1,
}


def fit(values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int) -> BoostedTrees:
    """Boost on values of shape ``(cells, factors)``."""
    return read_booster(train(values, labels, weights, seed=seed))


def train(
    values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int
) -> xgboost.Booster:
    """Boost as `fit` does, into the library's own model, which can be trained further."""
    data = xgboost.DMatrix(values.astype(np.float32), labels, weight=weights, nthread=1)
    return xgboost.train(PARAMETERS | {"seed": seed}, data, num_boost_round=ROUNDS)


def read_booster(booster: xgboost.Booster) -> BoostedTrees:
    """Copy the trees of a booster, whose float32 leaves add up to the margin."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    trees = learner["gradient_booster"]["model"]["trees"]
    roots = first_nodes([len(tree["left_children"]) for tree in trees])
    left, right = (
        renumber_children([np.array(tree[side]) for tree in trees], roots)
        for side in ("left_children", "right_children")
    )
    # the value of a leaf stands where an inner node has its condition
    conditions = np.concatenate([tree["split_conditions"] for tree in trees], dtype=np.float32)
    base = np.float32(learner["learner_model_param"]["base_score"].strip("[]"))
    return BoostedTrees(
        Trees(
            roots=roots,
            factor=np.concatenate([tree["split_indices"] for tree in trees], dtype=np.int32),
            # XGBoost goes left where a value is smaller
            threshold=np.nextafter(conditions, np.float32(-np.inf)),
            left=left,
            right=right,
            value=conditions,
            # in the steps of XGBoost, so that sums are the same to the last bit
            start=float(np.float32(-math.log(np.float32(1) / base - np.float32(1)))),
        )
    )
