"""The chart of a map and its baselines: what it shows, also in grey and without landslides."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from landshift.evaluation.benchmark.names import OF_MAP
from landshift.evaluation.skill import CONTRADICTED, measure_skill, trace_skill
from landshift.report.figures.skill import plot_skill
from landshift.report.figures.style import LINES


@pytest.fixture(scope="module")
def tables():
    generator = np.random.default_rng(2)
    cells = generator.beta(1, 20, 500)
    landslides = generator.beta(2, 15, 60)
    scores = {
        "fine_tuned": (landslides, cells),
        "zero_shot": (generator.permutation(cells)[:60] + landslides / 2, cells),
        "local_only": (generator.permutation(cells)[:60], cells),
        "slope": (generator.permutation(cells)[:60], cells),
        "pooled": (generator.permutation(cells)[:60], cells),
    }
    return [each(scores, 0.04, resamples=50) for each in (trace_skill, measure_skill)]


def test_four_panels_state_units_methods_and_intervals(tables):
    figure = plot_skill(*tables, title="ash")
    headings = [axes.get_title("left").split(",")[0] for axes in figure.axes]
    assert headings == ["Prediction rate", "ROC", "Precision and recall", "Reliability"]
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    [row] = tables[1].query("measure == 'auc' and method == 'fine_tuned'").itertuples()
    assert labels[0] == f"this map, fine-tuned\n{row.value:.2f} ({row.low:.2f} to {row.high:.2f})"
    assert [label.split("\n")[0] for label in labels] == list(OF_MAP.values())
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)


def test_curves_are_those_of_the_table(tables):
    figure = plot_skill(*tables, title="ash")
    curves = tables[0]
    for axes, curve in zip(figure.axes[:3], ("rate", "roc", "precision_recall"), strict=True):
        own = curves[(curves["curve"] == curve) & (curves["method"] == "fine_tuned")]
        drawn = [line for line in axes.get_lines() if line.get_linestyle() == "-"]
        assert any(np.array_equal(line.get_xydata(), own[["x", "y"]]) for line in drawn)


def test_lines_can_be_told_apart_without_colour():
    styles = [(str(style["linestyle"]), style["marker"]) for style in LINES]
    assert len(set(styles)) == len(styles)
    grey = [np.dot(to_rgb(style["color"]), [0.2126, 0.7152, 0.0722]) for style in LINES]
    # dark enough to be seen on white paper
    assert max(grey) < 0.5


def test_a_map_without_unseen_landslides_says_so():
    empty = [trace_skill({}, 0.04), measure_skill({}, 0.04)]
    figure = plot_skill(*empty, title="ash")
    assert "No landslide is left" in figure.texts[1].get_text()


def test_a_contradicted_prevalence_leaves_its_panels_without_curves(tables):
    curves, skill = tables
    wrong = skill["measure"].isin(["auc", "pr_auc"])
    skill = skill.assign(**{name: skill[name].mask(wrong) for name in ("value", "low", "high")})
    figure = plot_skill(curves[curves["curve"] == "rate"], skill, title="ash")
    said = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert said == [[], *3 * [[f"{CONTRADICTED}."]]]
    figure.draw_without_rendering()
