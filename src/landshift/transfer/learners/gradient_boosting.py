"""Extreme gradient boosting with shallow trees, saved in XGBoost's UBJSON."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import logit

from landshift.transfer.learners.boosting_libraries import xgboost
from landshift.transfer.learners.trees import Trees, first_nodes, renumber_children

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


@dataclass(frozen=True)
class GradientBoostingModel:
    """A fitted booster."""

    booster: xgboost.Booster

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Margin of values of shape ``(cells, factors)``."""
        matrix = np.ascontiguousarray(values, np.float32)
        margin = self.booster.inplace_predict(matrix, predict_type="margin")
        return np.asarray(margin, float)

    def logit_of_sum(self, total: np.ndarray) -> np.ndarray:
        """Margin from the sum over `trees`."""
        return np.asarray(total, float)

    def trees(self) -> Trees:
        """Return the trees, whose float32 leaves add up to the margin."""
        learner = json.loads(self.booster.save_raw("json"))["learner"]
        trees = learner["gradient_booster"]["model"]["trees"]
        roots = first_nodes([len(tree["left_children"]) for tree in trees])
        left, right = (
            renumber_children([np.array(tree[side]) for tree in trees], roots)
            for side in ("left_children", "right_children")
        )
        # the value of a leaf stands where an inner node has its condition
        conditions = np.concatenate([tree["split_conditions"] for tree in trees], dtype=np.float32)
        base = float(learner["learner_model_param"]["base_score"].strip("[]"))
        return Trees(
            roots=roots,
            factor=np.concatenate([tree["split_indices"] for tree in trees], dtype=np.int32),
            # XGBoost goes left where a value is smaller
            threshold=np.nextafter(conditions, np.float32(-np.inf)),
            left=left,
            right=right,
            value=conditions,
            start=float(logit(base)),
        )

    def save(self, path: Path) -> None:
        """Write ``path`` with the suffix ``.ubj``."""
        self.booster.save_model(path.with_suffix(".ubj"))


def fit(
    values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int
) -> GradientBoostingModel:
    """Boost on values of shape ``(cells, factors)``."""
    data = xgboost.DMatrix(values.astype(np.float32), labels, weight=weights, nthread=1)
    booster = xgboost.train(PARAMETERS | {"seed": seed}, data, num_boost_round=ROUNDS)
    return GradientBoostingModel(booster)


def load(path: Path) -> GradientBoostingModel:
    """Read what the model's ``save`` wrote."""
    return GradientBoostingModel(
        xgboost.Booster({"nthread": 1}, model_file=path.with_suffix(".ubj"))
    )
