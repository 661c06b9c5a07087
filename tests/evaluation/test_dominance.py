"""Comparison of methods: hand-made tables whose gains, losses and regrets are known."""

import numpy as np
import pandas as pd
import pytest

from landshift.evaluation.benchmark.dominance import bootstrap_targets, compare_methods

DRAWS = 8


def score(method, family, level, *, shots=(5, 20), targets=("alder", "birch")):
    """Rows of a method: a level by target and shots, and a wobble that all methods share."""
    rows = [
        {
            "target": target,
            "family": family,
            "method": method,
            "regime": "transductive",
            "shots": count,
            "draw": draw,
            "auc": level(target, count) + 0.01 * (draw % 3),
        }
        for target in targets
        for count in shots
        for draw in range(DRAWS)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def table():
    """Zero-shot wins with few shots, local-only with many; the tuned method is in between."""
    return pd.concat(
        [
            score("zero_shot", "ensemble", lambda target, shots: 0.7),
            score("local_only", "gp", lambda target, shots: 0.6 if shots == 5 else 0.8),
            score("slope", "rank", lambda target, shots: 0.5),
            score("fine_tuned", "ensemble", lambda target, shots: 0.72 if shots == 5 else 0.79),
            score("all_labels", "ensemble", lambda target, shots: 0.9),
        ],
        ignore_index=True,
    )


@pytest.fixture
def compared(table):
    return compare_methods(table, seed=1).set_index(["method", "family"])


def test_means_by_shots_and_order(compared):
    tuned = compared.loc[("fine_tuned", "ensemble")]
    wobble = 0.01 * np.mean([draw % 3 for draw in range(DRAWS)])
    assert tuned["auc_5"] == pytest.approx(0.72 + wobble)
    assert tuned["auc_20"] == pytest.approx(0.79 + wobble)
    assert compared.index[0] == ("all_labels", "ensemble")
    assert compared["auc"].is_monotonic_decreasing


def test_gains_are_paired_and_losses_counted(compared):
    tuned = compared.loc[("fine_tuned", "ensemble")]
    assert tuned["cells"] == 4
    assert tuned["gain_zero_shot"] == pytest.approx(0.055)
    assert tuned["losses_zero_shot"] == 0
    # .02 above zero-shot with 5 shots, .01 below the local model with 20
    assert tuned["gain_tougher"] == pytest.approx(0.005)
    assert tuned["losses_tougher"] == 2
    assert tuned["gain_tougher_low"] == pytest.approx(0.005)
    local = compared.loc[("local_only", "gp")]
    assert local["losses_zero_shot"] == 2


def test_regret_leaves_the_ceiling_out(compared):
    assert compared.loc[("fine_tuned", "ensemble"), "regret"] == pytest.approx(0.005)
    assert compared.loc[("zero_shot", "ensemble"), "regret"] == pytest.approx(0.06)


def test_share_of_the_gap_that_is_closed(compared):
    assert compared.loc[("zero_shot", "ensemble"), "gap_closed"] == pytest.approx(0)
    assert compared.loc[("all_labels", "ensemble"), "gap_closed"] == pytest.approx(1)
    assert compared.loc[("fine_tuned", "ensemble"), "gap_closed"] == pytest.approx(0.055 / 0.2)


def test_gain_over_the_own_family(compared):
    assert compared.loc[("fine_tuned", "ensemble"), "gain_own"] == pytest.approx(0.055)
    assert np.isnan(compared.loc[("local_only", "gp"), "gain_own"])


def test_targets_widen_the_interval():
    def make(levels):
        names = {f"t{number}": level for number, level in enumerate(levels)}
        rows = score("m", "f", lambda target, shots: names[target], targets=names)
        return rows.set_index(["target", "shots", "draw"])["auc"]

    alike = bootstrap_targets(make([0.1, 0.1, 0.1]), seed=1)
    apart = bootstrap_targets(make([0.0, 0.1, 0.2]), seed=1)
    assert alike[1] - alike[0] < 0.01
    assert apart[1] - apart[0] > 0.1
    assert apart[0] < 0.11 < apart[1]


def test_what_the_others_are_compared_with_must_be_there(table):
    with pytest.raises(ValueError, match=r"lacks local_only \(gp\).*group `core`"):
        compare_methods(table[table["method"] != "local_only"], seed=1)
