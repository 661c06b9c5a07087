"""Logistic regression on the shots, with a Gaussian prior around the sources' weights."""

import numpy as np
from scipy.special import expit

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask, predict_mean
from landshift.transfer.learners.logistic_regression import LogisticRegressionModel

WEIGHT_SD = 0.1
"""Prior standard deviation of a weight [logit per standard deviation of the factor]."""

INTERCEPT_SD = 0.7

NEWTON_STEPS = 25


@method("gaussian_prior", group="adapted", families=("lr",))
def keep_to_prior(task: TransferTask, family: str) -> np.ndarray:
    """Keep to the weights of the sources by a Gaussian prior of standard deviation 0.1."""
    return predict_mean(task, lambda name: _adapt(task, name))


def _adapt(task: TransferTask, preparation: str) -> LogisticRegressionModel:
    learned = task.view.source_models["lr"].fitted[preparation]
    shots = task.prepared_shots[preparation].astype(float)
    design = np.column_stack([np.ones(len(shots)), shots])
    start = np.concatenate([[learned.intercept], learned.weights])
    precision = np.full(len(start), WEIGHT_SD**-2)
    precision[0] = INTERCEPT_SD**-2
    weights = find_mode(design, task.shot_labels, start, precision)
    return LogisticRegressionModel(weights[1:], float(weights[0]))


def find_mode(
    design: np.ndarray, labels: np.ndarray, centre: np.ndarray, precision: np.ndarray
) -> np.ndarray:
    """Weights of highest posterior density, by Newton steps from the prior's centre.

    Parameters
    ----------
    design
        Shape ``(cells, weights)``.
    labels
        1 or 0 for every cell.
    centre, precision
        Mean and inverse variance of the prior of every weight.
    """
    weights = centre
    for _ in range(NEWTON_STEPS):
        probability = expit(design @ weights)
        slope = design.T @ (labels - probability) - precision * (weights - centre)
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design
        weights = weights + np.linalg.solve(curvature + np.diag(precision), slope)
    return weights
