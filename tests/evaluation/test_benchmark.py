"""The transfer benchmark: its table, its regimes, and what a method is allowed to see."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from landshift.evaluation.benchmark import run as benchmark
from landshift.evaluation.benchmark.methods import Method
from landshift.evaluation.benchmark.run import evaluate_target, join_sources, run_transfer_benchmark

KEYS = ["target", "family", "method", "regime", "shots", "draw"]
AREAS = ["auc", "auc_buffer", "auc_near", "top_5", "top_10"]
COLUMNS = [*KEYS, *AREAS, "pr_auc", "brier", "ece", "log_score"]
CORE = ["fine_tuned", "local_only", "pooled", "zero_shot"]
FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]


@pytest.fixture(scope="module")
def regions(sources, target):
    return {**sources, "cedar": target}


@pytest.fixture(scope="module")
def run(regions):
    def run(**settings):
        settings = {
            "targets": ["cedar", "alder"],
            "learners": ["lr", "xgb"],
            "shots": [5, 20],
            "draws": 2,
            "methods": CORE,
            "seed": 42,
        } | settings
        return run_transfer_benchmark(settings.pop("regions", regions), **settings)

    return run


@pytest.fixture(scope="module")
def table(run):
    return run()


@pytest.fixture
def seen(monkeypatch, sources, target, source_models):
    """Tasks that methods were given."""
    tasks = []

    def predict(task, family):
        tasks.append(task)
        return np.full(len(task.view.queries), 0.5)

    spy = Method("spy", "core", ("spy",), needs_sources=False, predict=predict)
    monkeypatch.setattr(benchmark, "get_methods", lambda methods: [spy])
    evaluate_target("cedar", target, source_models[:1], sources, shots=[5, 20], draws=3, seed=42)
    return tasks


def test_columns(table):
    assert list(table) == COLUMNS


def test_a_row_for_every_case(table):
    # families: 3 fine-tuned, 3 zero-shot, 4 local, 2 pooled
    assert len(table) == 2 * 2 * 2 * 2 * (3 + 3 + 4 + 2)
    assert not table.duplicated(KEYS).any()
    assert table.notna().all().all()
    assert table["target"].drop_duplicates().tolist() == ["cedar", "alder"]
    assert set(table["regime"]) == {"inductive", "transductive"}
    assert set(table["shots"]) == {5, 20}
    assert set(table["draw"]) == {0, 1}


def test_measures_are_shares(table):
    assert table[["auc", "pr_auc", "brier", "ece"]].to_numpy().min() >= 0
    assert table[["auc", "pr_auc", "brier", "ece"]].to_numpy().max() <= 1


def rows_of(table, **values):
    """Rows of the table that have these values, numbered anew."""
    for column, wanted in values.items():
        table = table[table[column].isin(wanted)]
    return table.reset_index(drop=True)


QUICK = {"targets": ["cedar"], "methods": ["fine_tuned", "zero_shot"]}


def test_same_seed_same_table(run, table):
    pd.testing.assert_frame_equal(
        run(targets=["cedar"], regimes=["inductive"]),
        rows_of(table, target=["cedar"], regime=["inductive"]),
    )


def test_order_of_regions_does_not_matter(run, regions, table):
    backwards = {name: regions[name] for name in reversed(regions)}
    pd.testing.assert_frame_equal(
        run(regions=backwards, **QUICK),
        rows_of(table, target=["cedar"], method=QUICK["methods"]),
    )


def test_a_part_of_the_benchmark_gives_a_part_of_the_table(run, table):
    part = run(targets=["alder"], regimes=["inductive"], methods=["zero_shot"])
    expected = rows_of(table, target=["alder"], regime=["inductive"], method=["zero_shot"])
    pd.testing.assert_frame_equal(part, expected)


def test_the_first_draws_do_not_depend_on_their_number(run, table):
    more = run(draws=3, **QUICK)
    expected = rows_of(table, target=["cedar"], method=QUICK["methods"])
    pd.testing.assert_frame_equal(rows_of(more, draw=[0, 1]), expected)


def test_zero_shot_does_not_change_with_the_shots(table):
    zero_shot = table[table["method"] == "zero_shot"]
    assert (zero_shot.groupby(["target", "family", "regime", "draw"])["auc"].std() == 0).all()


def test_a_target_is_never_among_its_sources(run, regions):
    wild = regions["cedar"].samples.assign(presence=1 - regions["cedar"].samples["presence"])
    changed = {**regions, "cedar": replace(regions["cedar"], samples=wild)}
    settings = {"targets": ["cedar"], "methods": ["zero_shot"], "shots": [5]}
    plain, flipped = run(**settings), run(regions=changed, **settings)
    # the sources are the same, so only the labels that score the prediction turned around
    np.testing.assert_allclose(flipped["auc_buffer"], 1 - plain["auc_buffer"], atol=1e-12)


def find_blocks(target):
    """Block of every sample and random cell, by the bytes of its factors."""
    cells = pd.concat([target.samples, target.background])
    values = cells[FACTORS].to_numpy(np.float32)
    return {row.tobytes(): block for row, block in zip(values, cells["block"], strict=True)}


def test_queries_are_never_in_a_block_of_the_shots(seen, target):
    block_of = find_blocks(target)
    for task in seen:
        query_blocks = {block_of[row.tobytes()] for row in task.view.queries}
        assert not query_blocks & set(task.shots["block"])


def test_inductive_background_comes_from_the_blocks_of_the_shots(seen, target):
    block_of = find_blocks(target)
    inductive = [task for task in seen if len(task.view.background) < len(target.background)]
    assert len(inductive) == len(seen) / 2
    for task in inductive:
        query_blocks = {block_of[row.tobytes()] for row in task.view.queries}
        shot_blocks = set(target.samples["block"]) - query_blocks
        assert set(task.shots["block"]) <= shot_blocks
        expected = target.background[target.background["block"].isin(shot_blocks)]
        pd.testing.assert_frame_equal(task.view.background, expected)
        np.testing.assert_array_equal(
            task.view.ranks.reference, np.sort(expected[FACTORS].to_numpy().T, axis=1)
        )


def test_transductive_background_is_the_whole_target(seen, target):
    transductive = [task for task in seen if len(task.view.background) == len(target.background)]
    assert len(transductive) == len(seen) / 2
    for task in transductive:
        pd.testing.assert_frame_equal(task.view.background, target.background)


def test_shots_are_nested_and_shared_by_the_regimes(seen):
    by_case = {}
    for task in seen:
        by_case.setdefault(len(task.shots), []).append(frozenset(task.shots.index))
    assert set(by_case) == {10, 40}
    # three draws in two regimes
    assert [len(set(cases)) for cases in by_case.values()] == [3, 3]
    for few, many in zip(by_case[10], by_case[40], strict=True):
        assert few < many


def test_factors_are_selected_on_the_sources_alone(sources):
    copied = {
        name: replace(
            tables,
            samples=tables.samples.assign(steepness=tables.samples["slope"] * 2),
            background=tables.background.assign(steepness=tables.background["slope"] * 2),
        )
        for name, tables in sources.items()
    }
    samples, background = join_sources(copied)
    assert list(samples) == ["region", "x", "y", "block", "presence", *FACTORS]
    assert list(background) == ["region", "x", "y", "block", *FACTORS]
    assert len(samples) == sum(len(tables.samples) for tables in sources.values())


def test_named_factors_are_kept(sources):
    samples, background = join_sources(sources, ["wetness", "slope"])
    assert list(samples)[5:] == ["wetness", "slope"]
    assert list(background)[4:] == ["wetness", "slope"]


def test_an_unknown_regime_is_named(run):
    with pytest.raises(ValueError, match="no regime named 'magic'; there are inductive, transd"):
        run(regimes=["magic"], methods=["zero_shot"], targets=["cedar"], learners=["lr"])


def test_too_many_shots_are_refused(run):
    with pytest.raises(ValueError, match="cannot be split"):
        run(shots=[5000], targets=["cedar"], learners=["lr"])


def test_blocks_can_be_redrawn_for_every_draw(sources, target, source_models):
    kept, redrawn = (
        evaluate_target(
            "target",
            target,
            source_models,
            sources,
            shots=[5],
            draws=2,
            regimes=["inductive"],
            methods=["zero_shot"],
            redraw=redraw,
            seed=42,
        )
        for redraw in (False, True)
    )
    assert len(kept) == len(redrawn)
    assert (kept["auc"] != redrawn["auc"]).any()
