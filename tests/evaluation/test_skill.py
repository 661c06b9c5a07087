import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from landshift.evaluation.skill import (
    LEVEL,
    find_highest_prevalence,
    measure_skill,
    trace_skill,
)


@pytest.fixture(scope="module")
def population():
    """A whole region: scores of all cells, and which of them fail."""
    generator = np.random.default_rng(5)
    chance = generator.beta(1, 12, 4000)
    return np.round(chance, 3), generator.uniform(size=4000) < chance


def values(table, method="map"):
    return table[table["method"] == method].set_index("measure")["value"]


def test_areas_are_those_of_labelled_cells_where_all_are_known(population):
    scores, fails = population
    measured = values(measure_skill({"map": (scores[fails], scores)}, fails.mean(), resamples=2))
    assert measured["auc"] == pytest.approx(roc_auc_score(fails, scores), abs=1e-12)
    assert measured["pr_auc"] == pytest.approx(average_precision_score(fails, scores), abs=1e-12)
    share = fails[np.argsort(-scores, kind="stable")]
    assert measured["top_10"] == pytest.approx(share[:400].sum() / share.sum(), abs=0.01)


def test_reliability_is_what_fails_in_each_class(population):
    scores, fails = population
    table = trace_skill({"map": (scores[fails], scores)}, fails.mean(), resamples=200)
    classes = table[table["curve"] == "reliability"]
    limits = np.quantile(scores[fails], [0.2, 0.4, 0.6, 0.8])
    places = np.searchsorted(limits, scores, side="right")
    for place, row in enumerate(classes.itertuples()):
        assert row.y == pytest.approx(fails[places == place].mean())
        assert row.x == pytest.approx(scores[places == place].mean())
        assert row.low < row.y < row.high
    # the scores are the true chances
    assert np.abs(np.log(classes["y"] / classes["x"])).max() < 0.35


def test_counted_by_hand():
    landslides, cells = np.array([0.9, 0.5]), np.array([0.9, 0.7, 0.5, 0.1])
    table = trace_skill({"map": (landslides, cells)}, 0.2, resamples=2)
    rate = table[table["curve"] == "rate"][["x", "y"]].to_numpy().tolist()
    assert rate == [[0, 0], [0.25, 0.5], [0.5, 0.5], [0.75, 1], [1, 1]]
    precision = table[table["curve"] == "precision_recall"].set_index("x")["y"]
    assert precision[1.0].iloc[0] == pytest.approx(0.2 / 0.75)
    measured = values(measure_skill({"map": (landslides, cells)}, 0.2, resamples=2))
    # 1/16 + 1/8 + 3/16 + 1/4
    assert measured["rate_area"] == pytest.approx(0.625)


def test_knowing_nothing_and_everything():
    cells = np.linspace(0, 1, 1001)
    nothing, everything = (np.full(50, 0.5), np.full(1001, 0.5)), (np.full(50, 2.0), cells)
    table = measure_skill({"flat": nothing, "best": everything}, 0.05, resamples=20)
    flat, best = values(table, "flat"), values(table, "best")
    assert flat["auc"] == pytest.approx(0.5) and flat["top_20"] == pytest.approx(0.2)
    assert flat["pr_auc"] == pytest.approx(0.05)
    assert best["rate_area"] == best["top_5"] == best["pr_auc"] == 1


def test_intervals_shrink_with_landslides_and_repeat(population):
    scores, fails = population
    few, many = scores[fails][:20], scores[fails]
    tables = [measure_skill({"map": (each, scores)}, 0.08, seed=3) for each in (few, many, many)]
    widths = [values(table.assign(value=table["high"] - table["low"])) for table in tables]
    assert widths[0]["auc"] > 2 * widths[1]["auc"]
    assert tables[1]["value"].between(tables[1]["low"], tables[1]["high"]).all()
    pd.testing.assert_frame_equal(tables[1], tables[2])


def rate_area(landslides, cells):
    """Chance that a landslide lies above a random cell, equal scores counting half."""
    above = landslides[:, None] > cells
    return (above + 0.5 * (landslides[:, None] == cells)).mean()


def test_intervals_hold_95_of_100_resamples(population):
    scores, fails = population
    landslides, cells = scores[fails][:40], scores[:300]
    found = measure_skill({"map": (landslides, cells)}, 0.08, resamples=400, seed=3)
    generator = np.random.default_rng(3)
    drawn = [
        rate_area(
            landslides[generator.integers(40, size=40)], cells[generator.integers(300, size=300)]
        )
        for _ in range(400)
    ]
    row = found.set_index("measure").loc["rate_area"]
    assert row["value"] == pytest.approx(rate_area(landslides, cells))
    assert [row["low"], row["high"]] == pytest.approx(np.percentile(drawn, [2.5, 97.5]))


def test_reliability_holds_95_of_100_resamples():
    """Its classes are counted by hand: two landslides each, of ten, and 100, 300, ... cells."""
    landslides = np.arange(10) / 10 + 0.05
    area = np.array([600, 200, 100, 60, 40])
    cells = np.repeat(np.arange(5) / 5 + 0.1, area)
    table = trace_skill({"map": (landslides, cells)}, 0.02, resamples=500, seed=4)
    rows = table[table["curve"] == "reliability"]
    generator = np.random.default_rng(4)
    found = generator.multinomial(10, [0.2] * 5, 500) / 10
    precision = 0.02 * found / (generator.multinomial(1000, area / 1000, 500) / 1000)
    expected = np.percentile(np.minimum(precision, 1), [2.5, 97.5], axis=0)
    np.testing.assert_allclose(rows["y"], 0.02 * 0.2 / (area / 1000))
    np.testing.assert_allclose(rows[["low", "high"]].T, expected)


def test_no_landslide_is_refused():
    with pytest.raises(ValueError, match="same landslides and cells"):
        measure_skill({"map": (np.array([]), np.array([0.5]))}, 0.1)


def test_without_a_method_the_tables_are_empty():
    assert measure_skill({}, 0.1).empty and trace_skill({}, 0.1).empty


def test_few_landslides_have_no_interval():
    cells = np.linspace(0, 1, 101)
    few, enough = np.full(9, 0.9), np.full(10, 0.9)
    assert measure_skill({"map": (few, cells)}, 0.05, resamples=2)["low"].isna().all()
    assert measure_skill({"map": (enough, cells)}, 0.05, resamples=2)["low"].notna().all()


def test_a_prevalence_that_the_landslides_contradict_gives_no_number(population, caplog):
    scores, fails = population
    pair = {"map": (scores[fails], scores)}
    honest, wrong = (measure_skill(pair, prevalence, resamples=20) for prevalence in (0.1, 0.99))
    [warning] = caplog.messages
    assert warning.startswith("The stated prevalence contradicts these landslides: it is 0.99, and")
    assert "auc, pr_auc" in warning and "state a lower prevalence" in warning
    told = wrong.set_index("measure")
    assert told.loc[["auc", "pr_auc"], ["value", "low", "high"]].isna().all(axis=None)
    # what does not take the prevalence stays
    same = ["rate_area", "top_5", "top_10", "top_20"]
    pd.testing.assert_frame_equal(told.loc[same], honest.set_index("measure").loc[same])
    assert set(trace_skill(pair, 0.99, resamples=20)["curve"]) == {"rate"}
    assert len(set(trace_skill(pair, 0.1, resamples=20)["curve"])) == 4


@pytest.mark.parametrize("seed", range(5))
def test_the_true_prevalence_is_not_contradicted(seed):
    generator = np.random.default_rng(seed)
    # a map that knows all: the failing tenth has the highest scores
    cells = generator.uniform(size=1500)
    landslides = generator.uniform(0.9, 1, size=80)
    assert 0.1 < find_highest_prevalence({"map": (landslides, cells)}) < 0.5


def test_the_highest_prevalence_by_hand():
    landslides, cells = np.full(200, 0.9), np.repeat([0.9, 0.1], [100, 900])
    error_found, error_area = (np.sqrt(np.log(2 / (1 - LEVEL)) / (2 * n)) for n in (200, 1000))
    expected = (0.1 + error_area) / (1 - error_found)
    assert find_highest_prevalence({"map": (landslides, cells)}) == pytest.approx(expected)
    # a map that knows nothing allows any; the better of two decides
    flat = (np.full(200, 0.5), np.full(1000, 0.5))
    assert find_highest_prevalence({"flat": flat}) == 1
    both = {"flat": flat, "map": (landslides, cells)}
    assert find_highest_prevalence(both) == pytest.approx(expected)
    assert find_highest_prevalence({}) == 1


@pytest.mark.parametrize("prevalence", [0, 1, 1e-300, 1.5, float("nan")])
def test_a_prevalence_that_is_no_share_is_refused(prevalence):
    pair = {"map": (np.array([0.9]), np.array([0.5, 0.6]))}
    for measure in (measure_skill, trace_skill):
        with pytest.raises(ValueError, match=r"prevalence is .*; state the share of the cells"):
            measure(pair, prevalence)
