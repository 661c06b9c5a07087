"""The chart of all methods: what it shows, and that it is the same every time."""

import numpy as np
import pandas as pd
import pytest

from landshift.report.figures.dominance import name_method, plot_dominance
from landshift.report.figures.style import write_figure

METHODS = {"fine_tuned": "ensemble", "zero_shot": "ensemble", "local_only": "gp", "tca": "lr"}


@pytest.fixture
def tables():
    generator = np.random.default_rng(3)
    benchmark = pd.DataFrame(
        [
            (target, family, method, "transductive", shots, draw, generator.uniform(0.6, 0.8))
            for target in ("alder", "birch", "cedar", "dogwood")
            for method, family in METHODS.items()
            for shots in (5, 20)
            for draw in range(3)
        ],
        columns=["target", "family", "method", "regime", "shots", "draw", "auc"],
    )
    dominance = pd.DataFrame({"method": METHODS.keys(), "family": METHODS.values()}).assign(
        regime="transductive",
        auc=0.7,
        gain_tougher=0.01,
        gain_tougher_low=-0.01,
        gain_tougher_high=0.03,
        losses_zero_shot=0,
        losses_tougher=1,
        cells=8,
        regret=0.02,
        gap_closed=np.nan,
    )
    return benchmark, dominance


def texts_of(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_panel_per_target_and_a_row_per_method(tables):
    figure = plot_dominance(*tables)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["alder", "birch", "cedar", "dogwood", ""]
    texts = texts_of(figure)
    for method, family in METHODS.items():
        assert name_method(method, family) in texts
    assert texts.count("1 of 8") == len(METHODS)
    # no ceiling was measured
    assert texts.count("-") == len(METHODS)


def test_same_tables_same_bytes(tables, tmp_path):
    for name in ("first.png", "second.png"):
        write_figure(plot_dominance(*tables, seed=1), tmp_path / name)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_unknown_methods_keep_their_name():
    assert name_method("guess", "dice") == "guess: dice"
    assert name_method("coral", "lr") == "CORAL: LR"


def test_a_regime_without_rows_is_refused(tables):
    with pytest.raises(ValueError, match="no row of regime 'inductive'"):
        plot_dominance(*tables, regime="inductive")
