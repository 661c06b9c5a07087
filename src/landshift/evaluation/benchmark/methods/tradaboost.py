"""TrAdaBoost: boosting that trusts source samples less, the more they contradict the shots.

Dai, Yang, Xue and Yu (2007), Boosting for transfer learning, https://doi.org/10.1145/1273496.1273521,
on the rank preparation; base learners are regressions and small boosters.
"""

import numpy as np
import xgboost
from scipy.special import expit

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.transfer.learners import logistic_regression
from landshift.transfer.learners.boosted_trees import BoostedTrees
from landshift.transfer.learners.gradient_boosting import PARAMETERS, read_booster

ROUNDS = 10
TREES_PER_ROUND = 10
LARGEST_ERROR = 0.49
"""A round whose error on the shots is larger still counts, but next to nothing."""


@method("tradaboost", group="adapted", families=("lr", "xgb"))
def boost_weights(task: TransferTask, family: str) -> np.ndarray:
    """Trust contradicting source samples less (Dai et al., 2007), by probabilities, not classes."""
    fit = {"lr": logistic_regression.fit, "xgb": _fit_booster}[family]
    sources = task.training.prepared["rank"]
    values = np.concatenate([sources, task.prepared_shots["rank"]])
    labels = np.concatenate([task.training.labels, task.shot_labels])
    is_shot = np.arange(len(values)) >= len(sources)
    weights = np.concatenate([task.training.weights, np.ones(len(task.shots))])
    votes, total = np.zeros(len(task.view.queries)), 0.0
    for number in range(ROUNDS):
        model = fit(values, labels, weights * len(weights) / weights.sum(), seed=task.seed)
        error = np.abs(_share(model, values) - labels)
        shot_error = np.average(error[is_shot], weights=weights[is_shot])
        odds = min(max(shot_error, 1e-3), LARGEST_ERROR)
        odds /= 1 - odds
        decay = 1 / (1 + np.sqrt(2 * np.log(len(sources)) / ROUNDS))
        weights = weights * np.where(is_shot, odds**-error, decay**error)
        # the early rounds still follow the sources
        if number >= ROUNDS // 2:
            votes += -np.log(odds) * _share(model, task.view.query_ranks)
            total += -np.log(odds)
    return np.clip(votes / total, 1e-6, 1 - 1e-6)


def _share(model, values: np.ndarray) -> np.ndarray:
    return expit(model.logit(values))


def _fit_booster(values, labels, weights, *, seed) -> BoostedTrees:
    data = xgboost.DMatrix(values, labels, weight=weights, nthread=1)
    parameters = PARAMETERS | {"eta": 0.3, "seed": seed}
    return read_booster(xgboost.train(parameters, data, TREES_PER_ROUND))
