"""Classes and other factors in stage 1 and stage 2: kernel, fine-tuning, files, benchmark."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from sklearn.metrics import roc_auc_score

from landshift.evaluation.benchmark.run import RegionTables, run_transfer_benchmark
from landshift.evaluation.class_shares import measure_class_coverage, summarise_unseen
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.kernels import FACTOR_VARIANCE, fit_target_kernel
from landshift.transfer.pretraining import pretrain_sources
from landshift.transfer.storage import load_model, save_model

EFFECT = {1: -3.0, 2: 0.0, 3: 3.0}
"""Effect of a class on the logit of failure."""


def add_soil(table, *, seed):
    """Give every cell a class; where the table is labelled, let failures depend on it alone."""
    generator = np.random.default_rng(seed)
    codes = generator.integers(1, 4, len(table))
    table = table.assign(soil=codes.astype(np.float32))
    if "presence" in table:
        chance = 1 / (1 + np.exp(1 - np.array([EFFECT[code] for code in codes])))
        table = table.assign(presence=(generator.uniform(size=len(table)) < chance).astype(np.int8))
    return table


@pytest.fixture(scope="module")
def regions(sources, target):
    tables = {**sources, "cedar": target}
    return {
        name: RegionTables(add_soil(part.samples, seed=5), add_soil(part.background, seed=6))
        for name, part in tables.items()
    }


@pytest.fixture(scope="module")
def shots(regions):
    return draw_shots(regions["cedar"].samples.iloc[:400], region="cedar", seed=1, shots=30)


def tune(models, shots, background, **own):
    return fine_tune_target(models, shots, background, prevalence=0.05, seed=7, **own)


@pytest.fixture(scope="module")
def tuned(source_models, shots, regions):
    own = {"target_classes": ["soil"], "units": {"soil": "1"}}
    return tune(source_models, shots, regions["cedar"].background, **own)


@pytest.fixture(scope="module")
def shared_models(regions):
    parts = [regions["alder"], regions["birch"]]
    samples = pd.concat([part.samples for part in parts], ignore_index=True)
    background = pd.concat([part.background for part in parts], ignore_index=True)
    return [
        pretrain_sources(samples, background, learner=learner, seed=42, legends={"soil": "fao"})
        for learner in ("lr", "rf", "xgb", "lgbm")
    ]


def score_map(model, samples):
    values = samples[list(model.factors)].to_numpy(np.float32)
    return roc_auc_score(samples["presence"], model.predict(values).probability)


def test_kernel_by_hand():
    background = pd.DataFrame({"fault_distance": np.arange(100.0), "soil": 1.0})
    kernel = fit_target_kernel(background, measured=["fault_distance"], classes=["soil"])
    cells = kernel.prepare(np.array([[49.5, 1], [49.5, 2], [0, 1]], np.float32))
    low = cells[2, 0] - cells[0, 0]
    near = np.exp(-0.5 * low**2)
    expected = FACTOR_VARIANCE * np.array([[2, 1, 1 + near], [1, 2, near], [1 + near, near, 2]])
    np.testing.assert_allclose(kernel.covariance(cells, cells), expected, rtol=1e-6)
    assert kernel.variance == pytest.approx(2 * FACTOR_VARIANCE)
    assert kernel.factors == ("fault_distance", "soil")


def test_kernel_is_a_covariance():
    generator = np.random.default_rng(1)
    table = pd.DataFrame({"a": generator.normal(size=60), "soil": generator.integers(0, 4, 60)})
    kernel = fit_target_kernel(table, measured=["a"], classes=["soil"])
    cells = kernel.prepare(table.to_numpy(np.float32))
    assert np.linalg.eigvalsh(kernel.covariance(cells, cells)).min() > -1e-9


def test_without_own_factors_nothing_changes(source_models, shots, regions, tuned):
    plain = tune(source_models, shots, regions["cedar"].background)
    assert plain.factors == source_models[0].factors
    assert plain.classes_seen == {}
    assert plain.target_kernel.variance == 0
    assert tuned.factors == (*plain.factors, "soil")
    assert tuned.units == (*plain.units, "1")


def test_own_classes_help_the_target(source_models, shots, regions, tuned):
    held_out = regions["cedar"].samples.iloc[400:]
    plain = tune(source_models, shots, regions["cedar"].background)
    assert score_map(tuned, held_out) > score_map(plain, held_out) + 0.1


def test_codes_are_names_and_not_numbers(source_models, shots, regions, tuned):
    renamed = {1: 7, 2: 3, 3: 40}
    background = regions["cedar"].background
    other = tune(
        source_models,
        shots.replace({"soil": renamed}),
        background.replace({"soil": renamed}),
        target_classes=["soil"],
    )
    cells = regions["cedar"].samples.iloc[400:440]
    first = tuned.predict(cells[list(tuned.factors)].to_numpy(np.float32))
    again = cells.replace({"soil": renamed})
    second = other.predict(again[list(tuned.factors)].to_numpy(np.float32))
    np.testing.assert_array_equal(first.logit, second.logit)


def test_an_unseen_class_of_the_target_is_more_uncertain(regions, tuned):
    values = regions["cedar"].samples.iloc[400:500][list(tuned.factors)].to_numpy(np.float32)
    strange = values.copy()
    strange[:, -1] = 99
    assert tuned.classes_seen == {"soil": [1, 2, 3]}
    assert (tuned.predict(strange).sd > tuned.predict(values).sd).mean() > 0.9
    other = strange.copy()
    other[:, -1] = 50
    np.testing.assert_array_equal(tuned.predict(other).logit, tuned.predict(strange).logit)


def test_a_shared_class_carries_over_without_shots(shared_models, source_models, regions):
    part = regions["cedar"]
    model = tune(shared_models, part.samples.iloc[:0], part.background)
    assert model.factors == shared_models[0].factors and "soil" in model.factors
    assert score_map(model, part.samples) > 0.8


@pytest.mark.parametrize("family", ["lr", "rf", "xgb", "lgbm"])
def test_every_learner_reads_shared_classes(family, shared_models, regions):
    part = regions["cedar"]
    model = tune(shared_models, part.samples.iloc[:0], part.background, family=family)
    assert score_map(model, part.samples) > 0.75


def test_an_unseen_shared_class_fails_as_often_as_elsewhere(shared_models, regions):
    part = regions["cedar"]
    model = tune(shared_models, part.samples.iloc[:0], part.background)
    column = model.factors.index("soil")
    values = part.samples[list(model.factors)].to_numpy(np.float32)
    logits = {}
    for code in (1, 3, 99):
        values[:, column] = code
        logits[code] = model.predict(values).logit.mean()
    assert logits[1] < logits[99] < logits[3]
    assert shared_models[0].class_scores.scores["soil"].keys() == {1, 2, 3}


@pytest.mark.parametrize("kind", ["shared", "own"])
def test_models_with_classes_survive(kind, shared_models, shots, regions, tuned, tmp_path):
    background = regions["cedar"].background
    model = tuned if kind == "own" else tune(shared_models, shots, background)
    save_model(model, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    values = background[list(model.factors)].to_numpy(np.float32)
    np.testing.assert_array_equal(loaded.predict(values).logit, model.predict(values).logit)
    np.testing.assert_array_equal(loaded.predict(values).sd, model.predict(values).sd)
    assert loaded.classes_seen == model.classes_seen
    assert (loaded.factors, loaded.units) == (model.factors, model.units)
    first, again = model.source_score.models[0], loaded.source_score.models[0]
    assert (first.legends, first.class_scores) == (again.legends, again.class_scores)


def test_a_factor_cannot_be_shared_and_own(shared_models, shots, regions):
    with pytest.raises(ValueError, match=r"\['soil'\] of the target are in the source models"):
        tune(shared_models, shots, regions["cedar"].background, target_classes=["soil"])


def test_a_missing_own_factor_is_named(source_models, shots, regions):
    with pytest.raises(ValueError, match=r"shots table lacks the factors \['geology'\]"):
        tune(source_models, shots, regions["cedar"].background, target_classes=["geology"])


def benchmark(regions, **settings):
    table = run_transfer_benchmark(
        regions, targets=["cedar"], learners=["lr", "rf"], shots=[20], draws=2,
        regimes=["transductive"], seed=1, **settings,
    )  # fmt: skip
    return table.groupby(["method", "family"])["auc"].mean()


def test_the_benchmark_takes_classes_in_both_stages(regions):
    plain = benchmark({name: part.without(["soil"]) for name, part in regions.items()})
    shared = benchmark(regions, legends={"soil": "fao"})
    own = benchmark(regions, target_classes=["soil"])
    for method in ("zero_shot", "fine_tuned", "pooled"):
        family = "lr" if method == "pooled" else "ensemble"
        assert shared[method, family] > plain[method, family] + 0.1
    assert own["zero_shot", "ensemble"] == plain["zero_shot", "ensemble"]
    for key in (("fine_tuned", "ensemble"), ("local_only", "gp")):
        assert own[key] > plain[key] + 0.05


def test_coverage_counts_the_mapped_cells(tuned):
    shape = (4, 10)
    layers = {name: np.zeros(shape, np.float32) for name in tuned.factors}
    layers["soil"] = np.repeat([[1], [3], [8], [9]], 10, axis=1).astype(np.float32)
    layers["slope"][3, 2:] = np.nan
    factors = xr.Dataset({name: (("y", "x"), values) for name, values in layers.items()})
    factors["soil"].attrs["classes"] = '{"1": "loam", "8": "peat"}'
    table = measure_class_coverage(tuned, factors.chunk(y=2, x=5))
    assert table.to_dict("list") == {
        "factor": ["soil"] * 4,
        "use": ["target"] * 4,
        "code": [1, 3, 8, 9],
        "name": ["loam", "", "peat", ""],
        "seen": [True, True, False, False],
        "area_share": pytest.approx([10 / 32, 10 / 32, 10 / 32, 2 / 32]),
    }
    assert summarise_unseen(table)["soil"] == {
        "codes": [8, 9], "names": ["peat", ""], "area_share": 0.375,
    }  # fmt: skip


def test_coverage_of_a_model_without_classes_is_empty(source_models, shots, regions):
    plain = tune(source_models, shots, regions["cedar"].background)
    layers = {name: (("y", "x"), np.ones((2, 2), np.float32)) for name in plain.factors}
    table = measure_class_coverage(plain, xr.Dataset(layers))
    assert len(table) == 0 and summarise_unseen(table) == {}
    assert replace(plain, region="elm").classes_seen == {}
