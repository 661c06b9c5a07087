"""The cells that judge a prediction, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from landshift.evaluation.benchmark.judge import Judge, average_top
from landshift.evaluation.benchmark.splits import Draw
from landshift.transfer.fine_tuning import PSEUDO_ABSENCES, find_pseudo_absences


@pytest.fixture
def judge():
    # test blocks are 0, block 1 gave the shots; random cells lie 10 m apart along a line
    places = np.arange(400) * 10.0
    samples = pd.DataFrame(
        {
            "x": np.r_[np.full(30, 0.0), np.full(30, 3000.0)],
            "y": 0.0,
            "block": 0,
            "presence": np.repeat([1, 0], 30),
        }
    )
    background = pd.DataFrame({"x": places, "y": 0.0, "block": (np.arange(400) >= 300).astype(int)})
    draw = Draw(np.arange(60), np.array([]), np.array([]), np.array([1]))
    return Judge(samples, background, draw, seed=1)


def test_random_cells_are_of_the_test_blocks_and_unknown_to_the_model(judge):
    random = judge.queries.iloc[60:]
    assert (random["block"] == 0).all()
    known = judge.background.iloc[find_pseudo_absences(400, PSEUDO_ABSENCES, 1)]
    assert not set(random["x"]) & set(known["x"])
    assert len(random) == 300 - (known["block"] == 0).sum()


def test_every_area_has_its_own_cells(judge):
    queries = judge.queries
    # landslides .5, absences .1, random cells by distance: near ones .9, far ones .2
    near = (queries["x"].iloc[60:] >= 45) & (queries["x"].iloc[60:] <= 300)
    score = np.r_[np.full(30, 0.5), np.full(30, 0.1), np.where(near, 0.9, 0.2)]
    found = judge.measure(score)
    assert found["auc_buffer"] == 1.0
    assert found["auc"] == pytest.approx((~near).mean())
    if near.sum() >= 20:
        assert found["auc_near"] == 0.0
    else:
        assert np.isnan(found["auc_near"])


def test_the_top_is_averaged_over_its_width():
    cells = np.linspace(0, 1, 1001)
    # found once .97 of the cells lie below: the last three fifths of the top 5 %
    assert average_top(np.array([0.97]), cells, 0.05) == pytest.approx(0.4, abs=0.01)
    assert average_top(np.array([2.0]), cells, 0.05) == 1.0
    assert average_top(np.array([0.5]), cells, 0.1) == 0.0


def test_of_a_small_background_all_cells_judge(judge):
    few = Judge(judge.samples, judge.background.iloc[:60], judge.draw, seed=1)
    assert len(few.queries) == 60 + 60
    assert np.isfinite(few.measure(np.linspace(0, 1, 120))["auc"])
