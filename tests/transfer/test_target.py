"""Stage 2 at its limits: no shots, contradicting shots, identical regions, no adaptation."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target, gather_labels
from landshift.transfer.mixture import LOCAL_MEMBERS, SOURCE_MEMBERS, ZERO_SHOT_MEMBERS

FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]


def values_of(table):
    return table[FACTORS].to_numpy(np.float32)


def tune(models, shots, tables, **settings):
    settings = {"prevalence": 0.05, "seed": 7} | settings
    return fine_tune_target(models, shots, tables.background, **settings)


def take_shots(tables, shots):
    return draw_shots(tables.samples, region="cedar", seed=1, shots=shots)


@pytest.fixture(scope="module")
def zero_shot(source_models, target):
    return tune(source_models, target.samples.iloc[:0], target)


@pytest.fixture(scope="module")
def tuned(source_models, target):
    return tune(source_models, take_shots(target, 10), target)


@pytest.fixture(scope="module")
def shots(target):
    return take_shots(target, 10)


def test_without_shots_the_logit_is_the_scaled_source_score(zero_shot, target):
    score, _ = zero_shot.source_score.apply(values_of(target.samples))
    prediction = zero_shot.predict(values_of(target.samples))
    np.testing.assert_allclose(prediction.logit, 0.8 * score, rtol=0, atol=1e-9)


def test_without_shots_the_uncertainty_is_the_prior(zero_shot, target):
    score, _ = zero_shot.source_score.apply(values_of(target.samples))
    sd = zero_shot.predict(values_of(target.samples)).sd
    np.testing.assert_allclose(sd, np.sqrt(0.5 + 0.25 * score**2), rtol=0, atol=1e-9)


def test_score_has_unit_spread_on_the_background(zero_shot, target):
    score, _ = zero_shot.source_score.apply(values_of(target.background))
    assert score.std() == pytest.approx(1, abs=1e-9)
    assert score.mean() == pytest.approx(0, abs=0.05)


def test_absences_alone_leave_the_zero_shot_model(source_models, target, zero_shot):
    absences = target.samples[target.samples["presence"] == 0].head(10)
    values = values_of(target.samples)
    found = tune(source_models, absences, target).predict(values).logit
    np.testing.assert_allclose(found, zero_shot.predict(values).logit, rtol=0, atol=1e-9)


def test_strength_zero_keeps_the_order_of_the_source_score(source_models, target, tuned):
    member, posterior = tuned.mixture.members[0], tuned.mixture.posteriors[0]
    assert member == ZERO_SHOT_MEMBERS[0]
    alone = replace(
        tuned,
        mixture=replace(
            tuned.mixture, members=(member,), posteriors=(posterior,), shares=np.ones(1)
        ),
    )
    score, _ = tuned.source_score.apply(values_of(target.samples))
    # intercept and slope may adapt, so the logit is a line in the score
    design = np.column_stack([np.ones_like(score), score])
    logits = alone.predict(values_of(target.samples)).logit
    line, *_ = np.linalg.lstsq(design, logits, rcond=None)
    np.testing.assert_allclose(design @ line, logits, rtol=0, atol=1e-9)
    assert line[1] > 0


def test_contradicting_shots_win_over_the_sources(source_models, target):
    inverted = target.samples.assign(presence=1 - target.samples["presence"])
    train, held_out = inverted.iloc[:600], inverted.iloc[600:]
    many = draw_shots(train, region="cedar", seed=1, shots=100)
    truth = held_out["presence"]
    before = tune(source_models, many.iloc[:0], target).predict(values_of(held_out)).logit
    after = tune(source_models, many, target).predict(values_of(held_out)).logit
    assert roc_auc_score(truth, before) < 0.3
    assert roc_auc_score(truth, after) > 0.6


@pytest.mark.parametrize("count", [10, 50])
def test_identical_regions_lose_nothing(count, source_models, make_region):
    gains = []
    # one draw of shots says little: its spread is as large as the loss to be excluded
    for seed in range(100, 106):
        tables = make_region("cedar", seed=seed, samples=2400)
        train = replace(tables, samples=tables.samples.iloc[:900])
        held_out = tables.samples.iloc[900:]
        shots = take_shots(train, count)
        before, after = (
            tune(source_models, some, tables).predict(values_of(held_out)).logit
            for some in (shots.iloc[:0], shots)
        )
        truth = held_out["presence"]
        gains.append(roc_auc_score(truth, after) - roc_auc_score(truth, before))
    assert np.mean(gains) > -0.01


def test_presence_only_shots_work(source_models, target, shots):
    presences = shots[shots["presence"] == 1]
    prediction = tune(source_models, presences, target).predict(values_of(target.samples))
    assert np.isfinite(prediction.logit).all()
    assert roc_auc_score(target.samples["presence"], prediction.logit) > 0.75


def test_presence_only_without_pseudo_absences_work(source_models, target, shots):
    presences = shots[shots["presence"] == 1]
    model = tune(source_models, presences, target, pseudo_absences=0)
    assert np.isfinite(model.predict(values_of(target.samples)).logit).all()


def test_presences_weigh_one_and_the_rest_as_much_together(target, shots):
    values, labels, weights = gather_labels(shots, target.background, FACTORS, 150, 3)
    assert values.shape == (170, 5)
    assert values.dtype == np.float32
    assert (weights[labels == 1] == 1).all()
    assert weights[labels == 0] == pytest.approx(10 / 160)
    np.testing.assert_array_equal(values[:20], values_of(shots))


def test_pseudo_absences_are_distinct_background_cells(target, shots):
    values, _, _ = gather_labels(shots, target.background, FACTORS, 150, 3)
    drawn = {tuple(row) for row in values[20:]}
    assert len(drawn) == 150
    assert drawn <= {tuple(row) for row in values_of(target.background)}


def test_a_small_background_gives_all_its_cells(target, shots):
    values, _, _ = gather_labels(shots, target.background.head(30), FACTORS, 150, 3)
    assert len(values) == 20 + 30


def test_members_of_the_families(source_models, target, shots, tuned):
    assert tuned.mixture.members == SOURCE_MEMBERS + LOCAL_MEMBERS
    forest = tune(source_models, shots, target, family="rf")
    assert forest.mixture.members == SOURCE_MEMBERS
    assert [model.learner for model in forest.source_score.models] == ["rf"]
    assert tuned.mixture.shares.sum() == pytest.approx(1)


def test_a_family_uses_the_score_of_its_learner_alone(source_models, target, shots):
    among_all = tune(source_models, shots, target, family="rf")
    alone = tune(source_models[1:2], shots, target, family="rf")
    values = values_of(target.samples)
    np.testing.assert_array_equal(among_all.predict(values).logit, alone.predict(values).logit)


def test_without_a_forest_factors_count_the_same(source_models, target, shots):
    model = tune(source_models[:1], shots, target, family="lr")
    assert model.kernel.weights == pytest.approx(0.2)


def test_same_seed_same_prediction_other_seed_another(source_models, target, shots, tuned):
    values = values_of(target.samples)
    again = tune(source_models, shots, target).predict(values)
    other = tune(source_models, shots, target, seed=8).predict(values)
    np.testing.assert_array_equal(again.logit, tuned.predict(values).logit)
    np.testing.assert_array_equal(again.sd, tuned.predict(values).sd)
    assert (other.logit != again.logit).any()


def test_cells_are_predicted_one_by_one(target, tuned):
    values = values_of(target.samples)
    whole = tuned.predict(values)
    parts = [tuned.predict(values[start : start + 170]) for start in range(0, len(values), 170)]
    for name in ("logit", "sd"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_allclose(joined, getattr(whole, name), rtol=0, atol=1e-9)


def test_order_of_columns_and_extra_columns_do_not_matter(source_models, target, shots, tuned):
    mixed = shots[shots.columns[::-1]].assign(elevation=1.0)
    background = target.background[target.background.columns[::-1]]
    model = fine_tune_target(source_models, mixed, background, prevalence=0.05, seed=7)
    values = values_of(target.samples)
    np.testing.assert_array_equal(model.predict(values).logit, tuned.predict(values).logit)


def test_probability_states_the_prevalence(target, tuned):
    prediction = tuned.predict(values_of(target.samples))
    np.testing.assert_allclose(prediction.probability, expit(prediction.logit + logit(0.05)))
    even = replace(tuned, prevalence=0.5).predict(values_of(target.samples))
    np.testing.assert_array_equal(even.probability, expit(prediction.logit))
    np.testing.assert_array_equal(even.logit, prediction.logit)


def test_uncertainty_shrinks_near_the_shots_of_one_member(target, tuned, shots):
    sd = tuned.predict(values_of(target.samples)).sd
    assert (sd > 0).all()
    assert tuned.predict(values_of(shots)).sd.mean() < sd.mean()


def test_source_models_stay_as_they_are(source_models, target, shots):
    values = values_of(target.samples)
    before = [model.logits(values, values) for model in source_models]
    tune(source_models, shots, target)
    for model, logits in zip(source_models, before, strict=True):
        np.testing.assert_array_equal(model.logits(values, values), logits)


def test_missing_factors_are_named(source_models, target, shots):
    with pytest.raises(ValueError, match=r"shots table lacks the factors \['slope'\]"):
        tune(source_models, shots.drop(columns="slope"), target)
    poor = replace(target, background=target.background.drop(columns="relief"))
    with pytest.raises(ValueError, match=r"background table lacks the factors \['relief'\]"):
        tune(source_models, shots, poor)


@pytest.mark.parametrize("table", ["shots", "background"])
def test_cells_without_a_value_are_refused(table, source_models, target, shots):
    tables = {"shots": shots.copy(), "background": target.background.copy()}
    tables[table].iloc[2, tables[table].columns.get_loc("slope")] = np.nan
    with pytest.raises(ValueError, match=rf"{table} table has cells without a value .*slope"):
        fine_tune_target(source_models, **tables, prevalence=0.05, seed=7)


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, 1.5, np.nan, 1e-300, 1 - 1e-9])
def test_a_wrong_prevalence_is_refused(prevalence, source_models, target, shots):
    with pytest.raises(ValueError, match="prevalence is"):
        tune(source_models, shots, target, prevalence=prevalence)


def test_an_unknown_family_is_refused(source_models, target, shots):
    with pytest.raises(ValueError, match="family 'svm'"):
        tune(source_models, shots, target, family="svm")


def test_no_source_model_is_refused(target, shots):
    with pytest.raises(ValueError, match="at least one source model"):
        tune([], shots, target)


def test_source_models_of_other_factors_are_refused(source_models, target, shots):
    other = replace(source_models[1], factors=("aspect", *source_models[1].factors[1:]))
    with pytest.raises(ValueError, match="pre-train them together"):
        tune([source_models[0], other], shots, target)


def test_an_empty_background_is_refused(source_models, target, shots):
    with pytest.raises(ValueError, match="no background"):
        tune(source_models, shots, replace(target, background=target.background.iloc[:0]))


def test_tables_stay_as_they_are(source_models, target, shots):
    copies = [shots.copy(), target.background.copy()]
    tune(source_models, shots, target)
    for table, copy in zip((shots, target.background), copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_another_unit_than_the_sources_is_refused(source_models, target, shots):
    with pytest.raises(ValueError, match=r"factor relief .* is in km, .* learned it in m; bring"):
        tune(source_models, shots, target, units={"relief": "km", "slope": "degree"})


@pytest.mark.parametrize(
    ("learned", "given", "message"),
    [
        ({"relief": "fao"}, {"relief": "usda"}, "codes of the legend usda, .* of the legend fao"),
        ({"relief": "fao"}, {"relief": None}, "codes without a legend, .* of the legend fao"),
        ({"relief": "fao"}, {}, "measurements, .* codes of the legend fao"),
        ({}, {"relief": "fao"}, "codes of the legend fao, .* measurements"),
    ],
)
def test_another_legend_than_the_sources_is_refused(
    learned, given, message, source_models, target, shots
):
    models = [replace(model, legends=learned) for model in source_models]
    with pytest.raises(ValueError, match=f"factor relief of the target holds {message}"):
        tune(models, shots, target, legends=given)
    assert tune(models, shots, target, legends=learned).factors == tuple(FACTORS)
