"""LightGBM with few leaves, saved in LightGBM's text format."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landshift.transfer.learners.boosting_libraries import lightgbm
from landshift.transfer.learners.trees import Trees, first_nodes, renumber_children, round_down

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


@dataclass(frozen=True)
class LightBoostingModel:
    """A fitted booster."""

    booster: lightgbm.Booster

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Raw score of values of shape ``(cells, factors)``."""
        return self.booster.predict(values, raw_score=True, num_threads=1)

    def logit_of_sum(self, total: np.ndarray) -> np.ndarray:
        """Raw score from the sum over `trees`."""
        return total

    def trees(self) -> Trees:
        """Return the trees, whose leaves add up to the raw score."""
        sections = self.booster.model_to_string().split("\nTree=")[1:]
        trees = [_read_tree(section) for section in sections]
        roots = first_nodes([len(tree["value"]) for tree in trees])
        left, right = (
            renumber_children([tree[side] for tree in trees], roots) for side in ("left", "right")
        )
        return Trees(
            roots=roots,
            factor=np.concatenate([tree["factor"] for tree in trees]).astype(np.int32),
            threshold=round_down(np.concatenate([tree["threshold"] for tree in trees])),
            left=left,
            right=right,
            value=np.concatenate([tree["value"] for tree in trees]),
        )

    def save(self, path: Path) -> None:
        """Write ``path`` with the suffix ``.txt``."""
        self.booster.save_model(path.with_suffix(".txt"))


def fit(
    values: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, seed: int
) -> LightBoostingModel:
    """Boost on values of shape ``(cells, factors)``."""
    data = lightgbm.Dataset(values, labels, weight=weights, params={"verbosity": -1})
    booster = lightgbm.train(PARAMETERS | {"seed": seed}, data, num_boost_round=ROUNDS)
    return LightBoostingModel(booster)


def load(path: Path) -> LightBoostingModel:
    """Read what the model's ``save`` wrote."""
    try:
        return LightBoostingModel(lightgbm.Booster(model_file=path.with_suffix(".txt")))
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"no LightGBM model: {error}") from error


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
