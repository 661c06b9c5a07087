"""The interval against its definition and at its limits."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from landshift.interval import map_interval


def wrap(values):
    return xr.DataArray(np.atleast_2d(np.float32(values)), dims=("y", "x"))


def test_interval_holds_nine_tenths_of_a_normal_logit():
    found = map_interval(wrap([0.1]), wrap([0.8]))
    for name, share in (("lower", 0.05), ("upper", 0.95)):
        bound = float(found[f"susceptibility_{name}"].item())
        logit = np.log(bound / (1 - bound))
        assert norm.cdf(logit, np.log(0.1 / 0.9), 0.8) == pytest.approx(share, abs=1e-6)


def test_without_uncertainty_the_interval_is_the_map():
    susceptibility = wrap([0, 1e-6, 0.3, 0.9999, 1, np.nan])
    found = map_interval(susceptibility, susceptibility * 0)
    for bound in found.values():
        np.testing.assert_allclose(bound, susceptibility, rtol=1e-6)
        assert bound.dtype == np.float32


def test_lazy_maps_stay_lazy_and_give_the_same():
    susceptibility, sd = wrap(np.linspace(0.01, 0.99, 40)), wrap(np.linspace(0, 3, 40))
    lazy = map_interval(susceptibility.chunk(x=7), sd.chunk(x=7))
    assert lazy.chunks
    xr.testing.assert_equal(lazy.compute(), map_interval(susceptibility, sd))
