"""Stability: limits of the infinite slope, and values worked out by hand."""

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.factors.infinite_slope import (
    WATER_WEIGHT,
    compute_critical_wetness,
    compute_relative_wetness,
    compute_safety,
)
from landshift.factors.stability import NAMES, derive_stability_factors
from landshift.factors.table import CRITICAL_RAINFALL_RANGE, FACTORS, SAFETY_CAP

SOIL = {
    "cohesion_kpa": 2.0,
    "friction_degree": 35.0,
    "soil_depth_m": 1.0,
    "soil_density_kg_per_m3": 1800.0,
    "transmissivity_m2_per_day": 65.0,
}
SAND = {"soil_depth_m": 1.0, "cohesion_kpa": 0.0, "friction_radian": 0.6, "soil_weight": 18.0}
ALWAYS_FAILS, NEVER_FAILS = CRITICAL_RAINFALL_RANGE


def make_layers(slope, area_m2):
    """Slope [degree] and upslope area [log10(m2)] as rasters of 30 m cells."""
    slope, area_m2 = np.broadcast_arrays(np.atleast_2d(slope), np.atleast_2d(area_m2))
    grid = GeoBox.from_bbox(
        (0, 0, 30 * slope.shape[1], 30 * slope.shape[0]), "EPSG:32632", resolution=30
    )
    return (
        wrap_xr(slope.astype(np.float32), grid).assign_attrs(units="degree"),
        wrap_xr(np.log10(area_m2).astype(np.float32), grid).assign_attrs(units="log10(m2)"),
    )


def draw_layers(rows=37, columns=53, seed=5):
    generator = np.random.default_rng(seed)
    return make_layers(
        generator.uniform(0, 70, (rows, columns)), 10 ** generator.uniform(2.9, 7, (rows, columns))
    )


def test_wetness_ends_at_a_soaked_soil():
    wetness = compute_relative_wetness(np.pi / 6, np.array([0.0, 10.0, 1e6]), 0.1, 20.0)
    np.testing.assert_allclose(wetness, [0.0, 0.1, 1.0])


def test_dry_and_soaked_sand():
    assert compute_safety(0.6, 0.0, **SAND) == pytest.approx(1.0)
    soaked = 1 - WATER_WEIGHT / 18.0
    assert compute_safety(0.6, 1.0, **SAND) == pytest.approx(soaked)


def test_cohesion_alone_by_hand():
    clay = {"soil_depth_m": 2.0, "cohesion_kpa": 9.0, "friction_radian": 0.0, "soil_weight": 18.0}
    assert compute_safety(np.pi / 4, 0.5, **clay) == pytest.approx(9 / (18 * 2 * 0.5))


def test_critical_wetness_brings_the_safety_to_one():
    angle = np.linspace(0.05, 1.3, 40)
    for cohesion in (0.0, 3.0, 12.0):
        soil = SAND | {"cohesion_kpa": cohesion}
        wetness = compute_critical_wetness(angle, **soil)
        np.testing.assert_allclose(compute_safety(angle, wetness, **soil), 1.0, rtol=1e-12)


def test_factors_by_hand():
    # 30 degrees, 30 000 m2 through an edge of 30 m: a = 1000 m
    slope, area = make_layers(30.0, 30_000.0)
    derived = derive_stability_factors(slope, area, **SOIL, recharge_mm_per_day=13.0)
    weight = 1.8 * 9.81
    wetness = 0.013 * 1000 / (65 * 0.5)
    depth = 1.0 / np.cos(np.pi / 6)
    normal = depth * 0.75 * np.tan(np.radians(35))
    driving = weight * depth * 0.5 * np.cos(np.pi / 6)
    safety = (2 + (weight - 9.81 * wetness) * normal) / driving
    assert derived.factor_of_safety.item() == pytest.approx(safety, rel=1e-6)
    critical = (2 + weight * normal - driving) / (9.81 * normal)
    rainfall_mm = critical * 65 * 0.5 / 1000 * 1000
    assert 0 < critical < 1
    assert derived.critical_rainfall.item() == pytest.approx(np.log10(rainfall_mm), rel=1e-6)


def test_without_rain_safety_depends_on_the_slope_alone():
    slope, area = make_layers(25.0, [900.0, 1e5, 1e7])
    safety = derive_stability_factors(slope, area, **SOIL, recharge_mm_per_day=0.0).factor_of_safety
    weight, angle = 1.8 * 9.81, np.radians(25)
    dry = 2 / (weight * np.sin(angle)) + np.tan(np.radians(35)) / np.tan(angle)
    np.testing.assert_allclose(safety, np.full((1, 3), dry), rtol=1e-6)


def test_safety_falls_with_slope_and_with_area():
    steeper = np.linspace(3.0, 89.0, 200)
    safety = derive_stability_factors(*make_layers(steeper, 900.0)).factor_of_safety.values[0]
    kept = safety[safety < SAFETY_CAP]
    assert len(kept) > 150
    assert (np.diff(kept) < 0).all()
    wider = 10 ** np.linspace(3, 7, 50)
    safety = derive_stability_factors(*make_layers(30.0, wider)).factor_of_safety.values[0]
    assert (np.diff(safety) <= 0).all()
    assert safety[0] > safety[-1]


def test_design_recharge_equal_to_the_critical_rainfall_gives_safety_one():
    slope, area = make_layers([26.0, 30.0, 36.0], 30_000.0)
    critical = derive_stability_factors(slope, area, **SOIL).critical_rainfall.values[0]
    for column, logarithm in enumerate(critical):
        derived = derive_stability_factors(
            slope, area, **SOIL, recharge_mm_per_day=10.0 ** float(logarithm)
        )
        assert derived.factor_of_safety.values[0, column] == pytest.approx(1.0, abs=1e-5)


def test_unconditional_cells_get_the_ends_of_the_range():
    slope, area = make_layers([0.0, 5.0, 20.0, 60.0, 89.9, 90.0], 1e9)
    derived = derive_stability_factors(slope, area)
    rainfall = derived.critical_rainfall.values[0]
    np.testing.assert_array_equal(rainfall, [NEVER_FAILS] * 3 + [ALWAYS_FAILS] * 3)
    safety = derived.factor_of_safety.values[0]
    assert safety[0] == SAFETY_CAP
    assert (safety[3:] < 1).all()


def test_values_stay_in_range_and_no_data_stays():
    slope, area = draw_layers()
    slope[3, 4] = np.nan
    area[8, 9] = np.nan
    derived = derive_stability_factors(slope, area)
    assert tuple(derived) == NAMES
    for name, values in derived.items():
        low, high = FACTORS[name].valid_range
        missing = np.isnan(values.values)
        assert missing.sum() == 2 and missing[3, 4] and missing[8, 9]
        assert low <= np.nanmin(values) and np.nanmax(values) <= high
        assert values.dtype == np.float32
        assert values.attrs["units"] == FACTORS[name].units
        assert values.odc.geobox == slope.odc.geobox


@pytest.mark.parametrize("chunks", [(7, 11), (37, 1), (16, 53)])
def test_chunks_change_nothing(chunks):
    slope, area = draw_layers()
    size = dict(zip(("y", "x"), chunks, strict=True))
    chunked = derive_stability_factors(slope.chunk(size), area.chunk(y=5))
    assert all(values.chunks is not None for values in chunked.values())
    xr.testing.assert_identical(chunked.compute(), derive_stability_factors(slope, area))


def test_refuses_other_units_grids_and_soils():
    slope, area = draw_layers(4, 5)
    with pytest.raises(ValueError, match=r"slope is in radian; expected degree"):
        derive_stability_factors(slope.assign_attrs(units="radian"), area)
    with pytest.raises(ValueError, match=r"upslope_area is in m2; expected log10\(m2\)"):
        derive_stability_factors(slope, area.assign_attrs(units="m2"))
    with pytest.raises(ValueError, match="differ in grid"):
        derive_stability_factors(slope, area[:3])
    with pytest.raises(ValueError, match=r"soil_depth_m is 0.0; give a number from 0\.1 to 20"):
        derive_stability_factors(slope, area, soil_depth_m=0.0)
