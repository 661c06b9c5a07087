"""The interval against the gamma distribution and at its limits."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import logit
from scipy.stats import gamma

from landshift.mapping.interval import POSTERIOR_SHARE, UNSHOWN_VARIANCE, find_steps, map_interval


def wrap(values):
    return xr.DataArray(np.atleast_2d(np.float32(values)), dims=("y", "x"))


def test_interval_holds_nine_tenths_of_gamma_distributed_odds():
    found = map_interval(wrap([0.1]), wrap([0.8]), score_error=0.2)
    variance = POSTERIOR_SHARE * 0.64 + UNSHOWN_VARIANCE + np.log(1.2)
    shape = 1 / np.expm1(variance)
    for name, share in (("lower", 0.05), ("upper", 0.95)):
        bound = float(found[f"susceptibility_{name}"].item())
        factor = bound / (1 - bound) * 9
        assert gamma.cdf(factor, shape, scale=1 / shape) == pytest.approx(share, rel=1e-3)


def test_a_small_variance_gives_the_interval_of_a_normal_logit():
    lower, upper = find_steps(np.array([0.01]))
    np.testing.assert_allclose([lower[0], upper[0]], [-0.17, 0.16], atol=0.005)


def test_who_knows_less_claims_less():
    lower, upper = find_steps(np.linspace(0.01, 40, 500))
    assert np.all(np.diff(lower) <= 0) and np.all(np.diff(upper) >= 0)
    assert np.all(lower < 0) and np.all(upper > 0)


def test_a_source_that_errs_widens_the_interval():
    susceptibility, sd = wrap([0.01, 0.3]), wrap([0.5, 1.5])
    narrow, wide = (map_interval(susceptibility, sd, score_error=error) for error in (0.0, 1.0))
    assert (wide["susceptibility_lower"] < narrow["susceptibility_lower"]).all()
    assert (wide["susceptibility_upper"] > narrow["susceptibility_upper"]).all()


def test_the_interval_holds_the_map():
    susceptibility = wrap([0, 1e-6, 0.3, 0.9999, 1, np.nan])
    found = map_interval(susceptibility, susceptibility * 0 + 9, score_error=0.3)
    lower, upper = found["susceptibility_lower"], found["susceptibility_upper"]
    known = susceptibility.notnull()
    assert ((lower <= susceptibility) & (susceptibility <= upper) | ~known).all()
    assert (lower.isnull() == ~known).all() and (upper.isnull() == ~known).all()
    assert lower.dtype == upper.dtype == np.float32


def test_lazy_maps_stay_lazy_and_give_the_same():
    susceptibility, sd = wrap(np.linspace(0.01, 0.99, 40)), wrap(np.linspace(0, 3, 40))
    lazy = map_interval(susceptibility.chunk(x=7), sd.chunk(x=7), score_error=0.3)
    assert lazy.chunks
    xr.testing.assert_equal(lazy.compute(), map_interval(susceptibility, sd, score_error=0.3))


@pytest.mark.parametrize("probability", [1e-4, 0.04, 0.5])
def test_the_steps_are_those_of_the_logit(probability):
    found = map_interval(wrap([probability]), wrap([1.0]), score_error=0.0)
    lower, upper = find_steps(POSTERIOR_SHARE + UNSHOWN_VARIANCE)
    middle = logit(np.float32(probability).astype(float))
    for name, step in (("lower", lower), ("upper", upper)):
        bound = logit(found[f"susceptibility_{name}"].to_numpy().astype(float))
        np.testing.assert_allclose(bound - middle, step, rtol=1e-5, atol=1e-5)
