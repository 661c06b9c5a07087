"""The ceiling: local models on every label of the blocks that gave the shots."""

import numpy as np
import xgboost
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.runtime.seeds import derive_seed

MOST_PRESENCES = 500
MOST_ABSENCES = 1500
"""Labels used at most; more gain little."""

TREES = 100


@method("all_labels", group="ceiling", families=("ensemble",))
def learn_all_labels(task: TransferTask, family: str) -> np.ndarray:
    """Learn from all labels outside the test, up to 500 presences and 1,500 absences: the ceiling.

    Raises
    ------
    ValueError
        If the task holds no labels beyond the shots.
    """
    if task.all_labels is None:
        raise ValueError("the ceiling needs all labels of the target; run it in the benchmark")
    kept = task.shared.shots
    if "all_labels" not in kept:
        kept["all_labels"] = _predict(task)
    return kept["all_labels"]


def _predict(task: TransferTask) -> np.ndarray:
    chosen = _limit(task)
    values = task.view.ranks.apply(chosen[task.view.factors].to_numpy(np.float32))
    labels = chosen["presence"].to_numpy()
    queries = task.view.query_ranks
    seed = derive_seed(task.seed, "all_labels")
    balanced = {"class_weight": "balanced"}
    forest = RandomForestClassifier(TREES, min_samples_leaf=5, random_state=seed, **balanced)
    regression = LogisticRegression(C=0.1, max_iter=1000, **balanced)
    shares = [
        forest.fit(values, labels).predict_proba(queries)[:, 1],
        regression.fit(values, labels).predict_proba(queries)[:, 1],
        _boost(values, labels, seed).inplace_predict(queries),
    ]
    return expit(np.mean([logit(np.clip(share, 1e-3, 1 - 1e-3)) for share in shares], axis=0))


def _limit(task: TransferTask):
    generator = np.random.default_rng(derive_seed(task.seed, "all_labels", "limit"))
    labels = task.all_labels["presence"].to_numpy()
    rows = []
    for label, most in ((1, MOST_PRESENCES), (0, MOST_ABSENCES)):
        own = np.flatnonzero(labels == label)
        rows.append(generator.choice(own, min(most, len(own)), replace=False))
    return task.all_labels.iloc[np.concatenate(rows)]


def _boost(values: np.ndarray, labels: np.ndarray, seed: int) -> xgboost.Booster:
    parameters = {
        "objective": "binary:logistic",
        "max_depth": 3,
        "eta": 0.05,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "scale_pos_weight": float((labels == 0).sum() / (labels == 1).sum()),
        "nthread": 1,
        "seed": seed,
    }
    return xgboost.train(parameters, xgboost.DMatrix(values, labels, nthread=1), 200)
