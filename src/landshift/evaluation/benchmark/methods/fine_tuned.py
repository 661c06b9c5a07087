"""Residual fine-tuning and pooled trees, on means and sub-cells: this project's method."""

import numpy as np
from scipy.special import expit, softmax

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.study.learners import LEARNERS
from landshift.transfer.fine_tuning import members_of
from landshift.transfer.mixture import fit_residual_mixture
from landshift.transfer.pooling import LEARNER, fit_pooled


@method("fine_tuned", group="core", families=("ensemble", *LEARNERS))
def fine_tune(task: TransferTask, family: str) -> np.ndarray:
    """Average corrected source scores, and trees of sources and shots, by their evidence."""
    pairs = [_fit_residual(part, family) for part in task.parts]
    if family == "ensemble" and LEARNER in task.view.source_models:
        pairs.append(_fit_trees(task.parts[-1]))
    evidence, logits = zip(*pairs, strict=True)
    return expit(softmax(evidence) @ np.array(logits))


@method("residual", group="adapted", families=("ensemble",))
def fine_tune_means(task: TransferTask, family: str) -> np.ndarray:
    """Add a learned residual to the source score of the means: no sub-cells, no pooled trees."""
    return expit(_fit_residual(task, family)[1])


@method("residual_subcells", group="adapted", families=("ensemble",))
def fine_tune_both(task: TransferTask, family: str) -> np.ndarray:
    """Average learned residuals on means and sub-cells by evidence: no pooled trees."""
    evidence, logits = zip(*(_fit_residual(part, family) for part in task.parts), strict=True)
    return expit(softmax(evidence) @ np.array(logits))


def _fit_residual(task: TransferTask, family: str) -> tuple[float, np.ndarray]:
    """Evidence of a fine-tuned model, and its logit of the queries."""
    _, labels, weights = task.labelled
    label_score = task.view.family_score(task.label_logits, family)
    members = members_of(family, presences=int(labels.sum()))
    mixture = fit_residual_mixture(members, label_score, task.label_kernel, labels, weights)
    score = task.view.family_score(task.view.query_logits, family)
    return mixture.evidence, mixture.mean(score, label_score, task.query_kernel)


def _fit_trees(task: TransferTask) -> tuple[float, np.ndarray]:
    """Evidence of pooled trees, and their logit of the queries."""
    view = task.view
    pooled = fit_pooled(
        view.source_models[LEARNER], task.training, task.labelled, view.background,
        prevalence=0.5, seed=task.seed,
    )  # fmt: skip
    return pooled.evidence, pooled.trees.logits(view.queries, view.query_ranks).mean(axis=1)
