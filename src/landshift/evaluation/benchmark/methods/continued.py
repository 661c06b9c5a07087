"""Boosting goes on: 50 more rounds on the shots, after those on the sources."""

import lightgbm
import numpy as np
import xgboost

from landshift.evaluation.benchmark.methods.averaging import predict_mean
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.transfer.learners.gradient_boosting import PARAMETERS as XGB_PARAMETERS
from landshift.transfer.learners.gradient_boosting import GradientBoostingModel
from landshift.transfer.learners.light_boosting import PARAMETERS as LGBM_PARAMETERS
from landshift.transfer.learners.light_boosting import LightBoostingModel

METHOD = "continued"
GROUP = "adapted"

ROUNDS = 50

SMALL_XGB = {"min_child_weight": 0.3, "subsample": 1.0}
SMALL_LGBM = {
    "min_data_in_leaf": 3,
    "min_data_in_bin": 1,
    "min_sum_hessian_in_leaf": 0.3,
    "bagging_freq": 0,
}
"""The sources' sizes of a leaf and of a sample would leave a handful of shots unsplit."""


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries for the boosting learners."""
    continuations = {"xgb": _continue_xgb, "lgbm": _continue_lgbm}
    return {
        learner: predict_mean(task, lambda name, go_on=go_on: go_on(task, name))
        for learner, go_on in continuations.items()
        if learner in task.view.source_models
    }


def _continue_xgb(task: TransferTask, preparation: str) -> GradientBoostingModel:
    source = task.view.source_models["xgb"].fitted[preparation].booster
    data = xgboost.DMatrix(task.prepared_shots[preparation], task.shot_labels, nthread=1)
    parameters = XGB_PARAMETERS | SMALL_XGB | {"seed": task.seed}
    return GradientBoostingModel(xgboost.train(parameters, data, ROUNDS, xgb_model=source))


def _continue_lgbm(task: TransferTask, preparation: str) -> LightBoostingModel:
    source = task.view.source_models["lgbm"].fitted[preparation].booster
    parameters = LGBM_PARAMETERS | SMALL_LGBM | {"seed": task.seed}
    data = lightgbm.Dataset(task.prepared_shots[preparation], task.shot_labels, params=parameters)
    return LightBoostingModel(lightgbm.train(parameters, data, ROUNDS, init_model=source))
