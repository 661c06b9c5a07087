"""Logistic regression: its penalty is per sample, so that more of the same data changes nothing."""

import numpy as np
import pytest

from landshift.transfer.learners.logistic_regression import INVERSE_PENALTY, fit


@pytest.fixture
def training():
    generator = np.random.default_rng(8)
    values = generator.normal(size=(300, 3)).astype(np.float32)
    return values, (values[:, 0] > generator.normal(size=300)).astype(np.int8)


def test_gradient_of_the_penalised_likelihood_is_zero(training):
    values, labels = training
    weights = np.random.default_rng(9).uniform(0.5, 1.5, 300)
    model = fit(values, labels, weights, seed=0)
    error = weights * (labels - 1 / (1 + np.exp(-model.logit(values.astype(float)))))
    penalty = INVERSE_PENALTY * 3000 / 300
    np.testing.assert_allclose(penalty * error @ values, model.weights, atol=1e-6)
    assert error.sum() == pytest.approx(0, abs=1e-4)


def test_penalty_is_per_sample(training):
    values, labels = training
    once = fit(values, labels, np.ones(300), seed=0)
    twice = fit(np.tile(values, (2, 1)), np.tile(labels, 2), np.ones(600), seed=0)
    np.testing.assert_allclose(twice.weights, once.weights, atol=1e-6)
