import heapq
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from landshift.factors import drainage as flow
from landshift.runtime.portable_math import logarithm, power

NEIGHBOURS = [(0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)]
EAST, SOUTH_EAST, SOUTH, SOUTH_WEST, WEST, NORTH_WEST, NORTH, NORTH_EAST = range(8)
OUT = flow.LEAVES
STEP = flow.ELEVATION_UNIT_M


def rough_terrain(shape, *, seed, integers=False, holes=0):
    """Give random elevations [m] with pits everywhere, a tilt and cells without data."""
    rng = np.random.default_rng(seed)
    elevation = rng.uniform(0.0, 30.0, shape) + np.arange(shape[0])[:, np.newaxis]
    elevation = np.rint(elevation / 6) if integers else elevation
    elevation[tuple(rng.integers(0, size, holes) for size in shape)] = np.nan
    return elevation.astype(np.float32)


def filled_terrain(*arguments, **options):
    return flow.fill_depressions(flow.frame(rough_terrain(*arguments, **options)))


def metres(framed):
    inner = framed[1:-1, 1:-1]
    return np.where(inner == flow.NODATA, np.nan, inner * STEP)


def fill_by_plain_flood(framed):
    """Fill by the textbook priority-flood: every cell through one queue."""
    filled = framed.copy()
    cells = [tuple(cell) for cell in np.argwhere(framed != flow.NODATA).tolist()]
    outlets = [
        (r, c) for r, c in cells if any(framed[r + i, c + j] == flow.NODATA for i, j in NEIGHBOURS)
    ]
    settled = set(outlets)
    queue = [(filled[cell], cell) for cell in outlets]
    heapq.heapify(queue)
    while queue:
        level, (row, column) = heapq.heappop(queue)
        for i, j in NEIGHBOURS:
            cell = (row + i, column + j)
            if filled[cell] != flow.NODATA and cell not in settled:
                settled.add(cell)
                filled[cell] = max(filled[cell], level + 1)
                heapq.heappush(queue, (filled[cell], cell))
    return filled


def walk(directions, cell):
    """List the cells on the way from `cell` out of the raster."""
    path = [cell]
    while directions[cell] >= 0:
        step = NEIGHBOURS[directions[cell]]
        cell = (cell[0] + step[0], cell[1] + step[1])
        path.append(cell)
    return path


def test_frame_keeps_elevations_exactly():
    elevation = np.array([[1234.5678, -3.25], [np.nan, 0.0]], dtype=np.float32)
    framed = flow.frame(elevation)
    assert framed.shape == (4, 4)
    assert (framed[0] == flow.NODATA).all() and framed[2, 1] == flow.NODATA
    np.testing.assert_array_equal(metres(framed), elevation)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, 1e10, -3.4e38])
def test_frame_refuses_elevations_that_are_none(wrong):
    with pytest.raises(ValueError, match="1 elevations are infinite or beyond"):
        flow.frame(np.array([[1.0, wrong]]))


def test_frame_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"shape \(y, x\)"):
        flow.frame(np.zeros(4))


def test_pit_is_raised_just_above_its_lowest_rim():
    elevation = np.array([[9.0, 9, 9, 9], [9, 2, 3, 9], [9, 4, 9, 5], [9, 9, 9, 9]])
    filled = metres(flow.fill_depressions(flow.frame(elevation)))
    expected = elevation.copy()
    expected[1, 1], expected[1, 2], expected[2, 1] = 5 + 2 * STEP, 5 + STEP, 5 + 2 * STEP
    np.testing.assert_array_equal(filled, expected)


def test_lake_slopes_towards_its_outlet():
    lake = np.full((5, 7), 8.0)
    lake[1:-1, 1:-1] = 3.0
    lake[2, 6] = 5.0
    filled = metres(flow.fill_depressions(flow.frame(lake)))
    np.testing.assert_array_equal((filled[2, 1:] - 5.0) / STEP, [5, 4, 3, 2, 1, 0])


def test_flat_that_touches_the_edge_drains():
    flat = np.full((4, 5), 7.0)
    filled = (metres(flow.fill_depressions(flow.frame(flat))) - 7.0) / STEP
    expected = np.zeros((4, 5))
    expected[1:-1, 1:-1] = 1
    np.testing.assert_array_equal(filled, expected)


def test_one_cell_hole_drains_the_pit_beside_it():
    elevation = np.full((5, 5), 9.0)
    elevation[1, 1] = 2.0
    elevation[2, 2] = np.nan
    filled = metres(flow.fill_depressions(flow.frame(elevation)))
    assert filled[1, 1] == 2.0
    assert np.isnan(filled[2, 2])


def test_nested_depressions_spill_into_each_other():
    profile = np.array([9.0, 1, 4, 2, 6, 3, 5])
    elevation = np.full((3, profile.size), 9.0)
    elevation[1] = profile
    filled = metres(flow.fill_depressions(flow.frame(elevation)))[1]
    expected = [9, 6 + 3 * STEP, 6 + 2 * STEP, 6 + STEP, 6, 5 + STEP, 5]
    np.testing.assert_array_equal(filled, expected)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("integers", [False, True])
def test_filling_equals_the_textbook_flood(seed, integers):
    framed = flow.frame(rough_terrain((23, 31), seed=seed, integers=integers, holes=seed))
    np.testing.assert_array_equal(flow.fill_depressions(framed), fill_by_plain_flood(framed))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_filling_does_not_depend_on_orientation(turns):
    elevation = rough_terrain((40, 30), seed=3, integers=True, holes=5)
    turned = flow.fill_depressions(flow.frame(np.rot90(elevation, turns)))
    straight = flow.fill_depressions(flow.frame(elevation))
    np.testing.assert_array_equal(turned, np.rot90(straight, turns))


def test_filling_twice_changes_nothing():
    filled = filled_terrain((30, 30), seed=1)
    np.testing.assert_array_equal(flow.fill_depressions(filled), filled)


def test_every_cell_has_a_lower_neighbour_or_lies_beside_no_data():
    filled = filled_terrain((40, 40), seed=2, integers=True, holes=10)
    directions = flow.flow_directions(filled)
    beside = np.zeros(filled.shape, dtype=bool)
    for i, j in NEIGHBOURS:
        beside |= np.roll(filled, (-i, -j), (0, 1)) == flow.NODATA
    assert (beside[directions == OUT]).all()
    np.testing.assert_array_equal(directions == flow.NO_DIRECTION, filled == flow.NODATA)


def test_directions_of_a_v_valley():
    valley = np.array([[9.0, 5, 9], [8, 4, 8], [7, 3, 7]])
    directions = flow.flow_directions(flow.frame(valley))[1:-1, 1:-1]
    expected = [[EAST, SOUTH, WEST], [EAST, SOUTH, WEST], [EAST, OUT, WEST]]
    np.testing.assert_array_equal(directions, expected)


def test_diagonals_count_by_their_length():
    # To the south-east 1.5 m in 1.41 cells, to the east 1.1 m in one cell.
    elevation = np.array([[3.0, 1.9], [3.0, 1.5]])
    assert flow.flow_directions(flow.frame(elevation))[1, 1] == EAST
    elevation[1, 1] = 1.4
    assert flow.flow_directions(flow.frame(elevation))[1, 1] == SOUTH_EAST


def test_ties_go_to_the_first_neighbour_clockwise_from_east():
    cone = np.full((3, 3), 1.0)
    cone[1, 1] = 2.0
    assert flow.flow_directions(flow.frame(cone))[2, 2] == EAST
    cone[1, 2] = 3.0
    assert flow.flow_directions(flow.frame(cone))[2, 2] == SOUTH


def test_directions_turn_with_the_raster():
    filled = filled_terrain((30, 30), seed=5)
    turned = flow.flow_directions(np.ascontiguousarray(np.rot90(filled)))
    straight = np.rot90(flow.flow_directions(filled))
    expected = np.where(straight >= 0, (straight - 2) % 8, straight)
    # Raised cells of one level tie; real elevations never do here.
    raised = flow.frame(rough_terrain((30, 30), seed=5)) != filled
    untied = ~np.rot90(binary_dilation(raised, np.ones((3, 3))))
    assert untied.mean() > 0.2
    np.testing.assert_array_equal(turned[untied], expected[untied])


def test_directions_equal_a_search_of_the_neighbours():
    filled = filled_terrain((25, 25), seed=8, integers=True, holes=4)
    directions = flow.flow_directions(filled)
    for row, column in np.argwhere(filled != flow.NODATA):
        drops = [
            (int(filled[row, column]) - int(filled[row + i, column + j])) / np.hypot(i, j)
            for i, j in NEIGHBOURS
        ]
        expected = int(np.argmax(drops)) if max(drops) > 0 else OUT
        assert directions[row, column] == expected


def test_single_flow_of_a_v_valley():
    valley = np.array([[9.0, 5, 9], [8, 4, 8], [7, 3, 7]])
    counts = flow.accumulate_single_flow(flow.flow_directions(flow.frame(valley)))
    np.testing.assert_array_equal(counts[1:-1, 1:-1], [[1, 3, 1], [1, 6, 1], [1, 9, 1]])
    assert counts[0].sum() == counts[:, -1].sum() == 0


@pytest.mark.parametrize("integers", [False, True])
def test_single_flow_equals_a_walk_from_every_cell(integers):
    filled = filled_terrain((30, 27), seed=4, integers=integers, holes=6)
    directions = flow.flow_directions(filled)
    expected = np.zeros(filled.shape, dtype=np.int64)
    for cell in np.argwhere(filled != flow.NODATA):
        for passed in walk(directions, tuple(cell)):
            expected[passed] += 1
    np.testing.assert_array_equal(flow.accumulate_single_flow(directions), expected)


def test_multiple_flow_of_a_ridge_cell_by_hand():
    elevation = np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    flowed = flow.accumulate_multiple_flow(flow.frame(elevation), 1.0)[1:-1, 1:-1] * flow.FLOW_UNIT
    cardinal, diagonal = 1.0, 1.0 / np.sqrt(2)
    total = 4 * (cardinal + diagonal)
    expected = np.array([[diagonal, cardinal, diagonal]] * 3) / total + 1.0
    expected[1, [0, 2]] = 1.0 + cardinal / total
    expected[1, 1] = 1.0
    np.testing.assert_allclose(flowed, expected, atol=1e-8)


@pytest.mark.parametrize("exponent", [1.0, 1.1, 4.0])
@pytest.mark.parametrize("integers", [False, True])
def test_multiple_flow_loses_nothing(exponent, integers):
    filled = filled_terrain((60, 50), seed=6, integers=integers, holes=12)
    flowed = flow.accumulate_multiple_flow(filled, exponent)
    leaving = flowed[flow.flow_directions(filled) == OUT].sum()
    assert leaving == (filled != flow.NODATA).sum() * int(1 / flow.FLOW_UNIT)


def test_multiple_flow_equals_a_sweep_from_high_to_low():
    filled = filled_terrain((30, 30), seed=9, integers=True, holes=3)
    expected = np.where(filled == flow.NODATA, 0.0, 1.0)
    order = np.argsort(filled, axis=None, kind="stable")[::-1]
    for row, column in zip(*np.unravel_index(order, filled.shape), strict=True):
        if filled[row, column] == flow.NODATA:
            continue
        weights = {}
        for i, j in NEIGHBOURS:
            drop = int(filled[row, column]) - int(filled[row + i, column + j])
            if drop > 0:
                weights[row + i, column + j] = (drop * STEP / np.hypot(i, j)) ** 1.1
        for cell, weight in weights.items():
            expected[cell] += expected[row, column] * weight / sum(weights.values())
    flowed = flow.accumulate_multiple_flow(filled, 1.1) * flow.FLOW_UNIT
    np.testing.assert_allclose(flowed, expected, rtol=1e-5)


def test_multiple_flow_on_a_tilted_plane_has_no_stripes():
    rows, columns = np.indices((60, 60))
    plane = 5000.0 - 3.0 * rows - 1.3 * columns
    filled = flow.fill_depressions(flow.frame(plane))
    flowed = flow.accumulate_multiple_flow(filled, 1.1)[1:-1, 1:-1] * flow.FLOW_UNIT
    # Far from the eastern and western edge all cells of a row lie equally far down the slope.
    relative = flowed[40, 35:50] / flowed[40, 35:50].mean()
    np.testing.assert_allclose(relative, 1.0, atol=0.05)


def test_multiple_flow_of_a_cone_is_even_in_all_directions():
    # The specific catchment area of a cone is half the distance from its top.
    radius = np.hypot(*(np.indices((161, 161)) - 80))
    flowed = flow.accumulate_multiple_flow(flow.frame(1000.0 - 5.0 * radius), 1.1)[1:-1, 1:-1]
    ring = (radius > 20) & (radius < 70)
    relative = flowed[ring] * flow.FLOW_UNIT / (radius[ring] / 2)
    assert np.sqrt(np.mean((relative - 1) ** 2)) < 0.07
    assert np.abs(relative - 1).max() < 0.13


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_multiple_flow_turns_with_the_raster(turns):
    filled = filled_terrain((40, 35), seed=7, integers=True, holes=5)
    turned = flow.accumulate_multiple_flow(np.ascontiguousarray(np.rot90(filled, turns)), 1.1)
    straight = np.rot90(flow.accumulate_multiple_flow(filled, 1.1), turns)
    np.testing.assert_allclose(turned, straight, rtol=1e-7)


def test_gradient_of_a_plane_is_exact_up_to_the_edge():
    rows, columns = np.indices((6, 7))
    plane = 100.0 + 3.0 * rows - 4.0 * columns
    plane[3, 3] = np.nan
    gradients = flow.slope_gradients(flow.frame(plane)) * STEP
    expected = np.where(np.isnan(plane), 0.0, 5.0)
    np.testing.assert_allclose(gradients, expected, rtol=1e-12)


def test_gradient_of_a_lone_cell_is_zero():
    assert flow.slope_gradients(flow.frame(np.array([[5.0]]))) == 0.0


@pytest.mark.parametrize("farthest", [3.0, 7.3, 100.0])
@pytest.mark.parametrize("share", [0.002, 0.05, 0.5])
def test_distances_equal_a_search_of_all_features(farthest, share):
    rng = np.random.default_rng(12)
    features = rng.random((37, 53)) < share
    cells = np.argwhere(features)
    expected = np.full(features.shape, farthest)
    for row, column in product(*map(range, features.shape)):
        distance = np.hypot(*(cells - (row, column)).T).min(initial=np.inf)
        expected[row, column] = min(farthest, distance)
    np.testing.assert_allclose(flow.nearest_distances(features, farthest), expected, rtol=1e-6)


def test_distances_without_features_are_the_farthest():
    assert (flow.nearest_distances(np.zeros((4, 5), dtype=bool), 9.5) == 9.5).all()


def test_multiple_flow_accepts_no_loss_across_a_lake():
    elevation = rough_terrain((50, 50), seed=13)
    elevation[10:40, 10:40] = 0.0
    filled = flow.fill_depressions(flow.frame(elevation))
    leaving = flow.accumulate_multiple_flow(filled, 1.1)[flow.flow_directions(filled) == OUT].sum()
    assert leaving == elevation.size * int(1 / flow.FLOW_UNIT)


def test_single_flow_equals_pyflwdir_without_depressions():
    pyflwdir = pytest.importorskip("pyflwdir", reason="pyflwdir is not a dependency")
    filled = filled_terrain((80, 70), seed=14, integers=True, holes=15)
    directions = flow.flow_directions(filled)[1:-1, 1:-1]
    codes = np.where(directions >= 0, 2 ** directions.clip(0), 0).astype(np.uint8)
    codes[directions == flow.NO_DIRECTION] = 247
    peer = pyflwdir.from_array(codes, ftype="d8").upstream_area("cell")
    ours = flow.accumulate_single_flow(flow.flow_directions(filled))[1:-1, 1:-1]
    data = directions != flow.NO_DIRECTION
    np.testing.assert_array_equal(ours[data], peer[data])


def order_by_recursion(directions, streams, cell):
    """Order a stream cell after Strahler from its donors."""
    donors = [
        (cell[0] + i, cell[1] + j)
        for k, (i, j) in enumerate(NEIGHBOURS)
        if directions[cell[0] + i, cell[1] + j] == (k + 4) % 8
    ]
    orders = [order_by_recursion(directions, streams, d) for d in donors if streams[d]]
    if not orders:
        return 1
    return max(orders) + (orders.count(max(orders)) > 1)


@pytest.mark.parametrize("integers", [False, True])
def test_stream_orders_equal_a_recursion(integers):
    directions = flow.flow_directions(filled_terrain((60, 55), seed=15, integers=integers, holes=6))
    drained, orders = flow.order_streams(directions, 5)
    np.testing.assert_array_equal(drained, flow.accumulate_single_flow(directions))
    np.testing.assert_array_equal(orders > 0, drained >= 5)
    assert orders.max() >= 3
    for cell in map(tuple, np.argwhere(orders > 0)):
        assert orders[cell] == order_by_recursion(directions, orders > 0, cell)


def test_three_streams_that_meet_rise_by_one():
    cross = np.full((5, 5), np.nan)
    cross[2], cross[:, 2] = [9, 8, 3, 8, 9], [9, 8, 3, 2, 1]
    _, orders = flow.order_streams(flow.flow_directions(flow.frame(cross)), 1)
    np.testing.assert_array_equal(orders[3, 1:-1], [1, 1, 2, 1, 1])
    np.testing.assert_array_equal(orders[1:-1, 3], [1, 1, 2, 2, 2])


@pytest.mark.parametrize("integers", [False, True])
def test_ways_to_streams_equal_a_walk(integers):
    directions = flow.flow_directions(filled_terrain((40, 37), seed=16, integers=integers, holes=6))
    _, orders = flow.order_streams(directions, 12)
    steps, reached = flow.trace_streams(directions, orders)
    lengths = flow.path_lengths(steps, 10.0, 400.0)
    for cell in map(tuple, np.argwhere(directions != flow.NO_DIRECTION)):
        path = walk(directions, cell)
        end = next((k for k, passed in enumerate(path) if orders[passed]), len(path) - 1)
        expected = 10 * sum(np.hypot(*np.subtract(*pair)) for pair in pairwise(path[: end + 1]))
        assert lengths[cell] == pytest.approx(min(expected, 400.0), rel=1e-6)
        assert reached[cell] == orders[path[end]]


@pytest.mark.parametrize("integers", [False, True])
def test_mean_heights_equal_a_sweep_from_low_to_high(integers):
    filled = filled_terrain((40, 37), seed=17, integers=integers, holes=6)
    _, orders = flow.order_streams(flow.flow_directions(filled), 12)
    expected = np.zeros(filled.shape)
    for row, column in zip(
        *np.unravel_index(np.argsort(filled, axis=None, kind="stable"), filled.shape), strict=True
    ):
        if filled[row, column] == flow.NODATA or orders[row, column]:
            continue
        total = weighted = 0.0
        for i, j in NEIGHBOURS:
            drop = int(filled[row, column]) - int(filled[row + i, column + j])
            if drop > 0:
                weight = (drop * STEP / np.hypot(i, j)) ** 1.1
                total += weight
                weighted += weight * (expected[row + i, column + j] + drop)
        expected[row, column] = weighted / total if total else 0.0
    heights = flow.mean_heights(filled, orders, 1.1)
    np.testing.assert_allclose(heights, expected, rtol=1e-12)
    assert (heights >= 0).all()


def find_base_levels(filled, directions, streams):
    """Find the elevation of the first stream cell on the D8 path of each cell, or of its last."""
    bases = np.full(filled.shape, flow.NODATA)
    for cell in map(tuple, np.argwhere(filled != flow.NODATA)):
        path = walk(directions, cell)
        bases[cell] = filled[next((passed for passed in path if streams[passed]), path[-1])]
    return bases


def test_mean_heights_have_no_steps_where_single_paths_part():
    # A plane between two streams of different fall: single paths part at a line, means do not.
    row, column = np.indices((80, 80))
    cone = 1000.0 - 3.0 * np.hypot(row - 40, column - 20)
    filled = flow.fill_depressions(flow.frame(cone))
    directions = flow.flow_directions(filled)
    streams = np.zeros(filled.shape, dtype=np.uint8)
    streams[:, 60] = filled[:, 60] != flow.NODATA
    single = (filled - find_base_levels(filled, directions, streams > 0))[1:-1, 1:-1] * STEP
    mean = flow.mean_heights(filled, streams, 1.1)[1:-1, 1:-1] * STEP
    sector = (slice(25, 56), slice(30, 50))
    roughness = [np.abs(np.diff(heights[sector], 2, axis=0)).max() for heights in (single, mean)]
    assert roughness[1] < 0.5 * roughness[0]


def test_powers_and_logarithms_equal_those_of_the_library():
    numbers = 2.0 ** np.random.default_rng(18).uniform(-32.5, 31.0, 300)
    for number in [1.0, 2.0, 0.5, *numbers]:
        assert power(number, 1.1) == pytest.approx(number**1.1, rel=1e-13)
        assert logarithm(number) == pytest.approx(np.log(number), rel=1e-14, abs=1e-14)
