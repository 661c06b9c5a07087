"""Laplace approximation against brute force: a numerical optimum, refits, and duplicated labels."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from landshift.transfer.gaussian_process import fit_laplace


@pytest.fixture
def problem():
    """Twelve labelled cells on a line with a smooth prior, unequal weights and a prior mean."""
    generator = np.random.default_rng(7)
    place = np.sort(generator.uniform(0, 4, 12))
    covariance = 0.5 + 2.0 * np.exp(-0.5 * (place[:, None] - place) ** 2)
    covariance += 0.05 * np.eye(12)  # so that the references may invert it
    labels = (generator.uniform(size=12) < expit(place - 2)).astype(np.int8)
    return 0.4 * (place - 2), covariance, labels, generator.uniform(0.2, 2.0, 12)


def whitened_optimum(prior_mean, covariance, labels, weights):
    """Mode of the posterior by a general optimiser, over whitened coordinates."""
    root = np.linalg.cholesky(covariance + 1e-10 * np.eye(len(labels)))
    signs = 2.0 * labels - 1

    def objective(white):
        mode = prior_mean + root @ white
        value = 0.5 * white @ white - np.sum(weights * log_expit(signs * mode))
        slope = white - root.T @ (weights * (labels - expit(mode)))
        return value, slope

    found = minimize(objective, np.zeros(len(labels)), jac=True, method="BFGS", tol=1e-10)
    return prior_mean + root @ found.x, -found.fun


def mode_of(posterior, prior_mean, covariance):
    return prior_mean + covariance @ posterior.gradient


def test_mode_is_the_numerical_optimum(problem):
    prior_mean, covariance, _, _ = problem
    expected, _ = whitened_optimum(*problem)
    posterior = fit_laplace(*problem)
    np.testing.assert_allclose(mode_of(posterior, prior_mean, covariance), expected, atol=1e-5)


def test_gradient_is_that_of_the_likelihood_at_the_mode(problem):
    prior_mean, covariance, labels, weights = problem
    posterior = fit_laplace(*problem)
    probability = expit(mode_of(posterior, prior_mean, covariance))
    np.testing.assert_allclose(posterior.gradient, weights * (labels - probability), atol=1e-6)
    np.testing.assert_allclose(
        posterior.root_curvature**2, weights * probability * (1 - probability), atol=1e-6
    )


def test_evidence_is_the_stated_formula(problem):
    _, covariance, labels, weights = problem
    mode, log_density = whitened_optimum(*problem)
    probability = expit(mode)
    curvature = weights * probability * (1 - probability)
    size = np.eye(len(labels)) + covariance * curvature
    marginal = log_density - 0.5 * np.linalg.slogdet(size)[1]
    variance = np.diag(np.linalg.inv(np.linalg.inv(covariance) + np.diag(curvature)))
    cavity = 1 / (1 / variance - curvature)
    mean = mode - cavity * weights * (labels - probability)
    margin = (2.0 * labels - 1) * mean / np.sqrt(1 + np.pi * cavity / 8)
    left_out = np.sum(weights * log_expit(margin))
    assert fit_laplace(*problem).evidence == pytest.approx(0.5 * (marginal + left_out), abs=1e-5)


def test_variance_is_that_of_the_gaussian_posterior(problem):
    _, covariance, _, _ = problem
    posterior = fit_laplace(*problem)
    expected = np.linalg.inv(np.linalg.inv(covariance) + np.diag(posterior.root_curvature**2))
    found = posterior.variance(covariance, np.diag(covariance))
    np.testing.assert_allclose(found, np.diag(expected), atol=1e-7)


def test_labels_shrink_the_variance_and_never_below_zero(problem):
    _, covariance, _, _ = problem
    found = fit_laplace(*problem).variance(covariance, np.diag(covariance))
    assert (found >= 0).all()
    assert (found < np.diag(covariance)).all()


def test_weight_zero_is_an_absent_label(problem):
    prior_mean, covariance, labels, weights = problem
    kept = np.arange(12) != 5
    without = fit_laplace(
        prior_mean[kept], covariance[np.ix_(kept, kept)], labels[kept], weights[kept]
    )
    silent = fit_laplace(prior_mean, covariance, labels, np.where(kept, weights, 0.0))
    assert silent.gradient[5] == 0
    np.testing.assert_allclose(silent.gradient[kept], without.gradient, atol=1e-9)
    assert silent.evidence == pytest.approx(without.evidence, abs=1e-8)
    np.testing.assert_allclose(
        silent.variance(covariance, np.diag(covariance)),
        without.variance(covariance[:, kept], np.diag(covariance)),
        atol=1e-8,
    )


def test_all_weights_zero_leave_the_prior(problem):
    prior_mean, covariance, labels, _ = problem
    posterior = fit_laplace(prior_mean, covariance, labels, np.zeros(12))
    assert not posterior.gradient.any()
    assert posterior.evidence == 0
    np.testing.assert_array_equal(
        posterior.variance(covariance, np.diag(covariance)), np.diag(covariance)
    )


def test_weight_two_is_a_duplicated_label(problem):
    prior_mean, covariance, labels, weights = problem
    rows = np.append(np.arange(12), 5)
    doubled = weights.copy()
    doubled[5] *= 2
    heavy = fit_laplace(prior_mean, covariance, labels, doubled)
    twice = fit_laplace(
        prior_mean[rows], covariance[np.ix_(rows, rows)], labels[rows], weights[rows]
    )
    np.testing.assert_allclose(
        mode_of(heavy, prior_mean, covariance),
        prior_mean + covariance[:, rows] @ twice.gradient,
        atol=1e-6,
    )
    np.testing.assert_allclose(
        heavy.variance(covariance, np.diag(covariance)),
        twice.variance(covariance[:, rows], np.diag(covariance)),
        atol=1e-6,
    )


def test_left_out_score_is_near_that_of_refits(problem):
    prior_mean, covariance, labels, weights = problem
    refitted = 0.0
    for index in range(12):
        kept = np.arange(12) != index
        posterior = fit_laplace(
            prior_mean[kept], covariance[np.ix_(kept, kept)], labels[kept], weights[kept]
        )
        across = covariance[[index]][:, kept]
        mean = prior_mean[index] + (across @ posterior.gradient)[0]
        variance = posterior.variance(across, covariance[[index], index])[0]
        margin = (2.0 * labels[index] - 1) * mean / np.sqrt(1 + np.pi * variance / 8)
        refitted += weights[index] * log_expit(margin)
    mode, log_density = whitened_optimum(*problem)
    probability = expit(mode)
    curvature = weights * probability * (1 - probability)
    marginal = log_density - 0.5 * np.linalg.slogdet(np.eye(12) + covariance * curvature)[1]
    approximate = 2 * fit_laplace(*problem).evidence - marginal
    assert approximate == pytest.approx(refitted, rel=0.05)


def test_swapped_labels_mirror_the_mode(problem):
    prior_mean, covariance, labels, weights = problem
    plain = fit_laplace(prior_mean, covariance, labels, weights)
    swapped = fit_laplace(-prior_mean, covariance, 1 - labels, weights)
    np.testing.assert_allclose(swapped.gradient, -plain.gradient, atol=1e-7)
    assert swapped.evidence == pytest.approx(plain.evidence, abs=1e-8)


def test_strong_prior_against_the_labels_converges():
    # every label contradicts a prior mean of +-12: the first Newton steps overshoot
    labels = np.tile([0, 1], 30).astype(np.int8)
    prior_mean = np.where(labels == 1, -12.0, 12.0)
    covariance = 4.0 * np.eye(60) + 0.5
    posterior = fit_laplace(prior_mean, covariance, labels, np.ones(60))
    mode = mode_of(posterior, prior_mean, covariance)
    expected, _ = whitened_optimum(prior_mean, covariance, labels, np.ones(60))
    np.testing.assert_allclose(mode, expected, atol=1e-4)
    np.testing.assert_allclose(posterior.gradient, labels - expit(mode), atol=1e-5)


def test_singular_covariance_is_fine():
    # the prior that does not adapt has rank 2
    score = np.linspace(-2, 2, 20)
    covariance = 0.5 + 0.25 * np.outer(score, score)
    labels = (score > 0.3).astype(np.int8)
    posterior = fit_laplace(0.8 * score, covariance, labels, np.ones(20))
    assert np.isfinite(posterior.evidence)
    mode = mode_of(posterior, 0.8 * score, covariance)
    np.testing.assert_allclose(posterior.gradient, labels - expit(mode), atol=1e-6)
