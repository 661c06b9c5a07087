"""The interval in which the susceptibility of a cell lies with nine chances in ten.

The true odds of a cell are taken as the odds of the map times a gamma-distributed factor of mean
1, as in counts that scatter more than chance allows (the gamma-Poisson model: Greenwood and Yule,
1920, https://doi.org/10.2307/2341080). The mean leaves landslides as frequent as the map says, and
the tail reaches far down: where few landslides are expected and none is known, the ground may be a
little or a million times safer than the map says, but it cannot be much less safe.
"""

from functools import cache

import numpy as np
import xarray as xr
from scipy.special import expit, gammaincinv, logit

PROBABILITY = 0.9
"""Chance that the interval holds the susceptibility [1]."""

POSTERIOR_SHARE = 0.5
UNSHOWN_VARIANCE = 0.7
"""Share of the posterior variance, and variance of what no factor shows [logit2], in the variance
of a cell's true logit: found on virtual regions, whose truth is known (docs/methods.md)."""

_LEAST_STEP = -100.0


def find_variance(sd: np.ndarray, score_error: float) -> np.ndarray:
    """Variance of the logarithm of the factor between the true odds and those of the map.

    Parameters
    ----------
    sd
        Posterior standard deviation of the logit.
    score_error
        Relative variance by which the source score errs in new regions: ``score_error`` of a
        `landshift.transfer.fine_tuning.TargetModel`.
    """
    return POSTERIOR_SHARE * sd**2 + UNSHOWN_VARIANCE + np.log1p(score_error)


def find_steps(variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithm of the 5 % and 95 % quantiles of the factor.

    Parameters
    ----------
    variance
        Of the logarithm, if it were normal: the factor has the relative variance
        ``exp(variance) - 1``.
    """
    variances, lower, upper = _tabulate_steps()
    return np.interp(variance, variances, lower), np.interp(variance, variances, upper)


@cache
def _tabulate_steps() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    variances = np.linspace(0.002, 20.0, 10_000)
    shape = 1 / np.expm1(variances)
    tail = (1 - PROBABILITY) / 2
    lower, upper = (
        np.log(np.maximum(gammaincinv(shape, share) / shape, np.exp(_LEAST_STEP)))
        for share in (tail, 1 - tail)
    )
    # a quantile below the mean comes back for a huge variance: who knows less must not claim more
    return variances, lower, np.maximum.accumulate(upper)


def map_interval(
    susceptibility: xr.DataArray, uncertainty: xr.DataArray, *, score_error: float
) -> xr.Dataset:
    """Bound the susceptibility of every cell by its 5 % and 95 % quantiles.

    The interval covers what the model does not know with the landslides it has seen, and what the
    factors do not show; errors of inventory, factors and stated prevalence come on top.

    Parameters
    ----------
    susceptibility
        Map [1], 0-1, NaN as no data, eager or dask-backed.
    uncertainty
        Posterior standard deviation of its logit on the same grid [logit].
    score_error
        See `find_variance`.

    Returns
    -------
    xarray.Dataset
        float32 ``susceptibility_lower`` and ``susceptibility_upper`` [1].
    """
    bounds = {}
    for number, (name, share) in enumerate((("lower", "5 %"), ("upper", "95 %"))):
        bound = xr.apply_ufunc(
            _bound,
            susceptibility,
            uncertainty,
            kwargs={"score_error": score_error, "number": number},
            dask="parallelized",
            output_dtypes=[np.float32],
        )
        bound.attrs = {"units": "1", "long_name": f"{share} quantile of the susceptibility"}
        bounds[f"susceptibility_{name}"] = bound
    return xr.Dataset(bounds)


def _bound(probability, sd, *, score_error: float, number: int) -> np.ndarray:
    step = find_steps(find_variance(sd.astype(np.float64), score_error))[number]
    return expit(logit(probability.astype(np.float64)) + step).astype(np.float32)
