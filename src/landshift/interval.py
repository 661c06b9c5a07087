"""The interval in which the susceptibility of a cell lies with nine chances in ten."""

import numpy as np
import xarray as xr
from scipy.special import expit, logit, ndtri

PROBABILITY = 0.9
"""Chance that the interval holds the susceptibility [1]."""


def map_interval(susceptibility: xr.DataArray, uncertainty: xr.DataArray) -> xr.Dataset:
    """Bound the susceptibility of every cell by its 5 % and 95 % quantiles.

    The logit is taken as normal, with the map's own as its mean:
    ``sigma(logit(p) -+ 1.645 sd)``. The interval covers what the model does not know with the
    landslides it has seen; errors of inventory and factors come on top.

    Parameters
    ----------
    susceptibility
        Map [1], 0-1, NaN as no data, eager or dask-backed.
    uncertainty
        Standard deviation of its logit on the same grid [logit].

    Returns
    -------
    xarray.Dataset
        float32 ``susceptibility_lower`` and ``susceptibility_upper`` [1].
    """
    quantile = ndtri(0.5 + PROBABILITY / 2)
    bounds = {}
    for name, sign, share in (("lower", -1, "5 %"), ("upper", 1, "95 %")):
        shifted = xr.apply_ufunc(
            _shift, susceptibility, uncertainty, kwargs={"steps": sign * quantile}, dask="allowed"
        )
        shifted.attrs = {"units": "1", "long_name": f"{share} quantile of the susceptibility"}
        bounds[f"susceptibility_{name}"] = shifted
    return xr.Dataset(bounds)


def _shift(probability, sd, *, steps: float):
    return expit(logit(probability.astype(np.float64)) + steps * sd).astype(np.float32)
