"""Contributions against brute force over all coalitions, and the sum property."""

from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest

from landshift.evaluation.drivers.explanation import choose_reference, explain_cells
from landshift.evaluation.drivers.shapley_kernels import attribute_residual
from landshift.evaluation.drivers.shapley_learners import attribute_logit, pass_through
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.kernels import ResidualKernel
from landshift.transfer.learners.random_forest import PROBABILITY_LIMIT

FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]


def shapley(function, cell, reference):
    """Shapley values of a function of values, by its definition."""
    factors = len(cell)

    def worth(inside):
        mixed = reference.copy()
        mixed[:, list(inside)] = cell[list(inside)]
        return function(mixed).mean()

    values = np.zeros(factors)
    for factor in range(factors):
        others = [other for other in range(factors) if other != factor]
        for size in range(factors):
            for inside in combinations(others, size):
                gain = worth((*inside, factor)) - worth(inside)
                values[factor] += gain / (factors * comb(factors - 1, size))
    return values


@pytest.fixture(scope="module")
def cells(target):
    return target.samples[FACTORS].to_numpy(np.float32)


@pytest.fixture(scope="module")
def reference(target):
    return choose_reference(target.background[FACTORS].to_numpy(np.float32), seed=3)


@pytest.fixture(scope="module")
def tuned(source_models, target):
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    return fine_tune_target(source_models, shots, target.background, prevalence=0.05, seed=7)


@pytest.mark.parametrize("index", range(4), ids=["lr", "rf", "xgb", "lgbm"])
def test_learners_by_brute_force(index, source_models, cells, reference):
    fitted = source_models[index].fitted["rank"]
    around = reference[:8]
    base, contributions = attribute_logit(fitted, cells[:5], around)
    np.testing.assert_allclose(
        base + contributions.sum(axis=1), fitted.logit(cells[:5]), rtol=0, atol=1e-5
    )

    def output(values):
        logits = fitted.logit(values)
        return 1 / (1 + np.exp(-logits)) if source_models[index].learner == "rf" else logits

    for cell, own in zip(cells, contributions, strict=False):
        expected = shapley(output, cell, around)
        if source_models[index].learner == "rf":
            # the values of the share of trees, carried through the logit in proportion
            expected *= own.sum() / expected.sum()
        np.testing.assert_allclose(own, expected, rtol=0, atol=1e-5)


def test_residual_by_brute_force(reference):
    generator = np.random.default_rng(2)
    kernel = ResidualKernel(np.array([0.5, 0.02, 0.2, 0.2, 0.08]))
    labels, cells = generator.normal(size=(12, 5)), generator.normal(size=(4, 5))
    pull = generator.normal(size=12)
    around = reference[:6].astype(float)
    base, contributions = attribute_residual(kernel, pull, labels, cells, around)
    for cell, own in zip(cells, contributions, strict=True):
        expected = shapley(lambda values: kernel.covariance(values, labels) @ pull, cell, around)
        np.testing.assert_allclose(own, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        base + contributions.sum(axis=1), kernel.covariance(cells, labels) @ pull, atol=1e-12
    )


def test_base_and_contributions_add_up_to_the_logit(tuned, cells, reference):
    found = explain_cells(tuned, cells[:60], reference)
    np.testing.assert_allclose(found.logit, tuned.predict(cells[:60]).logit, rtol=0, atol=1e-5)


def test_pushes_of_the_shots_are_the_residual(tuned, cells, reference):
    many = explain_cells(tuned, cells[:60], reference)
    few = explain_cells(tuned, reference, reference)
    difference = many.pushes.sum(axis=1) - few.pushes.sum(axis=1).mean()
    np.testing.assert_allclose(many.from_shots.sum(axis=1), difference, rtol=0, atol=1e-9)


def test_a_shot_pushes_places_like_itself_upwards(tuned, target, cells, reference):
    presence = int(np.flatnonzero(tuned.labels == 1)[0])
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    itself = shots[FACTORS].to_numpy(np.float32)[[presence]]
    pushes = explain_cells(tuned, itself, reference).pushes[0]
    assert pushes[presence] == pushes.max() > 0
    assert np.all(pushes[tuned.labels == 0] <= 0)


def test_cells_of_the_reference_contribute_nothing_on_average_in_a_line(source_models, reference):
    _, contributions = attribute_logit(source_models[0].fitted["raw"], reference, reference)
    np.testing.assert_allclose(contributions.mean(axis=0), 0, atol=1e-6)


def test_function_of_the_sum_keeps_the_sum():
    contributions = np.array([[1.0, 3.0], [-1.0, 1.0], [8.0, -2.0]])
    base, passed = pass_through(lambda value: np.clip(value, -4, 4), 1.0, contributions)
    # 1 + 4 is cut to 4, so three quarters are left; no change; 1 + 6 is cut to 4
    np.testing.assert_allclose(passed, [[0.75, 2.25], [-1, 1], [4, -1]])
    assert base == 1


def test_limit_of_the_forest_is_carried(source_models, cells, reference):
    fitted = source_models[1].fitted["raw"]
    sure = replace(fitted, share=np.ones_like(fitted.share))
    base, contributions = attribute_logit(sure, cells[:3], reference)
    limit = np.log((1 - PROBABILITY_LIMIT) / PROBABILITY_LIMIT)
    np.testing.assert_allclose(base + contributions.sum(axis=1), limit, rtol=1e-6)


def test_unknown_learner_is_refused(cells):
    with pytest.raises(TypeError, match="no exact Shapley values"):
        attribute_logit(object(), cells, cells)
