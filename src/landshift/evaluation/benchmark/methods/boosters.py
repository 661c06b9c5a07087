"""Boosted source trees that go on learning on the shots."""

import lightgbm
import numpy as np
import xgboost

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask, predict_mean
from landshift.runtime.seeds import derive_seed
from landshift.transfer.learners import get_learner, gradient_boosting, light_boosting
from landshift.transfer.learners.boosted_trees import BoostedTrees

NEW_ROUNDS = 50

SMALL_XGB = {"min_child_weight": 0.3, "subsample": 1.0}
SMALL_LGBM = {
    "min_data_in_leaf": 3,
    "min_data_in_bin": 1,
    "min_sum_hessian_in_leaf": 0.3,
    "bagging_freq": 0,
}
"""The sources' sizes of a leaf and of a sample would leave a handful of shots unsplit."""

DECAY = 0.9
"""Share of a leaf's old value that LightGBM keeps; XGBoost's refresh keeps none."""


@method("continued", group="adapted", families=("xgb", "lgbm"))
def go_on_boosting(task: TransferTask, family: str) -> np.ndarray:
    """Go on boosting for 50 rounds on the shots."""
    go_on = {"xgb": _continue_xgb, "lgbm": _continue_lgbm}[family]
    return predict_mean(task, lambda name: go_on(task, name))


@method("refitted", group="adapted", families=("xgb", "lgbm"))
def refit_leaves(task: TransferTask, family: str) -> np.ndarray:
    """Keep the splits and renew the leaves: XGBoost's refresh, LightGBM's refit with decay 0.9."""
    refit = {"xgb": _refresh_xgb, "lgbm": _refit_lgbm}[family]
    return predict_mean(task, lambda name: refit(task, name))


def _continue_xgb(task: TransferTask, preparation: str) -> BoostedTrees:
    data = xgboost.DMatrix(task.prepared_shots[preparation], task.shot_labels, nthread=1)
    parameters = gradient_boosting.PARAMETERS | SMALL_XGB | {"seed": task.seed}
    booster = _train_on_sources(task, "xgb", preparation)
    grown = xgboost.train(parameters, data, NEW_ROUNDS, xgb_model=booster)
    return gradient_boosting.read_booster(grown)


def _continue_lgbm(task: TransferTask, preparation: str) -> BoostedTrees:
    parameters = light_boosting.PARAMETERS | SMALL_LGBM | {"seed": task.seed}
    data = lightgbm.Dataset(task.prepared_shots[preparation], task.shot_labels, params=parameters)
    booster = _train_on_sources(task, "lgbm", preparation)
    grown = lightgbm.train(parameters, data, NEW_ROUNDS, init_model=booster)
    return light_boosting.read_booster(grown)


def _refresh_xgb(task: TransferTask, preparation: str) -> BoostedTrees:
    data = xgboost.DMatrix(task.prepared_shots[preparation], task.shot_labels, nthread=1)
    settings = gradient_boosting.PARAMETERS
    kept = {key: settings[key] for key in ("objective", "eta", "lambda", "nthread")}
    # quiet: it would warn that the tree method plays no part here
    quiet = {"verbosity": 0}
    update = {"process_type": "update", "updater": "refresh", "refresh_leaf": True}
    booster = _train_on_sources(task, "xgb", preparation)
    rounds = gradient_boosting.ROUNDS
    grown = xgboost.train(kept | update | quiet, data, rounds, xgb_model=booster)
    return gradient_boosting.read_booster(grown)


def _refit_lgbm(task: TransferTask, preparation: str) -> BoostedTrees:
    booster = _train_on_sources(task, "lgbm", preparation)
    shots = task.prepared_shots[preparation]
    return light_boosting.read_booster(booster.refit(shots, task.shot_labels, decay_rate=DECAY))


def _train_on_sources(task: TransferTask, learner: str, preparation: str):
    """Train the booster of a source model again: a model keeps only its trees."""
    kept, key = task.shared.draws, ("booster", learner, preparation)
    if key not in kept:
        training, source = task.training, task.view.source_models[learner]
        kept[key] = get_learner(learner).train(
            training.prepared[preparation],
            training.labels,
            training.weights,
            seed=derive_seed(source.seed, learner, preparation),
        )
    return kept[key]
