"""LightGBM with few leaves, saved in LightGBM's text format."""

from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np

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
