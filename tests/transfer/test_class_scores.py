"""Weights of evidence of classes: the formula by hand, and who scores whom."""

import numpy as np
import pandas as pd
import pytest

from landshift.transfer.class_scores import (
    PSEUDO_SAMPLES,
    ClassScores,
    fit_class_scores,
    score_sources,
)


def make_region(region, presences, absences):
    """Samples of a region from the number of presences and absences of each class."""
    rows = [(region, 1, code) for code, count in presences.items() for _ in range(count)]
    rows += [(region, 0, code) for code, count in absences.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=["region", "presence", "soil"])


ALDER = make_region("alder", {1: 30, 2: 10}, {1: 40, 2: 40, 3: 80})
BIRCH = make_region("birch", {1: 10, 2: 10}, {2: 20})


def weigh(presences, absences):
    half = PSEUDO_SAMPLES / 2
    return np.log((presences + half) / (absences + half))


def test_scores_follow_the_formula():
    # 40 presences and 160 absences: a presence counts 2.5, an absence 0.625
    scores = fit_class_scores(ALDER, ["soil"]).scores["soil"]
    assert scores == pytest.approx({1: weigh(75, 25), 2: weigh(25, 25), 3: weigh(0, 50)})


def test_every_source_counts_the_same_and_lacking_a_class_counts_zero():
    scores = fit_class_scores(pd.concat([ALDER, BIRCH]), ["soil"]).scores["soil"]
    expected = {
        1: (weigh(75, 25) + weigh(10, 0)) / 2,
        2: (weigh(25, 25) + weigh(10, 20)) / 2,
        3: weigh(0, 50) / 2,
    }
    assert scores == pytest.approx(expected)


def test_a_rare_class_stays_near_zero():
    samples = make_region("alder", {1: 500, 9: 1}, {1: 501})
    assert 0 < fit_class_scores(samples, ["soil"]).scores["soil"][9] < 0.11


def test_codes_are_replaced_and_unseen_ones_are_neutral():
    scores = ClassScores({"soil": {1: 0.5, 4: -1.0}})
    values = np.array([[7, 1], [8, 4], [9, 3], [9, 99]], np.float32)
    found = scores.apply(values, ["slope", "soil"])
    np.testing.assert_array_equal(found, [[7, 0.5], [8, -1], [9, 0], [9, 0]])
    np.testing.assert_array_equal(values[:, 1], [1, 4, 3, 99])
    table = scores.apply_table(pd.DataFrame(values, columns=["slope", "soil"]))
    np.testing.assert_array_equal(table.to_numpy(), found)


def test_without_classes_values_pass_as_they_are():
    values = np.ones((2, 1), np.float32)
    assert ClassScores({}).apply(values, ["slope"]) is values


def test_a_missing_class_stays_missing():
    table = pd.DataFrame({"soil": [1.0, np.nan]})
    found = ClassScores({"soil": {1: 0.5}}).apply_table(table)["soil"]
    assert found[0] == 0.5 and np.isnan(found[1])


def test_a_source_is_scored_by_the_others():
    both = pd.concat([ALDER, BIRCH])
    samples, background = score_sources(both, BIRCH, ["soil"])
    by_birch = fit_class_scores(BIRCH, ["soil"]).apply_table(ALDER)
    by_alder = fit_class_scores(ALDER, ["soil"]).apply_table(BIRCH)
    expected = pd.concat([by_birch, by_alder])["soil"].to_numpy()
    np.testing.assert_array_equal(samples["soil"], expected)
    np.testing.assert_array_equal(background["soil"], by_alder["soil"])


def test_own_landslides_do_not_score_a_source():
    flipped = ALDER.assign(presence=1 - ALDER["presence"])
    background = pd.concat([ALDER, BIRCH])
    _, first = score_sources(pd.concat([ALDER, BIRCH]), background, ["soil"])
    _, second = score_sources(pd.concat([flipped, BIRCH]), background, ["soil"])
    own = (background["region"] == "alder").to_numpy()
    np.testing.assert_array_equal(first["soil"][own], second["soil"][own])
    assert (first["soil"][~own] != second["soil"][~own]).any()


def test_a_single_source_scores_itself():
    samples, _ = score_sources(ALDER, ALDER, ["soil"])
    expected = fit_class_scores(ALDER, ["soil"]).apply_table(ALDER)
    np.testing.assert_array_equal(samples["soil"], expected["soil"])
