"""Residual fine-tuning with background, averaged over strengths: this project's method."""

import numpy as np
from scipy.special import expit

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.study.learners import LEARNERS
from landshift.transfer.fine_tuning import members_of
from landshift.transfer.mixture import fit_residual_mixture


@method("fine_tuned", group="core", families=("ensemble", *LEARNERS))
def fine_tune(task: TransferTask, family: str) -> np.ndarray:
    """Add a residual to the source score, learned from shots and background over strengths."""
    _, labels, weights = task.labelled
    label_score = task.view.family_score(task.label_logits, family)
    members = members_of(family, presences=int(labels.sum()))
    mixture = fit_residual_mixture(members, label_score, task.label_kernel, labels, weights)
    score = task.view.family_score(task.view.query_logits, family)
    return expit(mixture.mean(score, label_score, task.query_kernel))
