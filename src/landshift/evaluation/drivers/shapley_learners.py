"""Shapley values of one fitted learner, relative to cells of the region.

Of a coalition of factors, those inside take the value of the cell and the others the values of the
reference cells (interventional Shapley values: Lundberg et al., 2020, Nature Machine Intelligence
2, 56-67, doi:10.1038/s42256-019-0138-9). Trees and lines have them exactly.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import logit

from landshift.transfer.learners.boosted_trees import BoostedTrees
from landshift.transfer.learners.logistic_regression import LogisticRegressionModel
from landshift.transfer.learners.random_forest import PROBABILITY_LIMIT, RandomForestModel
from landshift.transfer.learners.trees import Trees

SMALLEST_CHANGE = 1e-6
"""Below this change a function counts as straight when contributions pass through it."""


def attribute_logit(
    fitted: object, values: np.ndarray, reference: np.ndarray
) -> tuple[float, np.ndarray]:
    """Split the logit of a learner into a base and a contribution of each column.

    Parameters
    ----------
    fitted
        A fitted model of `landshift.transfer.learners`.
    values, reference
        Prepared values of the cells and of the reference cells, shape ``(cells, columns)``.

    Returns
    -------
    base
        What the learner says of the reference cells [logit].
    contributions
        Shape ``(cells, columns)``; base and contributions add up to the logit of the cells.

    Raises
    ------
    TypeError
        If the learner is none of those that can be explained exactly.
    """
    if isinstance(fitted, LogisticRegressionModel):
        average = reference.mean(axis=0, dtype=np.float64)
        return float(average @ fitted.weights + fitted.intercept), (
            (values - average) * fitted.weights
        )
    if isinstance(fitted, BoostedTrees):
        return _attribute_trees(_describe_trees(fitted.trees()), values, reference)
    if isinstance(fitted, RandomForestModel):
        # the mean share of presences
        trees = fitted.trees()
        mean = replace(trees, value=trees.value / len(trees.roots))
        base, shares = _attribute_trees(_describe_trees(mean), values, reference)
        return pass_through(_forest_logit, base, shares)
    raise TypeError(f"{type(fitted).__name__}: there are no exact Shapley values for this learner")


def pass_through(
    function: Callable[[np.ndarray], np.ndarray], base: float, contributions: np.ndarray
) -> tuple[float, np.ndarray]:
    """Carry contributions through a function of their sum, in proportion.

    The rescale rule of DeepLIFT, as G-DeepSHAP uses it for series of models (Chen, Lundberg, Lee,
    2022, Nature Communications 13, 4512): every contribution is multiplied by the slope of the
    function between base and sum, so that base and contributions still add up.
    """
    change = contributions.sum(axis=1)
    near = np.abs(change) < SMALLEST_CHANGE
    step = np.where(near, SMALLEST_CHANGE, change)
    low = function(np.where(near, base - SMALLEST_CHANGE, base))
    width = np.where(near, 2 * SMALLEST_CHANGE, step)
    slope = (function(base + step) - low) / width
    return float(function(np.float64(base))), contributions * slope[:, None]


def _attribute_trees(model, values, reference) -> tuple[float, np.ndarray]:
    # imported only when asked for: it takes seconds, and its colour maps warn about matplotlib
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap

    explainer = shap.TreeExplainer(
        model,
        np.asarray(reference, np.float32),
        feature_perturbation="interventional",
        model_output="raw",
    )
    contributions = explainer.shap_values(np.asarray(values, np.float32), check_additivity=False)
    contributions = np.asarray(contributions, np.float64).reshape(values.shape)
    return float(np.ravel(explainer.expected_value)[-1]), contributions


def _describe_trees(grown: Trees) -> dict:
    """Describe trees in the way of shap."""
    ends = [*grown.roots[1:], len(grown.factor)]
    trees = []
    for start, end in zip(grown.roots, ends, strict=True):
        nodes = slice(start, end)
        left, right = (
            np.where(child[nodes] < 0, -1, child[nodes] - start)
            for child in (grown.left, grown.right)
        )
        trees.append(
            {
                "children_left": left,
                "children_right": right,
                "children_default": left,
                "features": grown.factor[nodes],
                "thresholds": grown.threshold[nodes].astype(np.float64),
                "values": grown.value[nodes, None].astype(np.float64),
                # not used by interventional values
                "node_sample_weight": np.ones(end - start),
            }
        )
    return {
        "trees": trees,
        "internal_dtype": np.float64,
        "input_dtype": np.float32,
        "objective": "binary_crossentropy",
        "tree_output": "raw_value",
        "base_offset": grown.start,
    }


def _forest_logit(share):
    return logit(np.clip(share, PROBABILITY_LIMIT, 1 - PROBABILITY_LIMIT))
