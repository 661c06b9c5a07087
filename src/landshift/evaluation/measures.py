"""Measures of a prediction on held-out samples."""

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

REFERENCE_PREVALENCE = 1 / 6
"""Share of presences at which the area under the precision-recall curve is stated."""


def measure_prediction(labels: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """ROC-AUC, PR-AUC at a prevalence of 1/6, and the class-balanced Brier score.

    Parameters
    ----------
    labels
        1 for presence, 0 for absence, shape ``(samples,)``.
    probability
        Predicted probability at equal prevalence of both classes.
    """
    presences = labels.mean()
    balanced = np.where(labels == 1, 0.5 / presences, 0.5 / (1 - presences))
    stated = np.where(labels == 1, REFERENCE_PREVALENCE, 1 - REFERENCE_PREVALENCE) * balanced
    return {
        "auc": float(roc_auc_score(labels, probability)),
        "pr_auc": float(average_precision_score(labels, probability, sample_weight=stated)),
        "brier": float(np.average((labels - probability) ** 2, weights=balanced)),
    }
