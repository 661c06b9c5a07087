import numpy as np
import pytest

from landshift.mapping.compiled.intervals import (
    LANES,
    MAXIMUM_INTERVALS,
    ends_of_values,
    find_limits,
    join_intervals,
)
from landshift.transfer.preparation import fit_rank_transform, fit_standardisation


@pytest.fixture(scope="module")
def background():
    # the second factor has few values, so that many cells share one
    generator = np.random.default_rng(4)
    return np.column_stack(
        [generator.normal(3, 2, 200), generator.integers(0, 5, 200), np.full(200, 7.0)]
    ).astype(np.float32)


def test_interval_holds_its_end_and_what_lies_below():
    ends = [[np.array([1, 2, 5], np.float32), np.array([2], np.float32)], [np.array([0.0])]]
    intervals = join_intervals(ends)
    values = np.zeros((LANES, 2), np.float32)
    values[:5, 0] = 0, 1, 1.5, 5, 6
    values[:3, 1] = -1, 0, np.nextafter(np.float32(0), np.float32(1))
    found = intervals.find(values)
    assert found.shape == (1, 2, LANES)
    np.testing.assert_array_equal(found[0, 0, :5], [0, 0, 1, 2, 3])
    np.testing.assert_array_equal(found[0, 1, :3], [0, 0, 1])
    np.testing.assert_array_equal(intervals.counts, [4, 2])


@pytest.mark.parametrize("draw", ["normal", "skewed", "capped", "one", "none"])
def test_every_value_finds_the_interval_of_a_plain_search(draw):
    generator = np.random.default_rng(7)
    ends = {
        "normal": generator.normal(size=3000),
        "skewed": np.exp(5 * generator.normal(size=3000)),
        "capped": np.minimum(generator.exponential(size=3000), 1.5),
        "one": np.array([2.0]),
        "none": np.array([]),
    }[draw].astype(np.float32)
    intervals = join_intervals([[ends]])
    extremes = np.float32([-np.inf, -1e38, -0.0, 0.0, 1e38, np.inf])
    values = np.concatenate([ends, np.nextafter(ends, np.float32(np.inf)), extremes])
    values = np.pad(values, (0, -len(values) % LANES), mode="edge")
    found = intervals.find(values[:, None])
    np.testing.assert_array_equal(found.ravel(), np.searchsorted(np.unique(ends), values))


def test_too_many_intervals_are_refused():
    ends = np.arange(MAXIMUM_INTERVALS, dtype=np.float32)
    with pytest.raises(ValueError, match="65537 intervals"):
        join_intervals([[ends]])


@pytest.mark.parametrize("preparation", ["raw", "rank"])
def test_limit_is_the_last_value_at_or_below_the_threshold(background, preparation):
    if preparation == "raw":
        prepare = fit_standardisation(background, np.ones(len(background))).apply
    else:
        prepare = fit_rank_transform(background).apply
    thresholds = np.random.default_rng(5).normal(size=(40, 3)).astype(np.float32)
    thresholds[:20] = prepare(background)[:20]
    limits = find_limits(prepare, thresholds)
    after = np.nextafter(limits, np.float32(np.inf))
    bounded = np.isfinite(limits) & np.isfinite(after)
    assert bounded.sum() > 60
    assert (prepare(limits)[bounded] <= thresholds[bounded]).all()
    assert (prepare(after)[bounded] > thresholds[bounded]).all()


def test_normal_score_is_one_within_an_interval(background):
    ranks = fit_rank_transform(background)
    intervals = join_intervals([[ends] for ends in ends_of_values(ranks.reference)])
    table = ranks.apply(intervals.represent())
    values = np.random.default_rng(6).normal(3, 3, (10 * LANES, 3)).astype(np.float32)
    values[:200] = background
    found = intervals.find(values).transpose(0, 2, 1).reshape(-1, 3)
    np.testing.assert_array_equal(table[found, np.arange(3)], ranks.apply(values))
