"""Training on sources and target together."""

import numpy as np

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask, predict_mean
from landshift.runtime.seeds import derive_seed
from landshift.study.learners import LEARNERS
from landshift.transfer.learners import LogitModel, get_learner
from landshift.transfer.pooling import share_weights

QUICK_LEARNERS = ("lr", "xgb")
"""Learners of the variants of pooling: one linear, one of trees, both fitted in milliseconds."""

SETTINGS = {"rf": {"trees": 40}}
"""Forests take most of the benchmark's time; with 150 trees the AUC differs by .004 at most."""


@method("pooled", group="core", families=LEARNERS)
def pool_half(task: TransferTask, family: str) -> np.ndarray:
    """Train on sources and shots, the target with half of the weight; forests have 40 trees."""
    return pool(task, family, target_share=0.5)


@method("pooled_30", group="pooled", families=QUICK_LEARNERS)
def pool_30(task: TransferTask, family: str) -> np.ndarray:
    """Train on sources and shots, the target with 30 % of the weight."""
    return pool(task, family, target_share=0.3)


@method("pooled_unweighted", group="pooled", families=QUICK_LEARNERS)
def pool_unweighted(task: TransferTask, family: str) -> np.ndarray:
    """Train on sources and shots, every cell with the weight of its class and region."""
    return pool(task, family, target_share=None)


@method("pooled_background", group="pooled", families=QUICK_LEARNERS)
def pool_background(task: TransferTask, family: str) -> np.ndarray:
    """Train on sources, shots and background, the latter two with half of the weight."""
    return pool(task, family, target_share=0.5, background=True)


def pool(
    task: TransferTask, learner: str, *, target_share: float | None, background: bool = False
) -> np.ndarray:
    """Fit a learner on source samples and shots together; return the queries' probability.

    Parameters
    ----------
    task
        The target and its shots.
    learner
        Name of the learner.
    target_share
        Share of the total weight that the target's cells get; None leaves every cell the weight
        it has, mean 1.
    background
        Whether the pseudo-absences of the fine-tuning join the shots.
    """

    def fit(preparation: str) -> LogitModel:
        # raw values know nothing of the regime, unless its background is among them
        lasting = preparation == "raw" and not background
        key = ("pool", learner, target_share)
        if lasting and key in task.shared.regimes:
            return task.shared.regimes[key]
        model = _fit(task, learner, preparation, target_share, background)
        if lasting:
            task.shared.regimes[key] = model
        return model

    return predict_mean(task, fit)


def _fit(task, learner, preparation, target_share, background) -> LogitModel:
    if background:
        cells, labels, weights = task.labelled
        own = task.prepare(cells)[preparation]
    else:
        own, labels = task.prepared_shots[preparation], task.shot_labels
        weights = np.ones(len(labels))
    return get_learner(learner).fit(
        np.concatenate([task.training.prepared[preparation], own]),
        np.concatenate([task.training.labels, labels]),
        share_weights(task.training.weights, weights, target_share),
        seed=derive_seed(task.seed, learner, preparation),
        **SETTINGS.get(learner, {}),
    )
