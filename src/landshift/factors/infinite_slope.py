"""Stability of an infinite slope with water that flows downhill below its surface.

The soil slides on a plane parallel to the surface, and steady subsurface flow soaks it from below
(SHALSTAB: Montgomery and Dietrich 1994, https://doi.org/10.1029/93WR02979; with cohesion:
Dietrich, Bellugi and Real de Asua 2001, https://doi.org/10.1029/WS002p0195). Arrays in, arrays
out; all arguments broadcast against each other.
"""

import numpy as np

WATER_WEIGHT = 9.81
"""Unit weight of water [kN/m3]."""


def compute_relative_wetness(angle, specific_area, recharge_m_per_day, transmissivity_m2_per_day):
    """Compute the share of the soil's depth that steady flow soaks.

    ``w = q a / (T sin(angle))``, at most 1: water that the soil cannot carry runs off.

    Parameters
    ----------
    angle
        Slope [radian], above 0.
    specific_area
        Upslope area per contour length ``a`` [m].
    recharge_m_per_day
        Steady recharge ``q`` [m/d].
    transmissivity_m2_per_day
        Transmissivity ``T`` of the soaked soil [m2/d].

    Returns
    -------
    numpy.ndarray
        Relative wetness [1], 0 to 1.

    Examples
    --------
    >>> round(float(compute_relative_wetness(np.pi / 6, 100.0, 0.05, 20.0)), 12)
    0.5
    """
    capacity = transmissivity_m2_per_day * np.sin(angle)
    return np.minimum(recharge_m_per_day * specific_area / capacity, 1.0)


def compute_safety(angle, wetness, *, soil_depth_m, cohesion_kpa, friction_radian, soil_weight):
    """Compute resisting over driving stress at the base of the soil.

    ``(c + (g - w g_w) z cos2(angle) tan(phi)) / (g z sin(angle) cos(angle))``

    Parameters
    ----------
    angle
        Slope [radian], above 0.
    wetness
        Relative wetness ``w`` [1].
    soil_depth_m
        Vertical depth ``z`` of the soil [m].
    cohesion_kpa
        Cohesion ``c`` of soil and roots [kPa].
    friction_radian
        Friction angle ``phi`` [radian].
    soil_weight
        Unit weight ``g`` of the wet soil [kN/m3]; ``g_w`` is `WATER_WEIGHT`.

    Returns
    -------
    numpy.ndarray
        Factor of safety [1]; the slope fails below 1.

    Examples
    --------
    Dry sand as steep as its friction angle just stands:

    >>> soil = {"soil_depth_m": 1.0, "cohesion_kpa": 0.0, "soil_weight": 18.0}
    >>> round(float(compute_safety(0.6, 0.0, friction_radian=0.6, **soil)), 12)
    1.0
    """
    effective_stress = (soil_weight - wetness * WATER_WEIGHT) * soil_depth_m * np.cos(angle) ** 2
    resisting = cohesion_kpa + effective_stress * np.tan(friction_radian)
    driving = soil_weight * soil_depth_m * np.sin(angle) * np.cos(angle)
    return resisting / driving


def compute_critical_wetness(
    angle, *, soil_depth_m, cohesion_kpa, friction_radian, soil_weight
) -> np.ndarray:
    """Compute the relative wetness at which the factor of safety is 1.

    It solves `compute_safety` for the wetness. Not above 0: the slope fails even if dry. Above 1:
    it stands even if soaked to its surface.

    Parameters
    ----------
    angle, soil_depth_m, cohesion_kpa, friction_radian, soil_weight
        As in `compute_safety`.

    Returns
    -------
    numpy.ndarray
        Critical wetness [1], of any sign and size.

    Examples
    --------
    >>> soil = {"soil_depth_m": 1.0, "cohesion_kpa": 0.0, "soil_weight": 18.0}
    >>> abs(round(float(compute_critical_wetness(0.6, friction_radian=0.6, **soil)), 12))
    0.0
    """
    normal = soil_depth_m * np.cos(angle) ** 2 * np.tan(friction_radian)
    driving = soil_weight * soil_depth_m * np.sin(angle) * np.cos(angle)
    return (cohesion_kpa + soil_weight * normal - driving) / (WATER_WEIGHT * normal)
