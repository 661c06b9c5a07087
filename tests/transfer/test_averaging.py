"""The average of models of means and sub-cells, fine-tuned and pooled."""

import numpy as np
import pytest
from scipy.special import log_expit, softmax

from landshift.evaluation.baselines import predict_baselines
from landshift.evaluation.benchmark.methods import get_methods
from landshift.evaluation.benchmark.methods.task import TransferTask, list_kinds, view_target
from landshift.evaluation.drivers.explanation import explain_cells
from landshift.mapping.compiled.model import CompiledModel, CompiledTrees, compile_model
from landshift.runtime.seeds import derive_seed
from landshift.sampling.shots import draw_shots
from landshift.sampling.tables import swap_subcells
from landshift.transfer.averaging import AveragedModel, average_models, average_predictions
from landshift.transfer.fine_tuning import fine_tune_target, gather_labels
from landshift.transfer.pooling import FOLDS, _draw_folds, fit_pooled, share_weights
from landshift.transfer.prediction import Prediction
from landshift.transfer.pretraining import prepare_training, pretrain_sources
from landshift.transfer.storage import load_model, save_model

FINE = ["slope", "curvature"]
SEED = 7


def refine(table, seed):
    """Add values at sub-cells: the means, and what the mean of a cell hides."""
    generator = np.random.default_rng(seed)
    hidden = {
        f"{name}_subcell": table[name] + generator.normal(0, 0.5, len(table)) for name in FINE
    }
    return table.assign(**hidden)


@pytest.fixture(scope="module")
def fine_tables(source_tables, target):
    samples, background = (refine(table, seed) for seed, table in enumerate(source_tables))
    return samples, background, refine(target.samples, 3), refine(target.background, 4)


@pytest.fixture(scope="module")
def fine_models(fine_tables):
    samples, background, *_ = fine_tables
    learners = ("lr", "rf", "xgb")
    return [pretrain_sources(samples, background, learner=each, seed=42) for each in learners]


@pytest.fixture(scope="module")
def shots(fine_tables):
    return draw_shots(fine_tables[2], region="cedar", seed=1, shots=10)


@pytest.fixture(scope="module")
def tuned(fine_models, fine_tables, shots):
    samples, background, _, unlabelled = fine_tables
    return fine_tune_target(
        fine_models, shots, unlabelled, prevalence=0.05, seed=SEED, sources=(samples, background)
    )


@pytest.fixture(scope="module")
def values(tuned, fine_tables):
    return fine_tables[2][list(tuned.factors)].to_numpy(np.float32)


def test_three_models_are_averaged_by_their_evidence(tuned):
    assert list(tuned.models) == ["means", "subcells", "pooled"]
    expected = softmax([model.evidence for model in tuned.models.values()])
    assert list(tuned.shares.values()) == pytest.approx(expected)
    assert tuned.factors[-2:] == ("curvature_subcell", "slope_subcell")
    assert tuned.units == (*tuned.means.units, *(tuned.means.units[i] for i in (0, 3)))


def test_the_parts_are_what_each_kind_of_table_gives(
    tuned, fine_models, fine_tables, shots, values
):
    finer = fine_tune_target(
        [model.subcells for model in fine_models],
        swap_subcells(shots),
        swap_subcells(fine_tables[3]),
        prevalence=0.05,
        seed=SEED,
    )
    at_subcells = swap_subcells(fine_tables[2])[list(finer.factors)].to_numpy(np.float32)
    part = next(part for part in tuned.parts if part.name == "subcells")
    found = part.model.predict(values[:, part.columns])
    np.testing.assert_array_equal(found.logit, finer.predict(at_subcells).logit)


def test_the_prediction_is_the_mixture(tuned, values):
    predictions = [part.model.predict(values[:, part.columns]) for part in tuned.parts]
    shares = np.array([part.share for part in tuned.parts])
    logits = np.array([each.logit for each in predictions])
    found = tuned.predict(values)
    np.testing.assert_allclose(found.logit, shares @ logits, rtol=1e-12)
    known = [not np.isnan(each.sd).any() for each in predictions]
    sds = np.array([each.sd for each, stated in zip(predictions, known, strict=True) if stated])
    within = shares[known] @ sds**2 / shares[known].sum()
    between = shares @ (logits - shares @ logits) ** 2
    np.testing.assert_allclose(found.sd, np.sqrt(within + between), rtol=1e-12)


def test_mean_and_deviation_of_two_predictions_by_hand():
    first = Prediction(np.array([1.0]), np.array([2.0]), 0.1)
    second = Prediction(np.array([5.0]), np.array([np.nan]), 0.1)
    found = average_predictions([first, second], [0.75, 0.25])
    assert found.logit[0] == 2.0
    # 4 within, .75 * 1 + .25 * 9 between
    assert found.sd[0] == pytest.approx(np.sqrt(4 + 3))


def test_without_sources_or_sub_cells_fewer_models_are_averaged(
    fine_models, fine_tables, source_models, target, shots
):
    settings = {"prevalence": 0.05, "seed": SEED}
    frozen = fine_tune_target(fine_models, shots, fine_tables[3], **settings)
    assert list(frozen.models) == ["means", "subcells"]
    coarse = fine_tune_target(source_models, shots, fine_tables[3], **settings)
    assert not isinstance(coarse, AveragedModel)
    plain = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    unfit = fine_tune_target(fine_models, plain, target.background, **settings)
    assert not isinstance(unfit, AveragedModel)


def test_without_shots_means_and_sub_cells_weigh_the_same(fine_models, fine_tables):
    samples, background, own, unlabelled = fine_tables
    model = fine_tune_target(
        fine_models, own.iloc[:0], unlabelled, prevalence=0.05, seed=SEED,
        sources=(samples, background),
    )  # fmt: skip
    assert dict(model.shares) == {"means": 0.5, "subcells": 0.5}


def test_a_source_without_sub_cells_has_no_part_in_their_model(fine_tables):
    samples, background, *_ = fine_tables
    region = samples["region"].iloc[0]
    coarse = samples.copy()
    coarse.loc[coarse["region"] == region, ["slope_subcell", "curvature_subcell"]] = np.nan
    model = pretrain_sources(coarse, background, learner="lr", seed=42)
    assert region in model.sources
    assert region not in model.subcells.sources
    nothing = coarse.assign(slope_subcell=np.nan)
    assert pretrain_sources(nothing, background, learner="lr", seed=42).subcells is None


def test_pooled_evidence_is_the_score_of_unseen_cells(source_models, source_tables, target):
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    source = next(model for model in source_models if model.learner == "xgb")
    training = prepare_training(*source_tables, seed=42)
    cells = gather_labels(shots, target.background, source.factors, 20, SEED)
    settings = {"prevalence": 0.05, "seed": SEED}
    pooled = fit_pooled(source, training, cells, target.background, **settings)
    data, labels, weights = cells
    folds = _draw_folds(labels, derive_seed(SEED, "folds"))
    assert sorted(np.bincount(folds[labels == 1])) == [3, 3, 4]
    total = 0.0
    for fold in range(FOLDS):
        kept = folds != fold
        part = fit_pooled(
            source, training, (data[kept], labels[kept], weights[kept]), target.background,
            **settings,
        )  # fmt: skip
        logit = part.predict(data[~kept]).logit
        total += np.sum(weights[~kept] * log_expit(np.where(labels[~kept] == 1, logit, -logit)))
    assert pooled.evidence == pytest.approx(total, rel=1e-6)


def test_the_target_has_half_of_the_weight():
    weights = share_weights(np.ones(6), np.array([1.0, 1.0, 2.0]), 0.5)
    assert weights[:6].sum() == pytest.approx(weights[6:].sum()) == pytest.approx(4.5)
    assert weights[8] == 2 * weights[7]


def test_the_average_is_stored_and_compiled(tuned, values, tmp_path):
    save_model(tuned, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    expected = tuned.predict(values)
    for name in ("logit", "sd"):
        np.testing.assert_array_equal(
            getattr(loaded.predict(values), name), getattr(expected, name)
        )
    compiled = compile_model(tuned)
    kinds = {name: type(model) for name, model in compiled.models.items()}
    assert kinds["subcells"] is CompiledModel
    assert kinds["pooled"] is CompiledTrees
    found = compiled.predict(values)
    np.testing.assert_allclose(found.logit, expected.logit, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.sd, expected.sd, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(compiled.predict(values[3:4]).logit, found.logit[3:4])


def test_the_contributions_add_up(tuned, values):
    explained = explain_cells(tuned, values[:20], values[100:120])
    assert explained.factors == tuned.means.factors
    np.testing.assert_allclose(explained.logit, tuned.predict(values[:20]).logit, atol=1e-6)


def test_the_benchmark_predicts_what_the_map_does(tuned, fine_models, fine_tables, shots, values):
    samples, background, own, unlabelled = fine_tables
    task = None
    for kind in reversed(list_kinds(fine_models, (samples, background), own, seed=42)):
        view = view_target(kind.models, kind.take(unlabelled), kind.take(own))
        task = TransferTask(view, kind.training, kind.take(shots), SEED, finer=task)
    found = predict_baselines(tuned, values)
    for name, family in (("fine_tuned", "ensemble"), ("zero_shot", "ensemble"),
                         ("local_only", "gp"), ("slope", "rank")):  # fmt: skip
        (method,) = get_methods([name])
        balanced = Prediction(np.zeros(1), np.zeros(1), 0.05)
        logit = np.log(method.predict(task, family)) - np.log1p(-method.predict(task, family))
        stated = Prediction(logit, balanced.sd, 0.05).probability
        np.testing.assert_allclose(found[name], stated, rtol=1e-5, err_msg=name)


def test_a_single_model_stays_as_it_is(tuned):
    assert average_models({"means": tuned.means}, []) is tuned.means
