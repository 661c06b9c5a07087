"""Measures against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from landshift.evaluation.benchmark.measures import (
    REFERENCE_PREVALENCE,
    measure_areas,
    measure_prediction,
)


def test_values_by_hand():
    labels = np.array([1, 0, 1, 0, 0])
    probability = np.array([0.9, 0.8, 0.6, 0.3, 0.2])
    measures = measure_prediction(labels, probability)
    # 6 pairs of presence and absence; only the pair (0.6, 0.8) is in the wrong order
    assert measures["auc"] == pytest.approx(5 / 6)
    # weights: presences 1/6 in all, absences 5/6 in all: 1/12 and 5/18 each.
    # precision is 1 at the first presence, (2/12) / (2/12 + 5/18) = 3/8 at the second
    assert measures["pr_auc"] == pytest.approx(0.5 * 1 + 0.5 * 3 / 8)
    # mean over presences (0.01 + 0.16) / 2, over absences (0.64 + 0.09 + 0.04) / 3
    assert measures["brier"] == pytest.approx(0.5 * 0.085 + 0.5 * 0.77 / 3)
    # weights 1/4 and 1/6; every prediction has a class of its own
    excess = [0.1 / 4, 0.8 / 6, 0.4 / 4, 0.3 / 6, 0.2 / 6]
    assert measures["ece"] == pytest.approx(sum(excess))
    presences, absences = np.log([0.9, 0.6]).mean(), np.log([0.2, 0.7, 0.8]).mean()
    assert measures["log_score"] == pytest.approx((presences + absences) / 2)


def test_a_constant_prediction_knows_nothing():
    labels = np.repeat([1, 0], [10, 90])
    measures = measure_prediction(labels, np.full(100, 0.5))
    expected = {"auc": 0.5, "pr_auc": REFERENCE_PREVALENCE, "brier": 0.25}
    assert measures == pytest.approx(expected | {"ece": 0, "log_score": np.log(0.5)})


def test_a_perfect_prediction():
    labels = np.repeat([1, 0], [3, 7])
    measures = measure_prediction(labels, labels.astype(float))
    expected = {"auc": 1, "pr_auc": 1, "brier": 0, "ece": 0, "log_score": 0}
    assert measures == pytest.approx(expected)


@given(st.integers(1, 5), st.integers(0, 99))
def test_more_of_the_same_absences_change_nothing(copies, seed):
    generator = np.random.default_rng(seed)
    labels = np.repeat([1, 0], [6, 9])
    probability = generator.uniform(size=15)
    many = np.concatenate([np.arange(6), np.tile(np.arange(6, 15), copies)])
    assert measure_prediction(labels[many], probability[many]) == pytest.approx(
        measure_prediction(labels, probability)
    )


@given(st.integers(0, 99))
def test_swapped_classes_mirror_auc_and_brier(seed):
    generator = np.random.default_rng(seed)
    labels = np.repeat([1, 0], [6, 9])
    probability = generator.uniform(size=15)
    plain = measure_prediction(labels, probability)
    swapped = measure_prediction(1 - labels, 1 - probability)
    assert swapped["auc"] == pytest.approx(plain["auc"])
    assert swapped["brier"] == pytest.approx(plain["brier"])


@given(st.integers(0, 99), st.integers(1, 30))
def test_areas_are_those_of_the_library(seed, levels):
    generator = np.random.default_rng(seed)
    labels = np.repeat([1, 0], [6, 9])
    # few levels: many ties
    probability = generator.integers(0, levels, 15) / levels
    weights = np.where(labels == 1, 0.3, 1.7)
    auc, pr_auc = measure_areas(labels, probability, weights)
    assert auc == pytest.approx(roc_auc_score(labels, probability))
    assert pr_auc == pytest.approx(
        average_precision_score(labels, probability, sample_weight=weights)
    )
