"""The kernel of the residual, against its formula in numpy."""

import numpy as np
import pytest

from landshift.transfer.kernels import ResidualKernel

# of four factors, one enters the additive half above a weight of 0.15 / 4
AT_THE_BOUND, ABOVE = 0.0375, 0.0376


def test_a_factor_at_the_bound_stays_out_of_the_additive_half():
    kernel = ResidualKernel(np.array([AT_THE_BOUND, 0.4, ABOVE, 0.5249]))
    assert kernel.additive.tolist() == [1, 2, 3]
    assert kernel.variance == pytest.approx(0.5 + 0.5 * (1 - AT_THE_BOUND))


def test_the_bound_is_a_share_of_the_mean_weight():
    # of two factors the bound is 0.075, of ten 0.015
    assert ResidualKernel(np.array([0.07, 0.93])).additive.tolist() == [1]
    assert ResidualKernel(np.array([0.07, *[0.93 / 9] * 9])).additive.tolist() == list(range(10))


def test_covariance_equals_the_formula():
    weights = np.array([AT_THE_BOUND, 0.4, ABOVE, 0.5249])
    generator = np.random.default_rng(2)
    left, right = generator.normal(size=(6, 4)), generator.normal(size=(5, 4))
    squares = (left[:, None] - right) ** 2
    joint = np.exp(-0.5 * squares @ weights)
    additive = np.exp(-0.5 * squares[:, :, 1:]) @ weights[1:]
    found = ResidualKernel(weights).covariance(left, right)
    np.testing.assert_allclose(found, 0.5 * joint + 0.5 * additive, rtol=1e-9)
