"""Compiled forests give the learners' own numbers, bit for bit."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from landshift.mapping.compiled.forests import MAXIMUM_LEAVES, compile_forest, list_limits
from landshift.mapping.compiled.intervals import LANES, join_intervals
from landshift.transfer.learners.random_forest import flatten_forest
from landshift.transfer.learners.trees import Trees


def keep(values):
    return values


def compile_one(fitted, factors):
    trees = fitted.trees()
    limits = list_limits(trees, keep, factors)
    intervals = join_intervals([[own] for own in limits])
    return compile_forest(trees, limits, intervals), intervals


def draw_values(fitted, factors):
    """Random cells, and cells on the thresholds and next to them."""
    trees = fitted.trees()
    on = np.repeat(trees.threshold[trees.left >= 0][: 4 * LANES, None], factors, axis=1)
    random = np.random.default_rng(8).normal(size=(16 * LANES, factors)).astype(np.float32)
    values = np.concatenate([random, on, np.nextafter(on, np.float32(np.inf))])
    return values[: len(values) // LANES * LANES]


@pytest.mark.parametrize("preparation", ["raw", "rank"])
@pytest.mark.parametrize("learner", ["rf", "xgb", "lgbm"])
def test_logit_equals_the_learners_own(source_models, learner, preparation):
    model = next(model for model in source_models if model.learner == learner)
    fitted = model.fitted[preparation]
    forest, intervals = compile_one(fitted, len(model.factors))
    values = draw_values(fitted, len(model.factors))
    found = fitted.logit_of_sum(forest.sum(intervals.find(values)))
    np.testing.assert_array_equal(found, fitted.logit(values))


@pytest.mark.parametrize("leaves", [2, 8, 9, 64, 65, 700])
def test_trees_of_any_size(leaves):
    generator = np.random.default_rng(9)
    values = generator.normal(size=(2000, 6)).astype(np.float32)
    labels = (values[:, 0] + generator.normal(size=2000) > 0).astype(int)
    grown = RandomForestClassifier(n_estimators=7, max_leaf_nodes=leaves, random_state=1)
    fitted = flatten_forest(grown.fit(values, labels))
    forest, intervals = compile_one(fitted, 6)
    cells = draw_values(fitted, 6)
    found = fitted.logit_of_sum(forest.sum(intervals.find(cells)))
    np.testing.assert_array_equal(found, fitted.logit(cells))


def test_tree_without_a_split_adds_its_one_value():
    values = np.zeros((20, 2), np.float32)
    grown = RandomForestClassifier(n_estimators=3, random_state=1)
    fitted = flatten_forest(grown.fit(values, np.repeat([0, 1], 10)))
    forest, intervals = compile_one(fitted, 2)
    cells = np.zeros((LANES, 2), np.float32)
    found = fitted.logit_of_sum(forest.sum(intervals.find(cells)))
    np.testing.assert_array_equal(found, fitted.logit(cells))


def test_trees_of_too_many_leaves_are_refused():
    # a comb: every inner node has a leaf on its left
    nodes = np.arange(2 * MAXIMUM_LEAVES + 1)
    inner = (nodes % 2 == 0) & (nodes < 2 * MAXIMUM_LEAVES)
    comb = Trees(
        roots=np.array([0]),
        factor=np.zeros(len(nodes), np.int32),
        threshold=(nodes % 100).astype(np.float32),
        left=np.where(inner, nodes + 1, -1),
        right=np.where(inner, nodes + 2, -1),
        value=np.ones(len(nodes)),
    )
    limits = list_limits(comb, keep, 1)
    with pytest.raises(ValueError, match=f"{MAXIMUM_LEAVES + 1} leaves"):
        compile_forest(comb, limits, join_intervals([[own] for own in limits]))


def test_trees_may_be_deeper_than_calls_of_python():
    nodes = np.arange(2 * 3000 + 1)
    inner = (nodes % 2 == 0) & (nodes < 2 * 3000)
    comb = Trees(
        roots=np.array([0]),
        factor=np.zeros(len(nodes), np.int32),
        threshold=nodes.astype(np.float32),
        left=np.where(inner, nodes + 1, -1),
        right=np.where(inner, nodes + 2, -1),
        value=nodes.astype(float),
    )
    limits = list_limits(comb, keep, 1)
    intervals = join_intervals([[own] for own in limits])
    cells = np.arange(LANES, dtype=np.float32)[:, None]
    found = compile_forest(comb, limits, intervals).sum(intervals.find(cells))
    # a cell stays left of the first even number that is not below it
    np.testing.assert_array_equal(found, 2 * np.ceil(cells[:, 0] / 2) + 1)
