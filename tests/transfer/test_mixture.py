"""The priors of stage 2 and their mixture, against matrices that are formed in full."""

import numpy as np
import pytest
from scipy.special import softmax

from landshift.transfer.gaussian_process import fit_laplace
from landshift.transfer.mixture import (
    LOCAL_MEMBERS,
    SOURCE_MEMBERS,
    ZERO_SHOT_MEMBERS,
    Member,
    fit_residual_mixture,
)

SCORE = np.array([-1.0, 0.5, 2.0])
LABELS = np.array([0.0, 1.0, 1.0])
WEIGHTS = np.array([2.0, 1.0, 1.0])


def make_kernel(left, right):
    return np.exp(-0.5 * (left[:, None] - right) ** 2)


def test_the_strengths_that_are_averaged():
    stated = [(member.uses_source, member.strength) for member in SOURCE_MEMBERS + LOCAL_MEMBERS]
    assert stated == [
        *((True, 0.0), (True, 1.2), (True, 2.0), (True, 3.0)),
        *((False, 2.0), (False, 3.0)),
    ]
    assert (Member(True, 0.0),) == ZERO_SHOT_MEMBERS


def test_priors_by_hand():
    left, right, kernel = np.array([2.0]), np.array([-1.0, 2.0]), np.array([[0.25, 1.0]])
    source, local = Member(True, 3.0), Member(False, 3.0)
    # 1/2 + 9 k, and with the score 1/4 s s' more
    np.testing.assert_allclose(source.covariance(left, right, kernel), [[2.25, 10.5]])
    np.testing.assert_allclose(local.covariance(left, right, kernel), [[2.75, 9.5]])
    np.testing.assert_allclose(source.variance(left, 1.0), [10.5])
    np.testing.assert_allclose(local.variance(left, 1.0), [9.5])
    np.testing.assert_allclose(source.mean(left), [1.6])
    np.testing.assert_allclose(local.mean(left), [0.0])


@pytest.mark.parametrize("members", [SOURCE_MEMBERS, LOCAL_MEMBERS, ZERO_SHOT_MEMBERS])
def test_the_mixture_is_the_mean_of_its_members_by_their_evidence(members):
    new = np.array([-2.0, 0.0, 1.0, 4.0])
    mixture = fit_residual_mixture(members, SCORE, make_kernel(SCORE, SCORE), LABELS, WEIGHTS)
    posteriors, means, variances = [], [], []
    for member in members:
        own = member.covariance(SCORE, SCORE, make_kernel(SCORE, SCORE))
        posterior = fit_laplace(member.mean(SCORE), own, LABELS, WEIGHTS)
        across = member.covariance(new, SCORE, make_kernel(new, SCORE))
        posteriors.append(posterior)
        means.append(member.mean(new) + across @ posterior.gradient)
        variances.append(posterior.variance(across, member.variance(new, 1.0)))
    shares = softmax([posterior.evidence for posterior in posteriors])
    expected = sum(share * mean for share, mean in zip(shares, means, strict=True))
    # total variance: mean of the squares less the square of the mean
    squares = sum(
        share * (variance + mean**2)
        for share, variance, mean in zip(shares, variances, means, strict=True)
    )
    kernel = make_kernel(new, SCORE)
    np.testing.assert_allclose(mixture.shares, shares, rtol=1e-12)
    np.testing.assert_allclose(mixture.mean(new, SCORE, kernel), expected, rtol=1e-9)
    np.testing.assert_allclose(
        mixture.sd(new, SCORE, kernel, 1.0), np.sqrt(squares - expected**2), rtol=1e-9
    )
