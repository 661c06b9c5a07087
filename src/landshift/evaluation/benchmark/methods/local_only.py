"""What a user without source regions would do."""

import numpy as np
import xgboost
from scipy.special import expit, softmax
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.transfer.mixture import LOCAL_MEMBERS, fit_residual_mixture


@method("local_only", group="core", families=("gp", "lr", "rf", "xgb"), needs_sources=False)
def learn_locally(task: TransferTask, family: str) -> np.ndarray:
    """Learn from the shots only; the Gaussian process also the background and sub-cells.

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
    pairs = []
    for part in task.parts:
        _, labels, weights = part.labelled
        nothing, queries = np.zeros(len(labels)), np.zeros(len(part.query_kernel))
        mixture = fit_residual_mixture(LOCAL_MEMBERS, nothing, part.label_kernel, labels, weights)
        pairs.append((mixture.evidence, mixture.mean(queries, nothing, part.query_kernel)))
    evidence, logits = zip(*pairs, strict=True)
    return expit(softmax(evidence) @ np.array(logits))


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
