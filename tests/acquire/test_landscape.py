import numpy as np
import pytest

from landshift.acquire.virtual.landscape import (
    accumulate_specific_area,
    fill_depressions,
    gradient,
    make_fractal_field,
    shape_surface,
)

NEIGHBOURS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]


def make_dome(height=7, width=6):
    """A dome without pits whose cells all differ."""
    y, x = np.mgrid[:height, :width]
    return 40.0 - (y - 3.1) ** 2 - 1.3 * (x - 2.4) ** 2 + 0.07 * y * x


def rescale(elevation, relief_m):
    low, high = np.quantile(elevation, [0.01, 0.99])
    return (elevation - elevation.min()) / (high - low) * relief_m


def creep_in_turn(elevation, rounds, number, resolution_m):
    """Rounds of soil creep by whole arrays: the flux is ``S (1 + min((S / 0.9)^2, 1.5))``."""
    for _ in range(rounds):
        change = np.zeros_like(elevation)
        for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
            drop = np.roll(elevation, shift, axis) - elevation
            change += drop * (1 + np.minimum((drop / resolution_m / 0.9) ** 2, 1.5))
        elevation[1:-1, 1:-1] += number * change[1:-1, 1:-1]
    return elevation


def incise_at_once(elevation, wander, erodibility, resolution_m, duration):
    """Stream power as one system of equations: ``z + F (z - z_r) / L = z_before``."""
    height, width = elevation.shape
    filled, order, receivers = fill_depressions(elevation, wander)
    area = np.ones(elevation.size)
    for cell in reversed(order):
        if receivers[cell] != cell:
            area[receivers[cell]] += area[cell]
    rows, columns = np.divmod(np.arange(elevation.size), width)
    length = np.hypot(rows - rows[receivers], columns - columns[receivers]) * resolution_m
    moves = length > 0
    power = duration * erodibility.ravel() * np.sqrt(area * resolution_m**2)
    power[moves] /= length[moves]
    system = np.eye(elevation.size)
    system[moves, moves] += power[moves]
    system[np.flatnonzero(moves), receivers[moves]] -= power[moves]
    return np.linalg.solve(system, filled.ravel()).reshape(height, width)


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_water_leaves_by_the_lower_neighbour(neighbour):
    elevation = np.full((3, 3), 9.0)
    elevation[1, 1] = 5.0
    elevation[1 + neighbour[0], 1 + neighbour[1]] = 4.0
    _, order, receivers = fill_depressions(elevation, np.ones((3, 3)))
    lower = (1 + neighbour[0]) * 3 + 1 + neighbour[1]
    assert list(order[:2]) == [lower, 4]
    assert list(receivers) == [0, 1, 2, 3, lower, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("corner", "readiness", "receiver"), [(8.6, 1.0, 5), (8.57, 1.0, 8), (8.6, 1.1, 8)]
)
def test_water_takes_the_steepest_way(corner, readiness, receiver):
    # one down to the east; 1.4 down over sqrt(2) is less steep, 1.43 is steeper
    elevation = np.array([[20.0, 20, 20], [20, 10, 9], [20, 20, corner]])
    wander = np.ones((3, 3))
    wander[2, 2] = readiness
    assert fill_depressions(elevation, wander)[2][4] == receiver


def test_a_filled_cell_stands_a_hair_above_its_outlet():
    elevation = np.full((3, 4), 7.0)
    elevation[1, 1:3] = [2.0, 3.0]
    elevation[0, 0] = 6.0
    wander = np.ones((3, 4))
    wander[1, 1], wander[1, 2] = 1.5, 0.5
    filled, order, receivers = fill_depressions(elevation, wander)
    # 0.01 wander^6
    assert filled[1, 1] == pytest.approx(6 + 0.11390625)
    assert filled[1, 2] == pytest.approx(6 + 0.11390625 + 0.00015625)
    levels = filled.ravel()[order]
    assert np.all(np.diff(levels) >= 0) and sorted(order) == list(range(12))
    # down a slope that only filling made
    assert receivers[5] == 0 and receivers[6] == 5


def test_water_of_a_peak_spreads_by_gradient_to_the_power_of_11_tenths():
    elevation = np.zeros((3, 3))
    elevation[1, 1] = 10.0
    # over the diagonal the gradient is 2^-0.5 times as large, the share 2^-0.55 times
    straight = 1 / (4 + 4 * 2**-0.55)
    corner = 2**-0.55 * straight
    expected = [[corner, straight, corner], [straight, 0, straight], [corner, straight, corner]]
    area = accumulate_specific_area(elevation, 30.0)
    np.testing.assert_allclose(area, 30 * (1 + np.array(expected)), rtol=1e-12)


def test_specific_area_equals_the_sum_over_all_ways():
    elevation = make_dome()
    height, width = elevation.shape
    shares = np.zeros((elevation.size, elevation.size))
    for row, column in np.ndindex(height, width):
        for i, j in NEIGHBOURS:
            if 0 <= row + i < height and 0 <= column + j < width:
                drop = elevation[row, column] - elevation[row + i, column + j]
                to = (row + i) * width + column + j
                shares[to, row * width + column] = (max(drop, 0) / np.hypot(i, j)) ** 1.1
    shares /= np.maximum(shares.sum(axis=0), 1e-300)
    area = np.linalg.solve(np.eye(elevation.size) - shares, np.ones(elevation.size))
    np.testing.assert_allclose(
        accumulate_specific_area(elevation, 20.0).ravel(), 20 * area, rtol=1e-9
    )


def test_gradient_of_a_plane():
    y, x = np.mgrid[:4, :5]
    np.testing.assert_allclose(gradient(3.0 * x * 10 - 4.0 * y * 10, 10.0), 5.0)


@pytest.mark.parametrize("relief_m", [3.0, 400.0])
def test_soil_creeps_by_the_square_of_the_gradient(relief_m):
    # one step of 1/40 of the age; no erodible rock
    surface, none = make_dome(), np.zeros((7, 6))
    shaped = shape_surface(
        surface, resolution_m=20.0, relief_m=relief_m, incision=1 / 40, hillslope_length_m=15.0,
        erodibility=none, wander=np.ones((7, 6)),
    )  # fmt: skip
    lifted = rescale(surface, relief_m)
    # relief / 8 of uplift in a unit of time, of which a step takes 8 / 40
    lifted[1:-1, 1:-1] += relief_m / 8 * 0.2
    # (15 / 20)^2 0.2 is 0.1125; times 5.5, over 0.2, is 3.09: four rounds
    expected = rescale(creep_in_turn(lifted, 4, 0.1125 / 4, 20.0), relief_m)
    np.testing.assert_allclose(shaped, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("steps", [1, 2])
def test_rivers_cut_by_the_root_of_their_area(steps):
    generator = np.random.default_rng(1)
    wander, rock = generator.uniform(0.5, 1.5, (2, 7, 6))
    surface = make_dome()
    shaped = shape_surface(
        surface, resolution_m=20.0, relief_m=300.0, incision=steps / 40, hillslope_length_m=0.0,
        erodibility=rock, wander=wander,
    )  # fmt: skip
    expected = rescale(surface, 300.0)
    for _ in range(steps):
        expected[1:-1, 1:-1] += 300 / 8 * 0.2
        expected = rescale(incise_at_once(expected, wander, rock, 20.0, 0.2), 300.0)
    np.testing.assert_allclose(shaped, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("hurst", "longest"), [(0.8, 1.0), (0.3, 0.2)])
def test_the_spectrum_of_a_fractal_field_falls_as_stated(hurst, longest):
    size = 8
    field = make_fractal_field(size, hurst, np.random.default_rng(4), longest=longest)
    noise = np.random.default_rng(4).standard_normal((16, 16))
    waves = np.minimum(np.arange(16), 16 - np.arange(16)) / 16
    frequency = np.sqrt(waves[:, None] ** 2 + waves**2)
    frequency = np.where(frequency < 1 / (16 * longest), 1 / (16 * longest), frequency)
    # the power spectrum falls as frequency ** -(2 hurst + 2), and the mean is none
    amplitude = np.sqrt(frequency ** -(2 * hurst + 2))
    amplitude[0, 0] = 0
    expected = np.fft.ifft2(np.fft.fft2(noise) * amplitude).real[:8, :8]
    expected = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(field, expected, rtol=1e-9, atol=1e-9)
