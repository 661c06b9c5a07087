"""Stage 2: a Gaussian-process residual on the source score, averaged over strengths."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, softmax

from landshift.runtime.one_thread import on_one_thread
from landshift.transfer.gaussian_process import LaplacePosterior, fit_laplace

PRIOR_SLOPE = 0.8
"""Prior mean of the slope of the logit on the source score."""

INTERCEPT_VARIANCE = 0.5
SLOPE_VARIANCE = 0.25

SOURCE_STRENGTHS = (0.0, 1.2, 2.0, 3.0)
"""Prior standard deviation of the residual on the source score [logit]; 0 does not adapt."""

LOCAL_STRENGTHS = (2.0, 3.0)
"""The same where the sources are ignored."""


@dataclass(frozen=True)
class Member:
    """One prior of the mixture: with or without the source score, and a strength."""

    uses_source: bool
    strength: float

    def mean(self, score: np.ndarray) -> np.ndarray:
        """Prior mean of the logit."""
        return PRIOR_SLOPE * score if self.uses_source else np.zeros_like(score)

    def covariance(
        self, left_score: np.ndarray, right_score: np.ndarray, kernel: np.ndarray
    ) -> np.ndarray:
        """Prior covariance between cells, from their scores and the residual kernel."""
        prior = INTERCEPT_VARIANCE + self.strength**2 * kernel
        if self.uses_source:
            prior = prior + SLOPE_VARIANCE * left_score[:, None] * right_score
        return prior

    def variance(self, score: np.ndarray, kernel_variance: float) -> np.ndarray:
        """Prior variance of cells."""
        slope = SLOPE_VARIANCE * score**2 if self.uses_source else 0.0
        return INTERCEPT_VARIANCE + self.strength**2 * kernel_variance + slope


SOURCE_MEMBERS = tuple(Member(True, strength) for strength in SOURCE_STRENGTHS)
LOCAL_MEMBERS = tuple(Member(False, strength) for strength in LOCAL_STRENGTHS)
ZERO_SHOT_MEMBERS = SOURCE_MEMBERS[:1]


@dataclass(frozen=True)
class ResidualMixture:
    """Posteriors of all members and their weights.

    Attributes
    ----------
    members, posteriors
        The priors and what the labels made of them.
    shares
        Softmax of the members' evidence, shape ``(members,)``.
    """

    members: tuple[Member, ...]
    posteriors: tuple[LaplacePosterior, ...]
    shares: np.ndarray

    @property
    def evidence(self) -> float:
        """How well all members together explain the labels: log of their summed evidence."""
        return float(logsumexp([posterior.evidence for posterior in self.posteriors]))

    def mean(self, score: np.ndarray, label_score: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        """Posterior mean of the logit at new cells, shape ``(cells,)``.

        Parameters
        ----------
        score
            Source score of the new cells, shape ``(cells,)``.
        label_score
            Source score of the labelled cells, shape ``(labels,)``.
        kernel
            Residual kernel between new and labelled cells, shape ``(cells, labels)``.
        """
        return self.shares @ self._member_means(score, label_score, kernel)

    def sd(
        self,
        score: np.ndarray,
        label_score: np.ndarray,
        kernel: np.ndarray,
        kernel_variance: float,
    ) -> np.ndarray:
        """Posterior standard deviation of the logit: within the members and between them."""
        means = self._member_means(score, label_score, kernel)
        between = self.shares @ (means - self.shares @ means) ** 2
        within = sum(
            share
            * posterior.variance(
                member.covariance(score, label_score, kernel),
                member.variance(score, kernel_variance),
            )
            for share, member, posterior in zip(
                self.shares, self.members, self.posteriors, strict=True
            )
        )
        return np.sqrt(within + between)

    def _member_means(self, score, label_score, kernel) -> np.ndarray:
        means = []
        for member, posterior in zip(self.members, self.posteriors, strict=True):
            # K g without forming K: the prior is a kernel plus an intercept and a slope
            adapted = member.strength**2 * (kernel @ posterior.gradient)
            adapted += INTERCEPT_VARIANCE * posterior.gradient.sum()
            if member.uses_source:
                adapted += SLOPE_VARIANCE * score * (label_score @ posterior.gradient)
            means.append(member.mean(score) + adapted)
        return np.array(means)


@on_one_thread
def fit_residual_mixture(
    members: Sequence[Member],
    score: np.ndarray,
    kernel: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
) -> ResidualMixture:
    """Fit every member to the labelled cells and weigh it by its evidence.

    Parameters
    ----------
    members
        The priors to average.
    score
        Source score of the labelled cells, shape ``(labels,)``.
    kernel
        Residual kernel among them, shape ``(labels, labels)``.
    labels, weights
        1 or 0, and the weight of each in the likelihood.
    """
    posteriors = tuple(
        fit_laplace(member.mean(score), member.covariance(score, score, kernel), labels, weights)
        for member in members
    )
    shares = softmax([posterior.evidence for posterior in posteriors])
    return ResidualMixture(tuple(members), posteriors, shares)
