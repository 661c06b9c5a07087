"""Comparators: one interface, and the project's method is the model that makes the maps."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from landshift.evaluation.benchmark.methods import GROUPS, get_comparators
from landshift.evaluation.benchmark.methods.pooling import share_weights
from landshift.evaluation.benchmark.methods.task import Shared, TransferTask, view_target
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.pretraining import prepare_training

FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]
SEED = 7
FAMILIES = {
    "all_labels": {"ensemble"},
    "continued": {"xgb", "lgbm"},
    "coral": {"lr", "xgb"},
    "fine_tuned": {"ensemble", "lr", "rf", "xgb", "lgbm"},
    "gaussian_prior": {"lr"},
    "leaf_counts": {"rf"},
    "local_only": {"gp", "lr", "rf", "xgb"},
    "meta_learned": {"lr"},
    "pooled": {"lr", "rf", "xgb", "lgbm"},
    "pooled_30": {"lr", "xgb"},
    "pooled_background": {"lr", "xgb"},
    "pooled_unweighted": {"lr", "xgb"},
    "refitted": {"xgb", "lgbm"},
    "tca": {"lr"},
    "tradaboost": {"lr", "xgb"},
    "warm_start": {"rf"},
    "zero_shot": {"ensemble", "lr", "rf", "xgb", "lgbm"},
}
METHODS = sorted(FAMILIES)
BLIND = {"all_labels", "coral", "tca", "zero_shot"}
"""Methods that do not look at the shots."""


@pytest.fixture(scope="module")
def held_out(target):
    return target.samples.iloc[500:]


@pytest.fixture(scope="module")
def shots(target):
    return draw_shots(target.samples.iloc[:500], region="cedar", seed=1, shots=20)


@pytest.fixture(scope="module")
def make_task(source_models, source_tables, target, held_out, shots):
    known = target.samples.iloc[:500]
    training = prepare_training(*source_tables, seed=42)

    def make(taken=shots, background=target.background, seed=SEED):
        models = {model.learner: model for model in source_models}
        view = view_target(models, background, held_out)
        return TransferTask(view, training, taken, seed, Shared(), known)

    return make


def predict(method, task):
    (comparator,) = get_comparators([method])
    return comparator.predict_families(task)


@pytest.fixture(scope="module")
def predictions(make_task):
    task = make_task()
    return {method: predict(method, task) for method in METHODS}


def test_all_methods_are_found():
    assert sorted(module.METHOD for module in get_comparators()) == sorted(METHODS)


def test_named_methods_come_in_their_order():
    found = get_comparators(["zero_shot", "fine_tuned"])
    assert [module.METHOD for module in found] == ["zero_shot", "fine_tuned"]
    assert get_comparators([]) == []


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match=r"no comparators named \['guess'\]; there are .*pooled"):
        get_comparators(["pooled", "guess"])


def test_every_method_has_a_group():
    assert {module.GROUP for module in get_comparators()} == set(GROUPS)
    grouped = [module for group in GROUPS for module in get_comparators(group=group)]
    assert len(grouped) == len(get_comparators())
    with pytest.raises(ValueError, match="no group of comparators named 'magic'; there are core"):
        get_comparators(group="magic")


@pytest.mark.parametrize("method", METHODS)
def test_families_and_probabilities(method, predictions, held_out):
    assert set(predictions[method]) == FAMILIES[method]
    for probability in predictions[method].values():
        assert probability.shape == (len(held_out),)
        assert ((probability > 0) & (probability < 1)).all()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_an_easy_target(method, predictions, held_out):
    for probability in predictions[method].values():
        assert roc_auc_score(held_out["presence"], probability) > 0.65


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_prediction(method, make_task, predictions):
    for family, probability in predict(method, make_task()).items():
        np.testing.assert_array_equal(probability, predictions[method][family])


@pytest.mark.parametrize("family", sorted(FAMILIES["fine_tuned"]))
def test_fine_tuned_is_the_model_that_makes_the_maps(
    family, source_models, target, held_out, shots, make_task
):
    model = fine_tune_target(
        source_models, shots, target.background, prevalence=0.5, seed=SEED, family=family
    )
    expected = model.predict(held_out[FACTORS].to_numpy(np.float32)).probability
    task = make_task(seed=SEED)
    found = predict("fine_tuned", task)[family]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("family", sorted(FAMILIES["zero_shot"]))
def test_zero_shot_is_the_model_without_shots(
    family, source_models, target, held_out, shots, predictions
):
    model = fine_tune_target(
        source_models, shots.iloc[:0], target.background, prevalence=0.5, seed=SEED, family=family
    )
    expected = model.predict(held_out[FACTORS].to_numpy(np.float32)).probability
    np.testing.assert_allclose(predictions["zero_shot"][family], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", sorted(BLIND))
def test_blind_methods_see_no_shots(method, make_task, shots, predictions):
    flipped = make_task(shots.assign(presence=1 - shots["presence"]))
    for family, probability in predict(method, flipped).items():
        np.testing.assert_array_equal(probability, predictions[method][family])


@pytest.mark.parametrize("method", sorted(set(METHODS) - BLIND))
def test_the_other_methods_use_the_labels(method, make_task, shots, predictions):
    flipped = make_task(shots.assign(presence=1 - shots["presence"]))
    for family, probability in predict(method, flipped).items():
        assert (probability != predictions[method][family]).any()


def test_local_only_sees_no_source(make_task, predictions, source_models, held_out):
    task = make_task()
    strangers = {model.learner: model for model in source_models[1:2]}
    view = view_target(strangers, task.view.background, held_out)
    alone = TransferTask(view, None, task.shots, task.seed)
    found = predict("local_only", alone)
    # the process takes its metric from the sources' forest, which is still there
    for family in FAMILIES["local_only"]:
        np.testing.assert_array_equal(found[family], predictions["local_only"][family])


def test_local_only_inverts_with_its_labels(make_task, shots, held_out):
    flipped = predict("local_only", make_task(shots.assign(presence=1 - shots["presence"])))
    for family in ("lr", "rf", "xgb"):
        assert roc_auc_score(held_out["presence"], flipped[family]) < 0.35


def test_shots_hold_half_of_the_pooled_weight():
    source_weights = np.random.default_rng(1).uniform(0.5, 2, 300)
    weights = share_weights(source_weights, np.ones(10), 0.5)
    assert weights.mean() == pytest.approx(1)
    assert weights[300:].sum() == pytest.approx(0.5 * 310)
    np.testing.assert_allclose(weights[:300] / weights[0], source_weights / source_weights[0])


def test_family_scores_have_unit_spread_on_the_background(make_task, target):
    view = make_task().view
    background = target.background[FACTORS].to_numpy(np.float32)
    logits = view.standardise_logits(background, view.ranks.apply(background))
    for family in view.families:
        assert view.family_score(logits, family).std() == pytest.approx(1)


def test_tasks_share_what_needs_no_labels(make_task, shots):
    task = make_task()
    assert task.view.query_logits is task.view.query_logits
    other = TransferTask(task.view, task.training, shots.iloc[:4], task.seed)
    assert other.view.query_ranks is task.view.query_ranks
