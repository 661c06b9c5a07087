"""Means, paired gains and bootstrap intervals."""

import numpy as np
import pandas as pd
import pytest

from landshift.evaluation.benchmark.summary import bootstrap_interval, summarise_transfer


@pytest.fixture
def table():
    """Two methods on five draws; the second gains .1 on every draw."""
    draws = np.arange(5)
    level = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
    common = {"target": "cedar", "family": "ensemble", "regime": "transductive", "shots": 5}
    scores = {"draw": draws, "pr_auc": 0.3, "brier": level / 10, "ece": 0.1, "log_score": -0.5}
    return pd.concat(
        [
            pd.DataFrame(common | scores | {"method": "zero_shot", "auc": level - 0.1}),
            pd.DataFrame(common | scores | {"method": "fine_tuned", "auc": level}),
        ],
        ignore_index=True,
    )


def row_of(summary, method):
    (row,) = summary[summary["method"] == method].to_dict("records")
    return row


def test_means_over_draws(table):
    row = row_of(summarise_transfer(table, seed=1), "fine_tuned")
    assert row["auc"] == pytest.approx(0.7)
    assert row["pr_auc"] == pytest.approx(0.3)
    assert row["brier"] == pytest.approx(0.07)
    assert row["ece"] == pytest.approx(0.1)
    assert row["log_score"] == pytest.approx(-0.5)


def test_gain_is_paired(table):
    # the level varies by draw, the difference does not: its interval has no width
    row = row_of(summarise_transfer(table, seed=1), "fine_tuned")
    assert [row["gain_low"], row["gain"], row["gain_high"]] == pytest.approx([0.1] * 3)


def test_reference_gains_nothing(table):
    row = row_of(summarise_transfer(table, seed=1), "zero_shot")
    assert [row["gain_low"], row["gain"], row["gain_high"]] == [0, 0, 0]


def test_order_of_rows_does_not_matter(table):
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        summarise_transfer(shuffled, seed=1)[["method", "auc", "gain"]],
        summarise_transfer(table, seed=1)[["method", "auc", "gain"]],
    )


def test_gain_is_against_the_same_regime_and_shots(table):
    other = table.assign(regime="inductive", shots=10, auc=table["auc"] - 0.05)
    summary = summarise_transfer(pd.concat([table, other], ignore_index=True), seed=1)
    tuned = summary[summary["method"] == "fine_tuned"]
    assert len(tuned) == 2
    assert tuned["gain"].tolist() == pytest.approx([0.1, 0.1])


def test_interval_is_near_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(0.05, 0.02, 200)
    low, high = bootstrap_interval(values, seed=1)
    half = 1.96 * values.std() / np.sqrt(200)
    assert low == pytest.approx(values.mean() - half, abs=3e-4)
    assert high == pytest.approx(values.mean() + half, abs=3e-4)
    assert bootstrap_interval(values, seed=1) == (low, high)


def test_interval_of_one_draw_is_the_draw():
    assert bootstrap_interval([0.3], seed=1) == pytest.approx((0.3, 0.3))
