"""Boosted trees keep their splits; their leaves are estimated anew on the shots."""

import numpy as np
import xgboost

from landshift.evaluation.benchmark.methods.averaging import predict_mean
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.transfer.learners.gradient_boosting import PARAMETERS, ROUNDS, GradientBoostingModel
from landshift.transfer.learners.light_boosting import LightBoostingModel

METHOD = "refitted"
GROUP = "adapted"

DECAY = 0.9
"""Share of a leaf's old value that LightGBM keeps; XGBoost's refresh keeps none."""


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries for the boosting learners."""
    refits = {"xgb": _refresh_xgb, "lgbm": _refit_lgbm}
    return {
        learner: predict_mean(task, lambda name, refit=refit: refit(task, name))
        for learner, refit in refits.items()
        if learner in task.view.source_models
    }


def _refresh_xgb(task: TransferTask, preparation: str) -> GradientBoostingModel:
    source = task.view.source_models["xgb"].fitted[preparation].booster
    data = xgboost.DMatrix(task.prepared_shots[preparation], task.shot_labels, nthread=1)
    kept = {key: PARAMETERS[key] for key in ("objective", "eta", "lambda", "nthread")}
    # quiet: it would warn that the tree method plays no part here
    quiet = {"verbosity": 0}
    update = {"process_type": "update", "updater": "refresh", "refresh_leaf": True}
    parameters = kept | update | quiet
    return GradientBoostingModel(xgboost.train(parameters, data, ROUNDS, xgb_model=source))


def _refit_lgbm(task: TransferTask, preparation: str) -> LightBoostingModel:
    source = task.view.source_models["lgbm"].fitted[preparation].booster
    shots = task.prepared_shots[preparation]
    return LightBoostingModel(source.refit(shots, task.shot_labels, decay_rate=DECAY))
