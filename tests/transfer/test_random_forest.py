"""The compiled forest walks its trees as scikit-learn does."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.ensemble import RandomForestClassifier

from landshift.transfer.learners.random_forest import PROBABILITY_LIMIT, flatten_forest


def grow(values, labels, **settings):
    settings = {"n_estimators": 25, "min_samples_leaf": 3, "random_state": 1} | settings
    return RandomForestClassifier(**settings).fit(values, labels)


@pytest.fixture(scope="module")
def training():
    generator = np.random.default_rng(2)
    # coarse steps, so that many cells lie exactly on a threshold's neighbours
    values = np.round(generator.normal(size=(500, 4)), 1).astype(np.float32)
    return values, (values[:, 0] + generator.normal(size=500) > 0).astype(int)


def test_probability_equals_scikit_learn(training):
    forest = grow(*training)
    cells = np.random.default_rng(3).normal(size=(2000, 4)).astype(np.float32)
    expected = forest.predict_proba(cells)[:, 1]
    inside = (expected > PROBABILITY_LIMIT) & (expected < 1 - PROBABILITY_LIMIT)
    found = expit(flatten_forest(forest).logit(cells))
    assert inside.sum() > 1000
    np.testing.assert_allclose(found[inside], expected[inside], rtol=0, atol=1e-12)


def test_cells_on_a_threshold_go_the_same_way(training):
    forest = grow(*training, n_estimators=1)
    model = flatten_forest(forest)
    inner = model.left >= 0
    cells = np.repeat(model.threshold[inner][:, None], 4, axis=1)
    around = np.concatenate([cells, np.nextafter(cells, np.inf), np.nextafter(cells, -np.inf)])
    expected = np.clip(forest.predict_proba(around)[:, 1], PROBABILITY_LIMIT, 1 - PROBABILITY_LIMIT)
    np.testing.assert_allclose(model.logit(around), logit(expected), rtol=0, atol=1e-9)


def test_extreme_probabilities_are_limited():
    values = np.arange(40, dtype=np.float32).reshape(-1, 1)
    labels = (values[:, 0] >= 20).astype(int)
    model = flatten_forest(grow(values, labels, bootstrap=False))
    limit = logit(1 - PROBABILITY_LIMIT)
    np.testing.assert_allclose(model.logit(values[[0, -1]]), [-limit, limit], rtol=1e-12)


def test_a_forest_of_bare_roots_says_the_share():
    values = np.zeros((10, 2), np.float32)
    labels = np.array([1] * 3 + [0] * 7)
    model = flatten_forest(grow(values, labels, bootstrap=False))
    np.testing.assert_allclose(expit(model.logit(values)), 0.3, rtol=1e-12)


def test_importance_is_that_of_scikit_learn(training):
    forest = grow(*training)
    np.testing.assert_array_equal(flatten_forest(forest).importance, forest.feature_importances_)
