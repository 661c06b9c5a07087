"""What a user without source regions would do."""

import numpy as np
import xgboost
from scipy.special import expit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.transfer.mixture import LOCAL_MEMBERS, fit_residual_mixture


@method("local_only", group="core", families=("gp", "lr", "rf", "xgb"), needs_sources=False)
def learn_locally(task: TransferTask, family: str) -> np.ndarray:
    """Learn from the shots only; the Gaussian process also takes the background.

    ``gp`` is the strongest baseline; ``lr``, ``rf`` and ``xgb`` are the libraries' models on the
    normal scores of the shots, with settings for small tables.
    """
    if family == "gp":
        return _predict_process(task)
    shots = task.view.ranks.apply(task.shots[task.view.factors].to_numpy()).astype(float)
    labels = task.shots["presence"].to_numpy()
    queries = task.view.query_ranks.astype(float)
    if family == "xgb":
        return _boost(shots, labels, task.seed).inplace_predict(queries)
    learners = {
        "lr": LogisticRegression(C=0.1, max_iter=1000),
        "rf": RandomForestClassifier(150, min_samples_leaf=2, random_state=task.seed),
    }
    return learners[family].fit(shots, labels).predict_proba(queries)[:, 1]


def _predict_process(task: TransferTask) -> np.ndarray:
    _, labels, weights = task.labelled
    no_score = np.zeros(len(labels))
    mixture = fit_residual_mixture(LOCAL_MEMBERS, no_score, task.label_kernel, labels, weights)
    return expit(mixture.mean(np.zeros(len(task.query_kernel)), no_score, task.query_kernel))


def _boost(values: np.ndarray, labels: np.ndarray, seed: int) -> xgboost.Booster:
    parameters = {
        "objective": "binary:logistic",
        "max_depth": 2,
        "eta": 0.1,
        "subsample": 0.7,
        "nthread": 1,
        "seed": seed,
    }
    data = xgboost.DMatrix(values, labels, nthread=1)
    return xgboost.train(parameters, data, num_boost_round=100)
