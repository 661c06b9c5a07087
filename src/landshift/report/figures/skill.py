"""How a map finds unseen landslides, compared with maps without fine-tuning and without sources."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from landshift.evaluation.benchmark.names import OF_MAP
from landshift.evaluation.skill import CONTRADICTED
from landshift.report.figures.style import FAINT, LINES, WIDTH_IN, figure_style, tidy_axes

_PANELS = {
    "rate": ("Share of the area", "Share of the landslides in it", "rate_area", "Prediction rate"),
    "roc": ("False alarms", "Landslides found", "auc", "ROC"),
    "precision_recall": ("Landslides found", "Failing share of what is marked", "pr_auc",
                         "Precision and recall"),
    "reliability": ("Predicted susceptibility [1]", "Share that fails [1]", None, "Reliability"),
}  # fmt: skip
"""Labels of the axes, the measure that a panel states, and its heading."""


@figure_style()
def plot_skill(curves: pd.DataFrame, skill: pd.DataFrame, *, title: str) -> Figure:
    """Draw prediction rate, ROC, precision-recall and reliability, with the areas under them.

    Parameters
    ----------
    curves
        Result of `landshift.evaluation.skill.trace_skill`.
    skill
        Result of `landshift.evaluation.skill.measure_skill`.
    title
        Heading, such as the region's name.

    Returns
    -------
    matplotlib.figure.Figure
        Without landslides, that is without rows, it says so.
    """
    height = 8.2 if len(curves) else 1.2
    figure = Figure(figsize=(WIDTH_IN, height))
    figure.text(0.02, 1 - 0.12 / height, title, va="top", weight="bold", fontsize=11)
    if curves.empty:
        figure.text(0.02, 0.4, "No landslide is left to judge the map by.")
        return figure
    panels = figure.subplots(2, 2).ravel()
    for axes, (curve, words) in zip(panels, _PANELS.items(), strict=True):
        _draw_panel(axes, curves[curves["curve"] == curve], skill, words)
    for axes in (*panels[:2], panels[2]):
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.set_xlim(0, 1)
    untold = [axes for axes in panels if not axes.has_data()]
    for axes in panels[:2]:
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_ylim(0, 1.01)
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8, zorder=1)
    for axes, tune in ((panels[2], _tune_precision), (panels[3], _tune_reliability)):
        if axes not in untold:
            tune(axes)
    for axes in untold:
        axes.text(0.03, 0.93, f"{CONTRADICTED}.", transform=axes.transAxes, fontsize=7.5)
    figure.subplots_adjust(left=0.09, right=0.965, top=0.91, bottom=0.07, hspace=0.34, wspace=0.24)
    return figure


def _draw_panel(
    axes: Axes, curves: pd.DataFrame, skill: pd.DataFrame, words: tuple[str, str, str | None, str]
) -> None:
    across, upwards, measure, heading = words
    stated = skill[skill["measure"] == measure].set_index("method")
    # the map itself is drawn last, on top
    for style, (method, name) in reversed(list(zip(LINES, OF_MAP.items(), strict=False))):
        own = curves[curves["method"] == method]
        if own.empty:
            continue
        if measure is None:
            _draw_classes(axes, own, style, name)
            continue
        value, low, high = stated.loc[method, ["value", "low", "high"]]
        plain = {key: part for key, part in style.items() if key != "marker"}
        known = "" if np.isnan(low) else f" ({low:.2f} to {high:.2f})"
        label = f"{name}\n{value:.2f}{known}"
        axes.plot(own["x"], own["y"], label=label, **plain)
    axes.set_xlabel(across)
    axes.set_ylabel(upwards)
    axes.set_title(heading if measure is None else f"{heading}, and the area under it")
    tidy_axes(axes)
    handles, labels = axes.get_legend_handles_labels()
    place = "upper right" if measure == "pr_auc" else "lower right"
    axes.legend(handles[::-1], labels[::-1], loc=place, fontsize=7.5, handlelength=2.6)


def _draw_classes(axes: Axes, own: pd.DataFrame, style: dict, name: str) -> None:
    error = [own["y"] - own["low"], own["high"] - own["y"]]
    axes.errorbar(
        own["x"], own["y"], yerr=error, label=name, markersize=4, elinewidth=0.8, capsize=2, **style
    )


def _tune_precision(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    lines = [line.get_ydata() for line in axes.get_lines()]
    # the first landslides say little of the precision and would set the scale
    top = max(line[len(line) // 20 :].max() for line in lines)
    # room for the legend above the lines
    axes.set_ylim(0, min(1.6 * top, 1.01))


def _tune_reliability(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], color=FAINT, linewidth=0.8, zorder=1)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter("")
