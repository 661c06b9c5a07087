"""LightGBM with few leaves."""

import numpy as np

from landshift.transfer.learners.boosted_trees import BoostedTrees, load
from landshift.transfer.learners.boosting_libraries import lightgbm
from landshift.transfer.learners.trees import Trees, first_nodes, renumber_children, round_down

__all__ = ["PARAMETERS", "ROUNDS", "fit", "load", "read_booster", "train"]

ROUNDS = 150
PARAMETERS = {
    "objective": "binary",
    "num_leaves": 6,
    "learning_rate": 0.05,
    "min_data_in_leaf": 20,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    # one thread and no choice by timing: the same bytes on any machine
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


def fit(values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int) -> BoostedTrees:
    """Boost on values of shape ``(cells, factors)``."""
    return read_booster(train(values, labels, weights, seed=seed))


def train(
    values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int
) -> lightgbm.Booster:
    """Boost as `fit` does, into the library's own model, which can be trained further."""
    data = lightgbm.Dataset(values, labels, weight=weights, params={"verbosity": -1})
    return lightgbm.train(PARAMETERS | {"seed": seed}, data, num_boost_round=ROUNDS)


def read_booster(booster: lightgbm.Booster) -> BoostedTrees:
    """Copy the trees of a booster, whose leaves add up to the raw score."""
    sections = booster.model_to_string().split("\nTree=")[1:]
    trees = [_read_tree(section) for section in sections]
    roots = first_nodes([len(tree["value"]) for tree in trees])
    left, right = (
        renumber_children([tree[side] for tree in trees], roots) for side in ("left", "right")
    )
    return BoostedTrees(
        Trees(
            roots=roots,
            factor=np.concatenate([tree["factor"] for tree in trees]).astype(np.int32),
            threshold=round_down(np.concatenate([tree["threshold"] for tree in trees])),
            left=left,
            right=right,
            value=np.concatenate([tree["value"] for tree in trees]),
        )
    )


def _read_tree(section: str) -> dict[str, np.ndarray]:
    """Read a tree of the text format: inner nodes first, then leaves, which it counts from -1."""
    lines = dict(line.split("=", 1) for line in section.splitlines() if "=" in line)
    leaves = int(lines["num_leaves"])

    def read(key: str) -> np.ndarray:
        return np.array(lines.get(key, "").split()[: leaves - 1], float)

    def join(inner: np.ndarray, at_leaves: np.ndarray | float) -> np.ndarray:
        return np.concatenate([inner, np.broadcast_to(at_leaves, leaves)])

    def number(children: np.ndarray) -> np.ndarray:
        inner = np.where(children < 0, leaves - 2 - children, children)
        return join(inner, -1).astype(np.int32)

    return {
        "factor": join(read("split_feature"), 0),
        "threshold": join(read("threshold"), 0),
        "left": number(read("left_child")),
        "right": number(read("right_child")),
        "value": join(np.zeros(leaves - 1), np.array(lines["leaf_value"].split(), float)),
    }
