"""The source score, counted by hand from models whose logits are stated."""

from types import SimpleNamespace

import numpy as np
import pytest

from landshift.transfer.preparation import fit_rank_transform
from landshift.transfer.score_error import UNKNOWN_ERROR
from landshift.transfer.source_score import (
    find_score_error,
    fit_logit_scale,
    fit_source_score,
    weigh_models,
)


def make_model(error=None, logits=None):
    return SimpleNamespace(transfer_error=error, logits=lambda values, ranks: logits[values[:, 0]])


def score(logits, cells, models=None):
    """Score cells of two models, whose logits at the cells 0, 1, ... are stated."""
    values = np.arange(len(logits))[:, None]
    models = models or [make_model(logits=logits[:, :2]), make_model(logits=logits[:, 2:])]
    fitted = fit_source_score(models, fit_rank_transform(values.astype(np.float32)), values)
    return fitted.apply(np.asarray(cells)[:, None])[0]


def test_learners_and_preparations_weigh_the_same():
    assert weigh_models([make_model(), make_model(), make_model()]) == pytest.approx([1 / 6] * 6)


def test_the_error_is_the_mean_of_the_learners():
    models = [make_model(error=0.2), make_model(error=0.6)]
    assert find_score_error(models) == pytest.approx(0.4)
    models = [make_model(error=0.2), make_model()]
    assert find_score_error(models) == pytest.approx((0.2 + UNKNOWN_ERROR) / 2)


def test_logits_are_standardised_and_clipped_at_four():
    scale = fit_logit_scale(np.array([[1.0, 5.0], [3.0, 5.0]]))
    # a column without spread keeps its differences
    found = scale.apply(np.array([[4.0, 5.5], [5.99, 8.99], [6.01, 9.01], [-2.5, 0.0]]))
    expected = [[2.0, 0.5], [3.99, 3.99], [4.0, 4.0], [-4.0, -4.0]]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_score_is_the_mean_with_unit_spread():
    # standardised, each column is -1, -1, 1, 1 or -1, 1, -1, 1: the mean is (3 a + b) / 4
    a, b = np.array([-1.0, -1, 1, 1]), np.array([-1.0, 1, -1, 1])
    logits = np.column_stack([7 + 2 * a, a, 10 * a - 3, 5 * b])
    expected = (3 * a + b) / np.sqrt(10)
    np.testing.assert_allclose(score(logits, range(4)), expected, rtol=1e-12)
    np.testing.assert_allclose(score(logits, [3, 0]), expected[[3, 0]], rtol=1e-12)


def test_models_that_tell_nothing_score_zero():
    np.testing.assert_array_equal(score(np.full((3, 4), 2.0), range(3)), [0, 0, 0])
