"""Averages of contributions over scopes and bins, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from landshift.evaluation.drivers.explanation import Explanation
from landshift.evaluation.drivers.summary import (
    compare_sources,
    summarise_dependence,
    summarise_drivers,
    summarise_shots,
)

FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]


@pytest.fixture
def explanation():
    sources = np.array([[1.0, 0], [-1, 0], [3, 1], [1, 1]])
    shots = np.array([[0.0, 0], [0, 2], [1, 0], [1, 0]])
    return Explanation(("slope", "relief"), -0.5, sources, shots, np.zeros((4, 3)))


def test_map_and_classes_by_hand(explanation):
    table = summarise_drivers(explanation, np.array([1, 1, 5, 5])).set_index(["scope", "factor"])
    assert list(table.index.unique("scope")) == ["map", "class 1", "class 5"]
    slope, relief = (table.loc[("map", name)] for name in ("slope", "relief"))
    assert (slope["mean_absolute"], relief["mean_absolute"]) == (2, 1)
    assert (slope["mean"], relief["mean"]) == (1.5, 1)
    assert (slope["share"], relief["share"]) == pytest.approx((2 / 3, 1 / 3))
    assert (slope["from_sources"], slope["from_shots"]) == (1.5, 0.5)
    assert table.loc[("class 5", "slope"), "mean"] == 3
    assert table.loc[("class 1", "slope"), "cells"] == 2


def test_dependence_runs_over_bins_of_equal_size(explanation):
    values = np.array([[4.0, 1], [1, 1], [3, 1], [2, 1]])
    slope = summarise_dependence(explanation, values, ["degree", "m"]).query("factor == 'slope'")
    assert slope["value"].tolist() == [1, 2, 3, 4]
    assert slope["mean"].tolist() == [-1, 2, 4, 1]
    assert set(slope["units"]) == {"degree"}


def test_dependence_of_classes_is_one_row_per_code(explanation):
    values = np.array([[4.0, 7], [1, 2], [3, 7], [2, 7]])
    table = summarise_dependence(explanation, values, ["degree", "1"], classes={"relief"})
    relief = table.query("factor == 'relief'")
    assert relief["value"].tolist() == [2, 7] and set(relief["units"]) == {"class"}
    assert relief["mean"].tolist() == pytest.approx([2, 2 / 3])


def test_reach_of_shots_by_hand(explanation):
    pushes = np.array([[1.0, -1, 9], [3, -2, 9]])
    shots = pd.DataFrame({"x": [1.0, 2], "y": [3.0, 4], "presence": [1, 0], "slope": 0})
    table = summarise_shots(replace(explanation, pushes=pushes), shots)
    assert table["mean_push"].tolist() == [2, -1.5]
    assert table["mean_absolute_push"].tolist() == [2, 1.5]
    assert table["presence"].tolist() == [1, 0]


def test_sources_are_compared_by_the_ranks_of_their_drivers(sources, source_models):
    backgrounds = {
        name: tables.background[FACTORS].to_numpy(np.float32) for name, tables in sources.items()
    }
    own = np.tile([0.1, 0.0, 0.5, 2.0, 1.0], (4, 1))
    drivers = summarise_drivers(
        Explanation(tuple(FACTORS), 0.0, own, own * 0, own), np.array([3, 3, 3, 3])
    )
    found = compare_sources(drivers, source_models, backgrounds, cells=40, seed=1)
    assert list(found["scope"].unique()) == ["map", "class 3", "source alder", "source birch"]
    agreement = found.groupby("scope")["agreement"].first()
    assert agreement[["map", "class 3"]].tolist() == pytest.approx([1, 1])
    # the rule of the sources: slope before wetness before relief
    assert agreement["source alder"] > 0.6
    shares = found[found["scope"] == "source alder"].set_index("factor")["share"]
    assert shares.sum() == pytest.approx(1) and shares.idxmax() == "slope"
