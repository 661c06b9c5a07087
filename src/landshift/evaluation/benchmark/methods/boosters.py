"""Boosted source trees that go on learning on the shots."""

import lightgbm
import numpy as np
import xgboost

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask, predict_mean
from landshift.transfer.learners.gradient_boosting import PARAMETERS as XGB_PARAMETERS
from landshift.transfer.learners.gradient_boosting import ROUNDS, GradientBoostingModel
from landshift.transfer.learners.light_boosting import PARAMETERS as LGBM_PARAMETERS
from landshift.transfer.learners.light_boosting import LightBoostingModel

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


def _continue_xgb(task: TransferTask, preparation: str) -> GradientBoostingModel:
    booster = task.view.source_models["xgb"].fitted[preparation].booster
    data = xgboost.DMatrix(task.prepared_shots[preparation], task.shot_labels, nthread=1)
    parameters = XGB_PARAMETERS | SMALL_XGB | {"seed": task.seed}
    return GradientBoostingModel(xgboost.train(parameters, data, NEW_ROUNDS, xgb_model=booster))


def _continue_lgbm(task: TransferTask, preparation: str) -> LightBoostingModel:
    booster = task.view.source_models["lgbm"].fitted[preparation].booster
    parameters = LGBM_PARAMETERS | SMALL_LGBM | {"seed": task.seed}
    data = lightgbm.Dataset(task.prepared_shots[preparation], task.shot_labels, params=parameters)
    return LightBoostingModel(lightgbm.train(parameters, data, NEW_ROUNDS, init_model=booster))


def _refresh_xgb(task: TransferTask, preparation: str) -> GradientBoostingModel:
    booster = task.view.source_models["xgb"].fitted[preparation].booster
    data = xgboost.DMatrix(task.prepared_shots[preparation], task.shot_labels, nthread=1)
    kept = {key: XGB_PARAMETERS[key] for key in ("objective", "eta", "lambda", "nthread")}
    # quiet: it would warn that the tree method plays no part here
    quiet = {"verbosity": 0}
    update = {"process_type": "update", "updater": "refresh", "refresh_leaf": True}
    parameters = kept | update | quiet
    return GradientBoostingModel(xgboost.train(parameters, data, ROUNDS, xgb_model=booster))


def _refit_lgbm(task: TransferTask, preparation: str) -> LightBoostingModel:
    booster = task.view.source_models["lgbm"].fitted[preparation].booster
    shots = task.prepared_shots[preparation]
    return LightBoostingModel(booster.refit(shots, task.shot_labels, decay_rate=DECAY))
