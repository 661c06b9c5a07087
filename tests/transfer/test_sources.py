"""Stage 1: balanced, and indifferent to the order of rows, factors and regions."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from landshift.transfer.pretraining import (
    MAX_ABSENCES,
    MAX_PRESENCES,
    prepare_training,
    pretrain_sources,
)
from landshift.transfer.storage import save_model

FACTORS = ("curvature", "noise", "relief", "slope", "wetness")


def totals_of(training, regions):
    """Total weight by region and class; the table keeps regions in order, absences first."""
    edges = np.flatnonzero(np.diff(training.labels)) + 1
    return [part.sum() for part in np.split(training.weights, edges)], 2 * regions


def test_every_region_and_class_has_the_same_total_weight(source_tables):
    training = prepare_training(*source_tables, seed=42)
    totals, parts = totals_of(training, 2)
    assert len(totals) == parts
    np.testing.assert_allclose(totals, len(training.labels) / parts, rtol=1e-12)
    assert training.weights.mean() == pytest.approx(1, rel=1e-12)


def test_regions_of_unequal_size_weigh_the_same(source_tables):
    samples, background = source_tables
    few = samples[(samples["region"] == "alder") | (samples.index % 7 == 0)]
    totals, _ = totals_of(prepare_training(few, background, seed=42), 2)
    np.testing.assert_allclose(totals, totals[0], rtol=1e-12)


def test_large_regions_are_limited(make_region):
    tables = make_region("dogwood", seed=9, samples=4000)
    assert tables.samples["presence"].sum() > MAX_PRESENCES
    labels = prepare_training(tables.samples, tables.background, seed=1).labels
    assert (labels == 1).sum() == MAX_PRESENCES
    assert (labels == 0).sum() == MAX_ABSENCES


def test_preparations_are_standard_in_the_sources(source_tables):
    training = prepare_training(*source_tables, seed=42)
    raw = training.prepared["raw"]
    np.testing.assert_allclose(np.average(raw, axis=0, weights=training.weights), 0, atol=1e-5)
    np.testing.assert_allclose(np.average(raw**2, axis=0, weights=training.weights), 1, atol=1e-5)
    assert np.abs(training.prepared["rank"]).max() <= 3


def test_ranks_do_not_see_a_shift_of_one_region(source_tables):
    samples, background = source_tables
    shifted = [
        table.assign(slope=np.where(table["region"] == "birch", table["slope"] * 4, table["slope"]))
        for table in source_tables
    ]
    shifted = [table.astype({"slope": np.float32}) for table in shifted]
    np.testing.assert_array_equal(
        prepare_training(*shifted, seed=42).prepared["rank"],
        prepare_training(samples, background, seed=42).prepared["rank"],
    )


def test_model_states_what_it_was_made_from(source_models):
    model = source_models[0]
    assert model.factors == FACTORS
    assert model.units == ("1/m", "1", "m", "degree", "1")
    assert sorted(model.sources) == ["alder", "birch"]
    assert all(len(checksum) == 64 for checksum in model.sources.values())
    assert model.seed == 42


def shuffle_rows(samples, background):
    return samples.sample(frac=1, random_state=1), background.sample(frac=1, random_state=2)


def reverse_factors(samples, background):
    return samples[samples.columns[::-1]], background[background.columns[::-1]]


def reverse_regions(samples, background):
    return tuple(
        table.sort_values("region", ascending=False, kind="stable")
        for table in (samples, background)
    )


@pytest.mark.parametrize("reorder", [shuffle_rows, reverse_factors, reverse_regions])
def test_order_does_not_matter(reorder, source_tables, source_models, folder_bytes, tmp_path):
    for model in source_models:
        again = pretrain_sources(
            *reorder(*source_tables),
            learner=model.learner,
            seed=42,
            units=dict(zip(model.factors, model.units, strict=True)),
        )
        save_model(model, tmp_path / "first")
        save_model(again, tmp_path / "second")
        assert folder_bytes(tmp_path / "first") == folder_bytes(tmp_path / "second")


def test_threads_do_not_matter(make_region, folder_bytes, tmp_path):
    tables = make_region("dogwood", seed=9, samples=4000)
    for threads in (2, 1):
        with threadpool_limits(threads):
            model = pretrain_sources(tables.samples, tables.background, learner="lr", seed=42)
        save_model(model, tmp_path / str(threads))
    assert folder_bytes(tmp_path / "1") == folder_bytes(tmp_path / "2")


def test_the_input_stays_as_it_is(source_tables):
    copies = [table.copy() for table in source_tables]
    pretrain_sources(*source_tables, learner="lr", seed=42)
    for table, copy in zip(source_tables, copies, strict=True):
        assert table.equals(copy)


def test_the_seed_chooses_the_samples_of_a_large_region(make_region):
    tables = make_region("dogwood", seed=9, samples=4000)
    first, again, other = (
        prepare_training(tables.samples, tables.background, seed=seed).prepared["raw"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_importance_sums_to_one_and_finds_the_cause(source_models):
    forest = source_models[1]
    assert forest.importance.sum() == pytest.approx(1)
    assert FACTORS[np.argmax(forest.importance)] == "slope"
    assert source_models[0].importance is None


def test_every_learner_recovers_the_rule_on_an_unseen_region(source_models, target):
    from sklearn.metrics import roc_auc_score

    from landshift.transfer.preparation import fit_rank_transform

    columns = list(FACTORS)
    values = target.samples[columns].to_numpy(np.float32)
    ranks = fit_rank_transform(target.background[columns].to_numpy()).apply(values)
    for model in source_models:
        for logits in model.logits(values, ranks).T:
            assert roc_auc_score(target.samples["presence"], logits) > 0.75


def test_a_region_without_presences_is_named(source_tables):
    samples, background = source_tables
    samples = samples[(samples["region"] == "alder") | (samples["presence"] == 0)]
    with pytest.raises(ValueError, match="source birch: needs presences and absences, found 0"):
        pretrain_sources(samples, background, learner="lr", seed=1)


def test_a_region_without_background_is_named(source_tables):
    samples, background = source_tables
    with pytest.raises(ValueError, match="source alder: has no background"):
        pretrain_sources(samples, background[background["region"] == "birch"], learner="lr", seed=1)


def test_a_missing_factor_is_named(source_tables):
    samples, background = source_tables
    with pytest.raises(ValueError, match=r"background table lacks the factors .*slope"):
        pretrain_sources(samples, background.drop(columns="slope"), learner="lr", seed=1)


def test_a_table_without_factors_is_refused(source_tables):
    samples, background = source_tables
    with pytest.raises(ValueError, match="no factors"):
        pretrain_sources(samples.drop(columns=list(FACTORS)), background, learner="lr", seed=1)


def test_an_unknown_learner_is_named(source_tables):
    with pytest.raises(ValueError, match="no learner named 'svm'"):
        pretrain_sources(*source_tables, learner="svm", seed=1)
