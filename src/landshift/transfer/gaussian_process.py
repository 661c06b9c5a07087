"""Gaussian-process classification with weighted labels, by the Laplace approximation.

Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006), algorithms 3.1 and 3.2,
with a weight on every label and a prior mean.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit, log_expit

MAX_NEWTON_STEPS = 100
TOLERANCE = 1e-9


@dataclass(frozen=True)
class LaplacePosterior:
    """Posterior of the latent logit at the labelled cells.

    Attributes
    ----------
    gradient
        Gradient of the log likelihood at the mode, shape ``(labels,)``: the posterior mean at new
        cells is ``prior mean + covariance(new, labelled) @ gradient``.
    root_curvature
        Square root of the weighted curvature ``W``, shape ``(labels,)``.
    factor
        Lower Cholesky factor of ``I + W^1/2 K W^1/2``, shape ``(labels, labels)``.
    evidence
        ``1/2 (log marginal likelihood + leave-one-out log score)``: how well the prior explains
        the labels.
    """

    gradient: np.ndarray
    root_curvature: np.ndarray
    factor: np.ndarray
    evidence: float

    def variance(self, covariance: np.ndarray, prior_variance: np.ndarray) -> np.ndarray:
        """Posterior variance at new cells.

        Parameters
        ----------
        covariance
            Prior covariance between new and labelled cells, shape ``(cells, labels)``.
        prior_variance
            Prior variance of the new cells, shape ``(cells,)``.
        """
        scaled = (covariance * self.root_curvature).T
        solved = solve_triangular(self.factor, scaled, lower=True, check_finite=False)
        return np.maximum(prior_variance - np.einsum("lc,lc->c", solved, solved), 0.0)


def fit_laplace(
    prior_mean: np.ndarray, covariance: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> LaplacePosterior:
    """Find the mode and curvature of the posterior of the latent logit.

    Parameters
    ----------
    prior_mean
        Prior mean of the logit, shape ``(labels,)``.
    covariance
        Prior covariance, shape ``(labels, labels)``.
    labels
        1 for presence, 0 otherwise.
    weights
        Weight of every label in the likelihood, 0 or more.
    """
    mode = prior_mean.astype(float)
    gradient = np.zeros_like(mode)
    objective = _log_posterior(mode, prior_mean, gradient, labels, weights)
    for _ in range(MAX_NEWTON_STEPS):
        probability = expit(mode)
        curvature = weights * probability * (1 - probability)
        root = np.sqrt(curvature)
        factor = cho_factor(np.eye(len(mode)) + root[:, None] * covariance * root, lower=True)
        target = curvature * (mode - prior_mean) + weights * (labels - probability)
        step = target - root * cho_solve(factor, root * (covariance @ target)) - gradient
        gradient, mode, improved = _line_search(
            gradient, step, prior_mean, covariance, labels, weights, objective
        )
        if improved - objective < TOLERANCE:
            break
        objective = improved
    return _summarise(mode, prior_mean, covariance, labels, weights)


def _line_search(gradient, step, prior_mean, covariance, labels, weights, objective):
    """Halve a Newton step until the posterior density does not fall."""
    for size in 0.5 ** np.arange(12):
        candidate = gradient + size * step
        mode = prior_mean + covariance @ candidate
        value = _log_posterior(mode, prior_mean, candidate, labels, weights)
        if value >= objective:
            return candidate, mode, value
    return gradient, prior_mean + covariance @ gradient, objective


def _log_posterior(mode, prior_mean, gradient, labels, weights) -> float:
    fit = np.sum(weights * log_expit((2 * labels - 1) * mode))
    return float(fit - 0.5 * gradient @ (mode - prior_mean))


def _summarise(mode, prior_mean, covariance, labels, weights) -> LaplacePosterior:
    probability = expit(mode)
    gradient = weights * (labels - probability)
    curvature = weights * probability * (1 - probability)
    root = np.sqrt(curvature)
    factor = np.linalg.cholesky(np.eye(len(mode)) + root[:, None] * covariance * root)
    solved = solve_triangular(factor, root[:, None] * covariance, lower=True)
    variance = np.diag(covariance) - np.einsum("ij,ij->j", solved, solved)
    marginal = _log_posterior(mode, prior_mean, gradient, labels, weights) - np.sum(
        np.log(np.diag(factor))
    )
    left_out = _leave_one_out(mode, variance, gradient, curvature, labels, weights)
    return LaplacePosterior(gradient, root, factor, 0.5 * (marginal + left_out))


def _leave_one_out(mode, variance, gradient, curvature, labels, weights) -> float:
    """Log score of every label predicted from the others, in the Gaussian cavity.

    The mean of a logistic over a Gaussian by MacKay's approximation,
    ``sigma(mu / sqrt(1 + pi v / 8))``.
    """
    cavity = 1 / np.maximum(1 / np.maximum(variance, 1e-12) - curvature, 1e-12)
    mean = mode - cavity * gradient
    margin = (2 * labels - 1) * mean / np.sqrt(1 + np.pi * cavity / 8)
    return float(np.sum(weights * log_expit(margin)))
