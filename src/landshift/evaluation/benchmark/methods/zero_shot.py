"""What is known of a region before any of its landslides is."""

import numpy as np
from scipy.special import expit

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.study.learners import LEARNERS
from landshift.transfer.mixture import PRIOR_SLOPE

SIGNS = {"slope": 1, "tangential_curvature_90m": -1}
"""Factors of the morphometric score, and whether more of them means more landslides."""


@method("zero_shot", group="core", families=("ensemble", *LEARNERS))
def score_zero_shot(task: TransferTask, family: str) -> np.ndarray:
    """Take the source score as it is, of means and sub-cells alike: no label of the target."""
    scores = [part.view.family_score(part.view.query_logits, family) for part in task.parts]
    return expit(PRIOR_SLOPE * np.mean(scores, axis=0))


@method("slope", group="core", families=("rank",), needs_sources=False)
def rank_slope(task: TransferTask, family: str) -> np.ndarray:
    """Rank cells by their slope: neither sources nor shots."""
    return _score_ranks(task, ["slope"])


@method("morphometric", group="core", families=("rank",), needs_sources=False)
def rank_shape(task: TransferTask, family: str) -> np.ndarray:
    """Add up the ranks of slope and concavity: neither sources nor shots."""
    return _score_ranks(task, list(SIGNS))


def _score_ranks(task: TransferTask, names: list[str]) -> np.ndarray:
    """Mean normal score of the factors that the study has, as a probability."""
    view = task.view
    known = [name for name in names if name in view.factors]
    scores = [SIGNS[name] * view.query_ranks[:, view.factors.index(name)] for name in known]
    return (
        expit(PRIOR_SLOPE * np.mean(scores, axis=0)) if known else np.full(len(view.queries), 0.5)
    )
