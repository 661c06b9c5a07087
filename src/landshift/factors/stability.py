"""Stability factors: how far each cell is from failing by a physical rule.

One soil is assumed everywhere, so the factors tell terrain and not ground; but a factor of safety
or a rainfall means the same in every region, unlike a rank. The formulas stand in
`landshift.factors.infinite_slope`.
"""

from functools import partial

import numpy as np
import xarray as xr

from landshift.factors.infinite_slope import (
    compute_critical_wetness,
    compute_relative_wetness,
    compute_safety,
)
from landshift.factors.table import CRITICAL_RAINFALL_RANGE, FACTORS, SAFETY_CAP, factor_names
from landshift.geodata.raster import wrap_like

GRAVITY = 9.81
"""Acceleration of gravity [m/s2]."""

LOWEST_GRADIENT = 1.0e-3
"""Gradient [m/m] that stands for flatter cells, where neither formula has a value."""

NAMES = factor_names("stability")
"""Factors of the group, in the order of the bands."""

SOIL_LIMITS = {
    "cohesion_kpa": (0.0, 200.0),
    "friction_degree": (5.0, 60.0),
    "soil_depth_m": (0.1, 20.0),
    "soil_density_kg_per_m3": (1000.0, 3000.0),
    "transmissivity_m2_per_day": (1.0e-3, 1.0e5),
    "recharge_mm_per_day": (0.0, 2000.0),
}
"""Lowest and highest value of each parameter of the soil."""


def derive_stability_factors(
    slope: xr.DataArray,
    upslope_area: xr.DataArray,
    *,
    cohesion_kpa: float = 2.0,
    friction_degree: float = 35.0,
    soil_depth_m: float = 1.0,
    soil_density_kg_per_m3: float = 1800.0,
    transmissivity_m2_per_day: float = 65.0,
    recharge_mm_per_day: float = 50.0,
) -> xr.Dataset:
    """Derive the factor of safety at a stated recharge, and the rainfall that would bring failure.

    ================== ============= =============================================================
    factor             unit          meaning
    ================== ============= =============================================================
    factor_of_safety   1             resisting over driving stress with the wetness of
                                     `recharge_mm_per_day`; at most `table.SAFETY_CAP`
    critical_rainfall  log10(mm/d)   steady recharge at which the factor of safety is 1
    ================== ============= =============================================================

    The specific catchment area is the upslope area over the edge of a cell. A slope that stands
    even when soaked gets the upper end of `table.CRITICAL_RAINFALL_RANGE`, one that
    fails even when dry the lower end, and values between are limited to that range.

    The default soil is a stated yardstick, loose and shallow, and not a measurement of any region:
    slopes below some 23 degrees stand even when soaked, slopes above some 40 fail even when dry.

    Parameters
    ----------
    slope
        Slope [degree], dimensions ``(y, x)``, NaN as no data; eager or dask-backed.
    upslope_area
        Upslope area [log10(m2)] on the same grid.
    cohesion_kpa
        Cohesion of soil and roots [kPa].
    friction_degree
        Friction angle [degree].
    soil_depth_m
        Depth of the soil at right angles to the slope [m], so that cohesion does not grow on
        steep slopes.
    soil_density_kg_per_m3
        Density of the wet soil [kg/m3].
    transmissivity_m2_per_day
        Transmissivity of the soil when soaked [m2/d].
    recharge_mm_per_day
        Steady design recharge for the factor of safety [mm/d]; 0 gives the dry slope, whose
        factor of safety depends only on the slope.

    Returns
    -------
    xarray.Dataset
        float32 on the grid of `slope`, NaN where either input is NaN; dask-backed if `slope` is.
        Each cell depends only on itself.

    Raises
    ------
    ValueError
        If the grids differ, an input is not in the unit above, or a parameter is out of its range.

    References
    ----------
    Montgomery and Dietrich 1994, doi:10.1029/93WR02979. Dietrich, Bellugi and Real de Asua 2001,
    doi:10.1029/WS002p0195.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 60, 30), "EPSG:32632", resolution=30)
    >>> slope = wrap_xr(np.array([[10.0, 45.0]]), grid).assign_attrs(units="degree")
    >>> area = wrap_xr(np.array([[4.0, 4.0]]), grid).assign_attrs(units="log10(m2)")
    >>> derive_stability_factors(slope, area).factor_of_safety.values.round(2)
    array([[2.42, 0.72]], dtype=float32)
    """
    soil = {
        "cohesion_kpa": cohesion_kpa,
        "friction_degree": friction_degree,
        "soil_depth_m": soil_depth_m,
        "soil_density_kg_per_m3": soil_density_kg_per_m3,
        "transmissivity_m2_per_day": transmissivity_m2_per_day,
        "recharge_mm_per_day": recharge_mm_per_day,
    }
    _check_soil(soil)
    _check_layers(slope, upslope_area)
    resolution_m = abs(float(slope.odc.geobox.resolution.x))
    values = {
        "factor_of_safety": partial(_factor_of_safety, resolution_m=resolution_m, soil=soil),
        "critical_rainfall": partial(_critical_rainfall, resolution_m=resolution_m, soil=soil),
    }
    return xr.Dataset(
        {
            name: wrap_like(
                _map_cells(values[name], slope.data, upslope_area.data),
                slope,
                name=name,
                units=FACTORS[name].units,
                long_name=FACTORS[name].long_name,
            )
            for name in NAMES
        }
    )


def _check_soil(soil: dict[str, float]) -> None:
    for key, value in soil.items():
        low, high = SOIL_LIMITS[key]
        if not low <= value <= high:
            raise ValueError(f"{key} is {value!r}; give a number from {low:g} to {high:g}")


def _check_layers(slope: xr.DataArray, upslope_area: xr.DataArray) -> None:
    for name, layer in (("slope", slope), ("upslope_area", upslope_area)):
        expected = FACTORS[name].units
        if layer.attrs.get("units") != expected:
            raise ValueError(f"{name} is in {layer.attrs.get('units')}; expected {expected}")
    if slope.odc.geobox != upslope_area.odc.geobox:
        raise ValueError("slope and upslope area differ in grid; derive both from one DEM")


def _map_cells(function, slope, upslope_area):
    """Apply a function of two arrays cell by cell, chunk by chunk if they are chunked."""
    if isinstance(slope, np.ndarray):
        return function(slope, upslope_area)
    import dask.array

    return dask.array.map_blocks(
        function,
        slope,
        upslope_area.rechunk(slope.chunks),
        dtype=np.float32,
        meta=np.empty((0, 0), np.float32),
    )


def _factor_of_safety(
    slope: np.ndarray, upslope_area: np.ndarray, *, resolution_m: float, soil: dict[str, float]
) -> np.ndarray:
    angle, specific_area = _angle_and_area(slope, upslope_area, resolution_m)
    wetness = compute_relative_wetness(
        angle,
        specific_area,
        soil["recharge_mm_per_day"] / 1000.0,
        soil["transmissivity_m2_per_day"],
    )
    safety = compute_safety(angle, wetness, **_strength(angle, soil))
    return np.minimum(safety, SAFETY_CAP).astype(np.float32)


def _critical_rainfall(
    slope: np.ndarray, upslope_area: np.ndarray, *, resolution_m: float, soil: dict[str, float]
) -> np.ndarray:
    angle, specific_area = _angle_and_area(slope, upslope_area, resolution_m)
    lowest, highest = CRITICAL_RAINFALL_RANGE
    wetness = compute_critical_wetness(angle, **_strength(angle, soil))
    capacity_mm = 1000.0 * soil["transmissivity_m2_per_day"] * np.sin(angle)
    rainfall = np.maximum(wetness, 0.0) * capacity_mm / specific_area
    logarithm = np.log10(np.clip(rainfall, 10.0**lowest, 10.0**highest))
    return np.where(wetness > 1.0, highest, logarithm).astype(np.float32)


def _angle_and_area(
    slope: np.ndarray, upslope_area: np.ndarray, resolution_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Slope [radian] and specific catchment area [m], both NaN where either has no data."""
    angle = np.maximum(np.radians(slope, dtype=np.float64), np.arctan(LOWEST_GRADIENT))
    area = np.power(10.0, upslope_area, dtype=np.float64) / resolution_m
    missing = np.isnan(angle) | np.isnan(area)
    return np.where(missing, np.nan, angle), np.where(missing, np.nan, area)


def _strength(angle: np.ndarray, soil: dict[str, float]) -> dict[str, float | np.ndarray]:
    return {
        "soil_depth_m": soil["soil_depth_m"] / np.cos(angle),
        "cohesion_kpa": soil["cohesion_kpa"],
        "friction_radian": np.radians(soil["friction_degree"]),
        "soil_weight": soil["soil_density_kg_per_m3"] * GRAVITY / 1000.0,
    }
