"""Preparations: normal scores by mid ranks, and the standardisation of the sources."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm, rankdata

from landshift.transfer.preparation import (
    NORMAL_SCORE_LIMIT,
    fit_rank_transform,
    fit_standardisation,
)

values_with_ties = arrays(np.float32, st.integers(1, 40), elements=st.integers(-8, 8))


def column(values):
    return np.asarray(values, np.float32).reshape(-1, 1)


def test_scores_of_four_distinct_values():
    scores = fit_rank_transform(column([30, 10, 40, 20])).apply(column([10, 20, 30, 40]))
    np.testing.assert_allclose(scores[:, 0], norm.ppf([0.125, 0.375, 0.625, 0.875]), rtol=1e-6)


def test_ties_get_the_middle_of_their_ranks():
    transform = fit_rank_transform(column([0, 0, 0, 1]))
    scores = transform.apply(column([0, 1, 0.5]))
    np.testing.assert_allclose(scores[:, 0], norm.ppf([3 / 8, 7 / 8, 6 / 8]), rtol=1e-6)


def test_values_beyond_the_reference_are_clipped():
    scores = fit_rank_transform(column([1, 2, 3])).apply(column([-100, 100]))
    assert scores[:, 0].tolist() == [-NORMAL_SCORE_LIMIT, NORMAL_SCORE_LIMIT]


def test_a_constant_factor_scores_zero():
    assert fit_rank_transform(column([7, 7, 7])).apply(column([7]))[0, 0] == 0


def test_every_factor_is_ranked_by_itself():
    generator = np.random.default_rng(1)
    reference = generator.normal(size=(50, 3))
    cells = generator.normal(size=(20, 3)).astype(np.float32)
    together = fit_rank_transform(reference).apply(cells)
    alone = [
        fit_rank_transform(reference[:, [factor]]).apply(cells[:, [factor]]) for factor in range(3)
    ]
    assert together.dtype == np.float32
    np.testing.assert_array_equal(together, np.hstack(alone))


@given(values_with_ties)
def test_reference_scores_follow_from_mean_ranks(values):
    scores = fit_rank_transform(column(values)).apply(column(values))
    share = (rankdata(values, method="average") - 0.5) / len(values)
    limit = NORMAL_SCORE_LIMIT
    np.testing.assert_allclose(scores[:, 0], np.clip(norm.ppf(share), -limit, limit), atol=1e-6)


@given(values_with_ties, values_with_ties)
def test_scores_do_not_change_with_a_monotone_rescaling(reference, values):
    plain = fit_rank_transform(column(reference)).apply(column(values))
    rescaled = fit_rank_transform(column(np.exp(reference))).apply(column(np.exp(values)))
    np.testing.assert_array_equal(plain, rescaled)


@given(values_with_ties, values_with_ties)
def test_mirrored_values_get_mirrored_scores(reference, values):
    plain = fit_rank_transform(column(reference)).apply(column(values))
    mirrored = fit_rank_transform(column(-reference)).apply(column(-values))
    np.testing.assert_allclose(mirrored, -plain, atol=1e-5)


@given(values_with_ties, values_with_ties)
def test_scores_never_fall_with_the_value(reference, values):
    scores = fit_rank_transform(column(reference)).apply(column(np.sort(values)))
    assert (np.diff(scores[:, 0]) >= 0).all()


def test_ranking_needs_cells():
    with pytest.raises(ValueError, match="no background cells"):
        fit_rank_transform(np.empty((0, 3)))


def test_standardisation_by_hand():
    # weights 1 and 3: mean (0 + 3 * 4) / 4 = 3, variance (9 + 3 * 1) / 4 = 3
    standardisation = fit_standardisation(column([0, 4]), np.array([1.0, 3.0]))
    assert standardisation.mean.tolist() == [3.0]
    assert standardisation.sd.tolist() == [np.sqrt(3)]
    np.testing.assert_allclose(
        standardisation.apply(column([0, 4]))[:, 0], [-np.sqrt(3), 1 / np.sqrt(3)], rtol=1e-6
    )


def test_a_factor_without_spread_stays_at_zero():
    standardisation = fit_standardisation(np.full((5, 1), 2.5, np.float32), np.ones(5))
    assert (standardisation.apply(np.full((3, 1), 2.5, np.float32)) == 0).all()


def test_large_values_do_not_lose_their_spread():
    # float32 sums of squares around 4e6 would cancel
    values = 4e6 + np.arange(4, dtype=np.float32).reshape(-1, 1)
    assert fit_standardisation(values, np.ones(4)).sd[0] == pytest.approx(np.sqrt(1.25), rel=1e-12)
