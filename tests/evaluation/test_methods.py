"""Methods: one interface, and the project's method is the model that makes the maps."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from landshift.evaluation.benchmark import methods
from landshift.evaluation.benchmark.methods import GROUPS, get_methods, method
from landshift.evaluation.benchmark.methods.pooled import share_weights
from landshift.evaluation.benchmark.methods.task import Shared, TransferTask, view_target
from landshift.evaluation.benchmark.names import FAMILIES as NAMED_FAMILIES
from landshift.evaluation.benchmark.names import METHODS as NAMED_METHODS
from landshift.evaluation.benchmark.names import OF_MAP
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.pretraining import prepare_training

DOCS = Path(__file__).parents[2] / "docs"
FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]
SEED = 7
FAMILIES = {each.name: set(each.families) for each in get_methods()}
METHODS = list(FAMILIES)
BLIND = {"all_labels", "coral", "morphometric", "slope", "tca", "zero_shot"}
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


def predict(name, task):
    (found,) = get_methods([name])
    return found.predict_families(task)


@pytest.fixture(scope="module")
def predictions(make_task):
    task = make_task()
    return {name: predict(name, task) for name in METHODS}


@pytest.fixture
def registry(monkeypatch):
    """Registered methods, as they were after the test."""
    get_methods()
    monkeypatch.setattr(methods, "_METHODS", dict(methods._METHODS))


def test_all_methods_are_found_by_name():
    assert {"fine_tuned", "zero_shot", "local_only", "pooled"} <= set(METHODS)
    assert sorted(METHODS) == METHODS


def test_named_methods_come_in_their_order():
    found = get_methods(["zero_shot", "fine_tuned"])
    assert [each.name for each in found] == ["zero_shot", "fine_tuned"]
    assert get_methods([]) == []


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match=r"no methods named \['guess'\]; there are .*pooled"):
        get_methods(["pooled", "guess"])


def test_every_method_has_a_group():
    grouped = [each.name for group in GROUPS for each in get_methods(group=group)]
    assert sorted(grouped) == METHODS
    assert {each.group for each in get_methods()} == set(GROUPS)
    assert get_methods(["tca", "pooled", "coral"], group="unsupervised") == get_methods(
        ["tca", "coral"]
    )
    with pytest.raises(ValueError, match="no group of methods named 'magic'; there are core"):
        get_methods(group="magic")


def test_a_new_method_is_one_function(registry, make_task):
    @method("guess", group="adapted", families=("rf", "stranger"))
    def guess(task, family):
        """Half for every cell.

        Nobody needs to know more.
        """
        return np.full(len(task.view.queries), 0.5)

    (found,) = get_methods(["guess"])
    assert found.description == "Half for every cell."
    assert set(found.predict_families(make_task())) == {"rf"}
    with pytest.raises(ValueError, match="two methods are called 'guess'"):
        method("guess", group="core", families=("rf",))(guess)
    with pytest.raises(ValueError, match="no group of methods named 'magic'"):
        method("other", group="magic", families=("rf",))(guess)


def test_the_list_in_the_docs_is_that_of_the_package():
    written = runpy.run_path(str(DOCS / "describe_methods.py"))["describe_methods"]()
    assert written in (DOCS / "methods.md").read_text(), "run make method-docs"


def test_readers_see_names_that_differ():
    assert set(NAMED_METHODS) <= set(METHODS)
    assert set(NAMED_FAMILIES) == set().union(*FAMILIES.values())
    assert list(OF_MAP) == ["fine_tuned", "zero_shot", "local_only", "slope", "pooled"]
    for names in (NAMED_METHODS, NAMED_FAMILIES):
        assert len({name.long_name for name in names.values()}) == len(names)
        assert len({name.short for name in names.values()}) == len(names)


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
    family, source_models, source_tables, target, held_out, shots, make_task
):
    settings = {"prevalence": 0.5, "seed": SEED, "family": family, "sources": source_tables}
    model = fine_tune_target(source_models, shots, target.background, **settings)
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


def test_families_without_a_source_model_are_left_out(make_task, source_models):
    task = make_task()
    only_xgb = {model.learner: model for model in source_models if model.learner == "xgb"}
    few = replace(task, view=replace(task.view, source_models=only_xgb), shared=Shared())
    expected = {
        "zero_shot": {"ensemble", "xgb"},
        "continued": {"xgb"},
        "gaussian_prior": set(),
        "tca": {"lr"},
        "local_only": {"gp", "lr", "rf", "xgb"},
    }
    assert {name: set(predict(name, few)) for name in expected} == expected


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
