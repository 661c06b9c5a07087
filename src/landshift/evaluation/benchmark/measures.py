"""Measures of a prediction on held-out samples."""

import numpy as np

REFERENCE_PREVALENCE = 1 / 6
"""Share of presences at which the area under the precision-recall curve is stated."""

CALIBRATION_BINS = 10
"""Classes of equal width that the calibration error compares."""

LEAST_PROBABILITY = 1e-6
"""Probabilities are kept this far from 0 and 1 in the log score."""


def measure_prediction(labels: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Measure how well a prediction ranks, and how far its probabilities can be trusted.

    Parameters
    ----------
    labels
        1 for presence, 0 for absence, shape ``(samples,)``.
    probability
        Predicted probability at equal prevalence of both classes.

    Returns
    -------
    dict
        ``auc``
            Area under the ROC curve.
        ``pr_auc``
            Area under the precision-recall curve at a prevalence of 1/6.
        ``brier``
            Mean squared error, both classes with the same weight.
        ``ece``
            Expected calibration error with the same weights: mean difference between the
            predicted and the observed share over ten classes of probability.
        ``log_score``
            Mean natural logarithm of the probability given to what was observed, with the same
            weights: 0 is perfect, -0.69 knows nothing.
    """
    presences = labels.mean()
    balanced = np.where(labels == 1, 0.5 / presences, 0.5 / (1 - presences))
    stated = np.where(labels == 1, REFERENCE_PREVALENCE, 1 - REFERENCE_PREVALENCE) * balanced
    given = np.where(labels == 1, probability, 1 - probability)
    auc, pr_auc = measure_areas(labels, probability, stated)
    return {
        "auc": auc,
        "pr_auc": pr_auc,
        "brier": float(np.average((labels - probability) ** 2, weights=balanced)),
        "ece": measure_calibration(labels, probability, balanced),
        "log_score": float(
            np.average(np.log(np.maximum(given, LEAST_PROBABILITY)), weights=balanced)
        ),
    }


def measure_areas(
    labels: np.ndarray, probability: np.ndarray, weights: np.ndarray
) -> tuple[float, float]:
    """Areas under the ROC curve and, by steps, under the precision-recall curve.

    As ``roc_auc_score`` and ``average_precision_score`` of scikit-learn, at a fraction of their
    time: one sorting serves both, and nothing is checked.
    """
    order = np.argsort(-probability, kind="stable")
    ends = np.append(np.diff(probability[order]) != 0, True)
    found, false = (np.cumsum((weights * (labels == label))[order])[ends] for label in (1, 0))
    recall, wrong = (np.concatenate([[0.0], total / total[-1]]) for total in (found, false))
    return (
        float(np.trapezoid(recall, wrong)),
        float(np.diff(recall) @ (found / (found + false))),
    )


def measure_calibration(labels: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> float:
    """Measure the expected calibration error: what is predicted less what occurs.

    Naeini, Cooper and Hauskrecht (2015), https://doi.org/10.1609/aaai.v29i1.9602.
    """
    bins = np.minimum((probability * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    excess = np.bincount(bins, weights * (probability - labels), CALIBRATION_BINS)
    return float(np.abs(excess).sum() / weights.sum())
