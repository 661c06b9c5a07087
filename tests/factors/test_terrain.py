"""Terrain factors: analytic surfaces, symmetry, gaps, blocks, and brute force."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio import Affine

from landshift.factors.table import FACTORS, WHOLE_REGION, factor_names, window_radius
from landshift.factors.terrain import discs as neighbourhood
from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.factors.terrain.elevation import find_latitude
from landshift.geodata.raster import read_factors
from landshift.runtime import blocks
from landshift.runtime.portable_math import arctan_degrees, exponential

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "derive_terrain_factors.py"
SIZE, RESOLUTION_M = 81, 30.0
CENTRE = SIZE // 2
DIRECTIONS = ("northness", "eastness")


def make_grid(shape, resolution_m=RESOLUTION_M, crs="EPSG:32632") -> GeoBox:
    transform = Affine(resolution_m, 0, 500_000, 0, -resolution_m, 4_000_000)
    return GeoBox(shape, transform, crs)


def make_dem(values, resolution_m=RESOLUTION_M) -> xr.DataArray:
    return wrap_xr(np.asarray(values), make_grid(np.shape(values), resolution_m))


def derive(values, resolution_m=RESOLUTION_M) -> xr.Dataset:
    return derive_terrain_factors(make_dem(values, resolution_m))


@pytest.fixture(scope="module")
def axes():
    """Metres east and north of the centre."""
    steps = (np.arange(SIZE) - CENTRE) * RESOLUTION_M
    return steps[None, :], -steps[:, None]


@pytest.fixture(scope="module")
def rough():
    """A random relief with gaps, at odd places and along the edges."""
    generator = np.random.default_rng(7)
    values = 800 + generator.normal(0, 4, (70, 90)).cumsum(axis=0).cumsum(axis=1) / 4
    values[20:26, 30:41] = np.nan
    values[generator.random(values.shape) < 0.03] = np.nan
    values[-1, :9] = np.nan
    # whole steps of 1/1024 m, so that turning it upside down is exact
    return (np.rint(values * 1024) / 1024).astype(np.float32)


def interior(values, ring=4):
    return np.asarray(values)[ring:-ring, ring:-ring]


@pytest.mark.parametrize(
    ("east", "north"), [(0.3, 0.0), (0.0, -1.0), (-0.2, 0.7), (2.0, 2.0), (1e-4, 3e-4)]
)
def test_plane_is_exact_up_to_the_edge(axes, east, north):
    x, y = axes
    factors = derive(east * x + north * y + 4000.0)
    gradient = math.hypot(east, north)
    slope = math.degrees(math.atan(gradient))
    for name in ("slope", "slope_90m", "slope_mean_300m"):
        np.testing.assert_allclose(factors[name], slope, rtol=1e-6, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(factors.northness, -north / gradient, atol=1e-6)
    np.testing.assert_allclose(factors.eastness, -east / gradient, atol=1e-6)
    np.testing.assert_allclose(factors.slope_deviation, 0, atol=1e-5)
    for name in list(factors):
        if "curvature" in name:
            np.testing.assert_allclose(factors[name], 0, atol=1e-9, err_msg=name)
        if name.startswith("tpi"):
            radius = window_radius(FACTORS[name].halo_m, RESOLUTION_M)
            step_m = 1 / neighbourhood.count_steps(radius, 10_000.0)
            np.testing.assert_allclose(interior(factors[name], 31), 0, atol=step_m, err_msg=name)
    np.testing.assert_allclose(factors.vector_ruggedness_90m, 0, atol=1e-8)
    np.testing.assert_allclose(factors.convergence_index, 0, atol=1e-5)
    np.testing.assert_allclose(interior(factors.openness_300m, 11), 90, atol=2e-4)
    np.testing.assert_allclose(interior(factors.elevation_percentile_300m, 11), 0.5, atol=0.05)


def test_flat_ground_is_exactly_flat():
    factors = derive(np.full((40, 50), 1234.567, np.float32))
    latitude = math.radians(find_latitude(make_grid((40, 50))))
    elsewhere = {
        "elevation_percentile_300m": 0.5,
        "openness_300m": 90.0,
        "heat_load": np.float32(math.exp(-1.467 + 1.582 * math.cos(latitude))),
    }
    for name in factors:
        np.testing.assert_array_equal(factors[name], elsewhere.get(name, 0.0), err_msg=name)


def test_cone_has_one_slope_and_faces_outward(axes):
    x, y = axes
    distance = np.hypot(x, y).clip(1.0)
    factors = derive(1000 - 0.5 * distance)
    far = (distance > 600) & (np.abs(x) < 1150) & (np.abs(y) < 1150)
    np.testing.assert_allclose(factors.slope.values[far], math.degrees(math.atan(0.5)), rtol=1e-3)
    np.testing.assert_allclose(factors.northness.values[far], (y / distance)[far], atol=1e-3)
    np.testing.assert_allclose(factors.eastness.values[far], (x / distance)[far], atol=1e-3)
    np.testing.assert_allclose(factors.profile_curvature.values[far], 0, atol=1e-5)
    # the normal section along a contour of radius d has the curvature sin(slope) / d
    expected = math.sin(math.atan(0.5)) / distance
    ratio = (factors.tangential_curvature.values / expected)[far]
    np.testing.assert_allclose(ratio, 1, atol=5e-3)
    # and the contour itself that of its circle
    np.testing.assert_allclose((factors.plan_curvature.values * distance)[far], 1, atol=5e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_sphere_is_equally_curved_everywhere(axes, sign):
    x, y = axes
    radius_m = 10_000.0
    height = np.sqrt(radius_m**2 - x**2 - y**2) - radius_m
    factors = derive(sign * height)
    distance = np.hypot(x, y)
    away = interior(distance > 200)
    plan = interior(factors.plan_curvature.values * distance)[away]
    np.testing.assert_allclose(plan, sign, rtol=5e-3)
    for name in list(factors):
        if "curvature" in name and name != "plan_curvature":
            inner = interior(factors[name], 11)
            np.testing.assert_allclose(inner, sign / radius_m, rtol=1e-3, err_msg=name)
    slope = np.degrees(np.arcsin(np.hypot(x, y) / radius_m))
    np.testing.assert_allclose(interior(factors.slope), interior(slope), atol=1e-4)


@pytest.mark.parametrize("quadratic", [(2e-4, 0.0, 2e-4), (3e-4, 1e-4, -3e-4), (0.0, 4e-4, 1e-4)])
def test_quadratic_surfaces_are_exact(axes, quadratic):
    """Bowl, saddle and trough: exact at both scales where no neighbour is missing."""
    x, y = axes
    r, s, t = quadratic
    east, north = 0.2, -0.1
    factors = derive(r * x**2 / 2 + s * x * y + t * y**2 / 2 + east * x + north * y + 600)
    p, q = r * x + s * y + east, s * x + t * y + north
    square = p**2 + q**2
    along = p * p * r + 2 * p * q * s + q * q * t
    across = q * q * r - 2 * p * q * s + p * p * t
    expected = {
        "slope": np.degrees(np.arctan(np.sqrt(square))),
        "profile_curvature": -along / (square * (1 + square) ** 1.5),
        "tangential_curvature": -across / (square * np.sqrt(1 + square)),
        "plan_curvature": (-across / square**1.5).clip(-1 / RESOLUTION_M, 1 / RESOLUTION_M),
    }
    steep = interior(square > 1e-3, 11)
    for name, values in expected.items():
        for variable in (name, f"{name}_90m", f"{name}_300m"):
            if variable in factors:
                derived = interior(factors[variable], 11)[steep]
                scale = np.abs(values).max()
                np.testing.assert_allclose(
                    derived, interior(values, 11)[steep], rtol=1e-4, atol=1e-5 * scale,
                    err_msg=variable,
                )  # fmt: skip


def test_summit_has_the_mean_curvature(axes):
    x, y = axes
    factors = derive(1000 - 1e-4 * x**2 - 2e-4 * y**2)
    for name in ("profile_curvature", "tangential_curvature_90m", "profile_curvature_300m"):
        assert float(factors[name][CENTRE, CENTRE]) == pytest.approx(3e-4, rel=1e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_summit_and_pit_are_the_ends_of_the_scales(axes, sign):
    x, y = axes
    factors = derive(1000 - sign * 0.5 * np.hypot(x, y))
    top = factors.isel(y=CENTRE, x=CENTRE)
    assert float(top.plan_curvature) == pytest.approx(sign / RESOLUTION_M)
    assert float(top.convergence_index) == pytest.approx(sign * 90)
    assert float(top.elevation_percentile_300m) == (1 if sign > 0 else 0)
    angle = math.degrees(math.atan(0.5))
    assert float(top.openness_300m) == pytest.approx(90 + sign * angle, rel=1e-6)


def test_openness_of_a_valley(axes):
    """The horizon stands at the angle of the slope across, at that of the diagonal aside."""
    x, y = axes
    factors = derive(1000 + 0.8 * np.abs(x) + 0 * y)
    across, aside = (math.degrees(math.atan(slope)) for slope in (0.8, 0.8 / math.sqrt(2)))
    expected = 90 - (2 * across + 4 * aside) / 8
    bottom = factors.openness_300m.values[11:-11, CENTRE]
    np.testing.assert_allclose(bottom, expected, rtol=1e-6)
    np.testing.assert_allclose(factors.convergence_index.values[5:-5, CENTRE], -45, atol=1e-4)


def test_vector_ruggedness_of_a_roof(axes):
    """Two planes: the mean normal of the cells on either side of the ridge."""
    x, y = axes
    factors = derive(1000 - 1.0 * np.abs(x) + 0 * y)
    # columns of the disc of three cells: 3, 5, 7, 7, 7, 5, 3; the ridge itself is level
    upward = (7 + 30 * math.sqrt(0.5)) / 37
    ridge = factors.vector_ruggedness_90m.values[5:-5, CENTRE]
    np.testing.assert_allclose(ridge, 1 - upward, rtol=1e-5)


def test_error_falls_with_the_square_of_the_cell():
    """On a wave, halving the cell divides the errors of the 3x3 fit by four."""
    errors = []
    for resolution_m in (40.0, 20.0):
        steps = np.arange(-1200, 1200, resolution_m)
        x, y = steps[None, :], -steps[:, None]
        wave = 2 * np.pi / 900
        factors = derive(100 + 60 * np.sin(wave * x) * np.cos(wave * y), resolution_m)
        p = 60 * wave * np.cos(wave * x) * np.cos(wave * y)
        q = -60 * wave * np.sin(wave * x) * np.sin(wave * y)
        slope = np.degrees(np.arctan(np.hypot(p, q)))
        errors.append(np.abs(interior(factors.slope - slope)).max())
    assert 3.6 < errors[0] / errors[1] < 4.4


def test_slope_and_aspect_are_those_of_horn(rough):
    z = np.nan_to_num(rough, nan=800.0).astype(np.float64)
    factors = derive(z)
    window = {
        (down, right): z[1 + down : z.shape[0] - 1 + down, 1 + right : z.shape[1] - 1 + right]
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    }
    weights = {-1: 1, 0: 2, 1: 1}
    east = sum(weights[i] * (window[i, 1] - window[i, -1]) for i in weights) / (8 * RESOLUTION_M)
    north = sum(weights[j] * (window[-1, j] - window[1, j]) for j in weights) / (8 * RESOLUTION_M)
    slope = np.degrees(np.arctan(np.hypot(east, north)))
    np.testing.assert_allclose(interior(factors.slope, 1), slope, rtol=1e-6)
    aspect = np.arctan2(-east, -north)
    sloping = slope > 0
    for name, direction in (("northness", np.cos(aspect)), ("eastness", np.sin(aspect))):
        derived = interior(factors[name], 1)
        np.testing.assert_allclose(derived[sloping], direction[sloping], atol=1e-6, err_msg=name)
        assert (derived[~sloping] == 0).all()


def test_angle_is_the_arctangent():
    gradient = np.concatenate([np.linspace(0, 5, 2000), np.geomspace(1e-9, 1e9, 2000)])
    derived = np.array([arctan_degrees(value) for value in gradient])
    np.testing.assert_allclose(derived, np.degrees(np.arctan(gradient)), rtol=1e-9)


# symmetry


def same(first, second, name):
    scale = float(np.nanmax(np.abs(np.asarray(first)))) or 1.0
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6 * scale, err_msg=name)


def test_quarter_turn_turns_the_aspect(rough):
    factors, turned = derive(rough), derive(np.rot90(rough).copy())
    for name in factors:
        if name == "northness":  # what faced east now faces north
            expected = factors.eastness
        elif name == "eastness":
            expected = -factors.northness
        elif name == "heat_load":  # knows south from north
            continue
        else:
            expected = factors[name]
        same(np.rot90(expected.values), turned[name].values, name)


@pytest.mark.parametrize(("axis", "flipped"), [(0, "northness"), (1, "eastness")])
def test_reflection_turns_one_direction(rough, axis, flipped):
    factors, mirrored = derive(rough), derive(np.flip(rough, axis).copy())
    for name in factors:
        if name == "heat_load":
            continue
        sign = -1 if name == flipped else 1
        same(sign * np.flip(factors[name].values, axis), mirrored[name].values, name)


def test_heat_load_is_mirrored_along_the_line_from_north_east_to_south_west(rough):
    square = rough[:, :70]
    factors, mirrored = derive(square), derive(square[::-1, ::-1].T.copy())
    same(factors.heat_load.values[::-1, ::-1].T, mirrored.heat_load.values, "heat_load")


def test_inversion_changes_the_sign(rough):
    factors, inverted = derive(rough), derive(2000 - rough)
    turned = ("northness", "eastness", "convergence_index")
    for name in factors:
        if name in ("elevation_percentile", "openness_300m", "heat_load"):
            continue
        if "curvature" in name or name.startswith("tpi") or name in turned:
            same(-factors[name].values, inverted[name].values, name)
        elif "position" in name:
            relief = factors[name.replace("relative_slope_position", "relief")].values
            varied = relief > 0
            same(1 - factors[name].values[varied], inverted[name].values[varied], name)
        elif name == "elevation_percentile_300m":
            same(1 - factors[name].values, inverted[name].values, name)
        else:
            same(factors[name].values, inverted[name].values, name)


# gaps and edges


def test_no_data_where_the_model_has_none_and_only_there(rough):
    factors = derive(rough)
    assert list(factors) == list(factor_names("terrain"))
    for name in factors:
        np.testing.assert_array_equal(np.isnan(factors[name]), np.isnan(rough), err_msg=name)


def test_lonely_cells_strips_and_tiny_rasters():
    values = np.full((12, 15), np.nan, np.float32)
    values[2, 3] = 500.0
    values[8, 4:12] = 100 + 30 * np.arange(8)
    factors = derive(values)
    for name in factors:
        assert np.isfinite(factors[name].values[~np.isnan(values)]).all(), name
    assert float(factors.slope[2, 3]) == 0
    np.testing.assert_allclose(factors.slope[8, 4:12], 45, rtol=1e-6)
    for shape in ((1, 1), (1, 7), (2, 2)):
        tiny = derive(np.full(shape, 10.0, np.float32))
        for name in tiny:
            level = {"elevation_percentile_300m": 0.5, "openness_300m": 90.0}.get(name, 0.0)
            assert name == "heat_load" or (tiny[name] == level).all(), name


def test_nothing_but_no_data():
    factors = derive(np.full((9, 9), np.nan, np.float32))
    assert all(np.isnan(factors[name]).all() for name in factors)


def test_valid_ranges_hold(rough):
    factors = derive(rough)
    for name, values in factors.items():
        low, high = FACTORS[name].valid_range
        assert low <= float(values.min()), name
        assert float(values.max()) <= high, name


# blocks


@pytest.mark.parametrize("chunks", [(70, 90), (16, 16), (7, 90), (33, 41), (64, 5)])
def test_chunked_equals_whole_bit_for_bit(rough, chunks):
    dem = make_dem(rough)
    whole = derive_terrain_factors(dem)
    chunked = derive_terrain_factors(dem.chunk(dict(zip(("y", "x"), chunks, strict=True))))
    assert all(chunked[name].chunks is not None for name in whole)
    xr.testing.assert_identical(chunked.compute(), whole)


@pytest.mark.parametrize("block_shape", [(11, 13), (5, 200), (70, 8)])
def test_blocks_in_memory_leave_no_trace(rough, monkeypatch, block_shape):
    whole = derive(rough)
    monkeypatch.setattr(blocks, "BLOCK_SHAPE", block_shape)
    for threads in (1, 3):
        cut = derive_terrain_factors(make_dem(rough), threads=threads)
        xr.testing.assert_identical(cut, whole)


def test_part_with_its_halo_equals_the_whole(rough):
    dem = make_dem(rough, 100.0)
    whole, part = derive_terrain_factors(dem), derive_terrain_factors(dem[15:60, 20:80])
    for name in whole:
        if FACTORS[name].halo_m == WHOLE_REGION:
            continue
        halo = FACTORS[name].halo_cells(100.0)
        inside = slice(halo, -halo)
        np.testing.assert_array_equal(
            part[name][inside, inside], whole[name][15:60, 20:80][inside, inside], err_msg=name
        )


# brute force


def disc_values(values, row, column, radius):
    """Values with data within radius + 1/2 cells, the centre first."""
    rows, columns = np.indices(values.shape)
    near = (rows - row) ** 2 + (columns - column) ** 2 <= (radius + 0.5) ** 2
    near[row, column] = False
    inside = values[near & ~np.isnan(values)]
    return np.concatenate([[values[row, column]], inside]).astype(np.float64)


def rank_first(levels):
    return ((levels[1:] < levels[0]) + 0.5 * (levels[1:] == levels[0])).mean()


BRUTE_FORCE = {
    "slope_mean_300m": ("slope", lambda cells: cells.mean()),
    "slope_deviation": ("slope", lambda cells: cells.std()),
    "tpi_90m": ("elevation", lambda cells: cells[0] - cells[1:].mean()),
    "tpi_300m": ("elevation", lambda cells: cells[0] - cells[1:].mean()),
    "tpi_900m": ("elevation", lambda cells: cells[0] - cells[1:].mean()),
    "elevation_percentile_300m": (
        "elevation",
        lambda cells: rank_first(np.rint(cells * neighbourhood.RANK_STEPS)),
    ),
    "relief_150m": ("elevation", np.ptp),
    "relief_450m": ("elevation", np.ptp),
    "relative_slope_position_150m": ("elevation", lambda c: (c[0] - c.min()) / np.ptp(c)),
    "relative_slope_position_450m": ("elevation", lambda c: (c[0] - c.min()) / np.ptp(c)),
}


@pytest.mark.parametrize("name", BRUTE_FORCE)
def test_window_statistics_equal_brute_force(rough, name):
    source, statistic = BRUTE_FORCE[name]
    factors = derive(rough)
    values = rough if source == "elevation" else factors[source].values
    radius = window_radius(FACTORS[name].halo_m, RESOLUTION_M)
    for row, column in np.argwhere(~np.isnan(rough))[::17]:
        expected = statistic(disc_values(values, row, column, radius))
        assert float(factors[name][row, column]) == pytest.approx(expected, rel=1e-5, abs=3e-5)


def test_three_by_three_statistics_equal_brute_force(rough):
    factors = derive(rough)
    padded = np.pad(rough.astype(np.float64), 1, constant_values=np.nan)
    for row, column in np.argwhere(~np.isnan(rough))[::5]:
        window = padded[row : row + 3, column : column + 3]
        squares = np.delete((window - window[1, 1]).ravel() ** 2, 4)
        # by the edge of a cell
        ruggedness = math.sqrt(8 * np.nanmean(squares)) / RESOLUTION_M
        assert float(factors.terrain_ruggedness[row, column]) == pytest.approx(ruggedness, rel=1e-5)
        differences = np.sqrt(squares) / RESOLUTION_M
        wilson = float(factors.terrain_ruggedness_wilson[row, column])
        assert wilson == pytest.approx(np.nanmean(differences), rel=1e-5)
        spread = (np.nanmax(window) - np.nanmin(window)) / RESOLUTION_M
        assert float(factors.roughness[row, column]) == pytest.approx(spread, rel=1e-5)


def test_openness_equals_brute_force(rough):
    factors = derive(rough)
    for row, column in np.argwhere(~np.isnan(rough))[::13]:
        angles = []
        for down, right in ((0, 1), (1, 1), (1, 0), (1, -1)):
            steps, step_m = (
                (7, RESOLUTION_M * math.sqrt(2)) if down and right else (10, RESOLUTION_M)
            )
            pair = []
            for sign in (1, -1):
                sights = [
                    (rough[i, j] - rough[row, column]) / (step * step_m)
                    for step in range(1, steps + 1)
                    if 0 <= (i := row + sign * step * down) < rough.shape[0]
                    and 0 <= (j := column + sign * step * right) < rough.shape[1]
                    and not np.isnan(rough[i, j])
                ]  # fmt: skip
                pair += [90 - math.degrees(math.atan(max(sights)))] if sights else []
            angles += pair if len(pair) == 2 else []
        expected = np.mean(angles) if angles else 90.0
        assert float(factors.openness_300m[row, column]) == pytest.approx(expected, rel=1e-5)


def test_convergence_equals_brute_force(rough):
    factors = derive(rough)
    north, east = (np.pad(factors[name].values, 1, constant_values=np.nan) for name in DIRECTIONS)
    for row, column in np.argwhere(~np.isnan(rough))[::13]:
        angles = []
        for down, right in ((0, 1), (1, 1), (1, 0), (1, -1)):
            pair = []
            for sign in (1, -1):
                place = (row + 1 + sign * down, column + 1 + sign * right)
                # towards the centre: north is up, against the rows
                cosine = (
                    sign * (down * north[place] - right * east[place]) / math.hypot(down, right)
                )
                pair.append(math.degrees(math.acos(min(max(cosine, -1.0), 1.0))))
            angles += [] if any(math.isnan(angle) for angle in pair) else pair
        expected = np.mean(angles) - 90 if angles else 0.0
        assert float(factors.convergence_index[row, column]) == pytest.approx(expected, abs=0.02)


def test_vector_ruggedness_equals_brute_force(rough):
    factors = derive(rough)
    slope = np.radians(factors.slope.values.astype(np.float64))
    north, east = (factors[name].values * np.sin(slope) for name in DIRECTIONS)
    for row, column in np.argwhere(~np.isnan(rough))[::17]:
        sums = [disc_values(part, row, column, 3) for part in (east, north, np.cos(slope))]
        length = math.sqrt(sum(part.sum() ** 2 for part in sums)) / sums[0].size
        ruggedness = float(factors.vector_ruggedness_90m[row, column])
        assert ruggedness == pytest.approx(1 - length, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("northing", "crs"), [(4_000_000, "EPSG:32632"), (6_000_000, "EPSG:32717")]
)
def test_heat_load_equals_the_equation(rough, northing, crs):
    transform = Affine(RESOLUTION_M, 0, 500_000, 0, -RESOLUTION_M, northing)
    dem = wrap_xr(rough, GeoBox(rough.shape, transform, crs))
    factors = derive_terrain_factors(dem)
    latitude = find_latitude(dem.odc.geobox)
    slope = np.radians(factors.slope.values)
    aspect = np.degrees(np.arctan2(factors.eastness, factors.northness)) % 360
    warmest = 225 if latitude > 0 else 315
    folded = np.radians(np.abs(180 - np.abs(aspect - warmest)))
    angle = math.radians(abs(latitude))
    expected = np.exp(
        -1.467
        + 1.582 * math.cos(angle) * np.cos(slope)
        - 1.500 * np.cos(folded) * np.sin(slope) * math.sin(angle)
        - 0.262 * math.sin(angle) * np.sin(slope)
        + 0.607 * np.sin(folded) * np.sin(slope)
    )
    np.testing.assert_allclose(factors.heat_load, expected, rtol=1e-4)


def test_exponential_is_the_exponential():
    values = np.linspace(-4, 4, 2001)
    derived = np.array([exponential(value) for value in values])
    np.testing.assert_allclose(derived, np.exp(values), rtol=1e-11)


def test_wide_fit_equals_a_least_squares_solver(rough):
    values = np.nan_to_num(rough, nan=800.0).astype(np.float64)
    factors = derive(values)
    offsets = np.arange(-3, 4)
    weights = np.cos(np.pi * offsets / 8) ** 2
    x, y = (axis.ravel() * RESOLUTION_M for axis in np.meshgrid(offsets, -offsets))
    design = np.column_stack([np.ones(49), x, y, x * x / 2, x * y, y * y / 2])
    root = np.sqrt(np.outer(weights, weights)).ravel()
    for row, column in [(10, 10), (30, 50), (60, 80), (22, 36)]:
        window = values[row - 3 : row + 4, column - 3 : column + 4].ravel()
        _, p, q, r, s, t = np.linalg.lstsq(design * root[:, None], window * root, rcond=None)[0]
        square = p * p + q * q
        slope = math.degrees(math.atan(math.sqrt(square)))
        assert float(factors.slope_90m[row, column]) == pytest.approx(slope, rel=1e-5)
        along = -(p * p * r + 2 * p * q * s + q * q * t) / (square * (1 + square) ** 1.5)
        assert float(factors.profile_curvature_90m[row, column]) == pytest.approx(along, rel=1e-4)
        across = -(q * q * r - 2 * p * q * s + p * p * t) / (square * math.sqrt(1 + square))
        assert float(factors.tangential_curvature_90m[row, column]) == pytest.approx(
            across, rel=1e-4
        )


def test_elevation_percentile_counts_lower_cells():
    values = np.random.default_rng(1).integers(300, 340, (30, 40)).astype(np.float32)
    values[3, 4] = np.nan
    valid = values[~np.isnan(values)]
    expected = np.array([(valid < value).mean() for value in values.ravel()]).reshape(values.shape)
    derived = derive(values).elevation_percentile.values
    present = ~np.isnan(values)
    np.testing.assert_allclose(derived[present], expected[present], atol=1e-6)


def test_disc_kernels_at_every_radius():
    values = np.random.default_rng(2).integers(-50, 50, (40, 44)).astype(np.float32)
    for radius in range(1, 14):
        disc = neighbourhood.disc_half_widths(radius)
        margin = 14
        running, change = np.empty(45, np.int64), np.empty(16, np.int32)
        sums = np.empty((12, 16), np.int64)
        minima = np.empty((12, 16), np.float32)
        segments = np.empty((12 + 2 * radius, 16 + 2 * radius), np.float32)
        whole = values.astype(np.int32)
        neighbourhood.sum_discs(whole, disc, margin, running, change, sums)
        neighbourhood.find_disc_minima(values, disc, margin, segments, minima)
        for row, column in [(0, 0), (5, 7), (11, 15)]:
            cells = disc_values(values, row + margin, column + margin, radius)
            assert sums[row, column] == cells.sum()
            assert minima[row, column] == cells.min()


def test_ranks_do_not_depend_on_the_width_of_the_levels():
    """A summit 3000 m above a block needs 32 bits, and changes no rank where it is not seen."""
    values = np.random.default_rng(5).uniform(100, 160, (60, 200)).astype(np.float32)
    towering = values.copy()
    towering[30, -1] = 3200.0
    low, high = (neighbourhood.to_levels(part) for part in (values, towering))
    assert (low.dtype, high.dtype) == (np.int16, np.int32)
    first, second = (derive(part).elevation_percentile_300m.values for part in (values, towering))
    np.testing.assert_array_equal(first[:, :150], second[:, :150])
    assert second[30, -1] == 1.0


# the file at the door


def test_units_and_names_come_from_the_table(rough):
    for dem in (make_dem(rough), make_dem(rough).chunk(32)):
        factors = derive_terrain_factors(dem.assign_attrs(units="m", nonsense="x"))
        for name, values in factors.items():
            factor = FACTORS[name]
            assert values.attrs == {"units": factor.units, "long_name": factor.long_name}
            assert values.dtype == np.float32
            assert values.odc.geobox == dem.odc.geobox


@pytest.mark.parametrize("value", [-9999.0, 1e20, np.inf])
def test_undeclared_no_data_is_refused(rough, value):
    values = rough.copy()
    values[5, 5] = value
    for dem in (make_dem(values), make_dem(values).chunk(32)):
        with pytest.raises(ValueError, match="declare that value as no data"):
            derive_terrain_factors(dem)


def test_wrong_grids_are_refused(rough):
    dem = make_dem(rough)
    degrees = wrap_xr(rough, make_grid(rough.shape, 0.1, crs="EPSG:4326"))
    feet = wrap_xr(rough, make_grid(rough.shape, crs="EPSG:2263"))
    oblong = GeoBox(rough.shape, Affine(10, 0, 0, 0, -20, 0), "EPSG:32632")
    for wrong, message in (
        (degrees, r"is in degrees \(EPSG:4326\)"),
        (feet, "whose unit is US survey foot"),
        (wrap_xr(rough, oblong), "expected square cells"),
        (dem.isel(y=slice(None, None, -1)), "north-up"),
        (dem.T, r"dimensions \(y, x\)"),
        (dem.fillna(0).astype(np.int16), "found int16"),
        (xr.DataArray(rough, dims=("y", "x")), "CRS"),
    ):
        with pytest.raises(ValueError, match=message):
            derive_terrain_factors(wrong)


def test_large_files_pass_through_the_script_tile_by_tile(tmp_path):
    """Integers with declared no data, and a tile without any data, as in memory."""
    spec = importlib.util.spec_from_file_location("derive", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    generator = np.random.default_rng(9)
    heights = 500 + generator.normal(0, 2, (540, 1100)).cumsum(axis=0).cumsum(axis=1) / 20
    values = np.rint(heights.clip(-900, 8000)).astype(np.float32)
    values[:, :500] = np.nan
    dem = make_dem(values, 90.0)
    profile = {
        "driver": "GTiff",
        "height": 540,
        "width": 1100,
        "count": 1,
        "dtype": "int16",
        "nodata": -32768,
        "crs": "EPSG:32632",
        "transform": dem.odc.geobox.affine,
    }
    with rasterio.open(tmp_path / "dem.tif", "w", **profile) as sink:
        sink.write(np.nan_to_num(values, nan=-32768).astype(np.int16), 1)
    path = tmp_path / "dem.tif"
    script.main(detail=path, dem=path, factors=tmp_path / "terrain.tif")
    written = read_factors([tmp_path / "terrain.tif"])
    for name, expected in derive_terrain_factors(dem).items():
        np.testing.assert_array_equal(written[name], expected, err_msg=name)
        assert written[name].attrs == expected.attrs
