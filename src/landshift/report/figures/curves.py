"""Charts of performance: transfer by number of shots, and prediction-rate curves."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from landshift.evaluation.benchmark.names import FAMILIES, METHODS
from landshift.evaluation.rate_curves import area_under_curve, landslide_share_at
from landshift.report.figures.style import FAINT, LINES, WIDTH_IN, figure_style, tidy_axes
from landshift.runtime.seeds import derive_seed

_COLUMNS = ("target", "family", "method", "regime", "shots", "draw", "auc")
_METHODS = ("fine_tuned", "pooled", "local_only", "zero_shot")


@figure_style()
def plot_transfer_curves(
    benchmark: pd.DataFrame, *, regime: str = "transductive", resamples: int = 1000, seed: int = 0
) -> Figure:
    """Draw the mean AUC by number of shots, a panel per target, with intervals over draws.

    Of each method the family ``ensemble`` is drawn, or, where it has none, the family with the
    best mean AUC over all targets and shots. Bands are 95 % percentile bootstrap intervals of the
    mean over draws.

    Parameters
    ----------
    benchmark
        Columns ``target, family, method, regime, shots, draw, auc``.
    regime
        ``"transductive"`` or ``"inductive"``.
    resamples
        Bootstrap resamples.
    seed
        Seed of the bootstrap.

    Raises
    ------
    ValueError
        If a column is missing or no row belongs to the regime and the methods drawn.
    """
    missing = [column for column in _COLUMNS if column not in benchmark]
    if missing:
        raise ValueError(f"the benchmark table lacks the columns {missing}")
    rows = benchmark[(benchmark["regime"] == regime) & benchmark["method"].isin(_METHODS)]
    if rows.empty:
        raise ValueError(
            f"the benchmark table has no row of regime {regime!r} and method {[*_METHODS]}"
        )
    families = _choose_families(rows)
    targets = sorted(rows["target"].unique())
    shots = sorted(int(count) for count in rows["shots"].unique() if count > 0)
    figure, panels = _lay_out_panels(len(targets))
    lines = {
        target: [
            _summarise(rows, target, method, family, shots, resamples, seed)
            for method, family in families.items()
        ]
        for target in targets
    }
    for index, (axes, target) in enumerate(zip(panels, targets, strict=True)):
        _draw_panel(axes, target, lines[target], shots)
        axes.set_title(target)
        if index % 3:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel("Mean AUC on held-out blocks [1]")
    first, last = panels[0].get_position(), panels[min(2, len(panels) - 1)].get_position()
    figure.text(
        (first.x0 + last.x1) / 2,
        0.1 / figure.get_size_inches()[1],
        "Landslides used in the target region (shots)",
        ha="center",
    )
    for index, (axes, target) in enumerate(zip(panels, targets, strict=True)):
        if index % 3 == 2 or index == len(targets) - 1:
            _label_lines(axes, lines[target], shots)
    return figure


@figure_style()
def plot_prediction_rate(curves: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw prediction-rate curves with the areas under them.

    Parameters
    ----------
    curves
        Results of `rate_curves.prediction_rate_curve` by the name of the map, the most
        important first; at most five.

    Raises
    ------
    ValueError
        If there is no curve or there are more than five.
    """
    if not 1 <= len(curves) <= len(LINES):
        raise ValueError(f"a chart takes 1 to {len(LINES)} rate curves, not {len(curves)}")
    figure = Figure(figsize=(WIDTH_IN, 5.2))
    axes = figure.add_axes((0.09, 0.105, 0.575, 0.885))
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8)
    axes.text(
        0.62,
        0.6,
        "no better than chance",
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
        va="top",
        ha="center",
        color=FAINT,
        fontsize=8,
    )
    for style, (name, curve) in zip(LINES, curves.items(), strict=False):
        plain = {key: value for key, value in style.items() if key != "marker"}
        label = (
            f"{name}\narea under the curve {area_under_curve(curve):.2f}\n"
            f"{landslide_share_at(curve, 0.1):.0%} in the first 10% of the area"
        )
        axes.plot(curve["area_share"], curve["landslide_share"], label=label, **plain)
    for axis, text in (
        (axes.xaxis, "Share of the area, most susceptible first"),
        (axes.yaxis, "Share of the landslides in it"),
    ):
        axis.set_major_formatter(PercentFormatter(1))
        axis.set_label_text(text)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.005)
    axes.set_aspect("equal")
    tidy_axes(axes)
    axes.legend(
        labelspacing=1.2,
        loc="upper left",
        bbox_to_anchor=(1.03, 1),
        alignment="left",
        handlelength=2.6,
        borderaxespad=0,
    )
    return figure


class _Line(NamedTuple):
    """One method in one panel: mean AUC and its interval by number of shots."""

    label: str
    style: dict
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def _choose_families(rows: pd.DataFrame) -> dict[str, str]:
    chosen = {}
    for method in _METHODS:
        means = rows[rows["method"] == method].groupby("family")["auc"].mean()
        if "ensemble" in means:
            chosen[method] = "ensemble"
        elif len(means):
            chosen[method] = str(means.idxmax())
    return chosen


def _summarise(
    rows: pd.DataFrame,
    target: str,
    method: str,
    family: str,
    shots: list[int],
    resamples: int,
    seed: int,
) -> _Line:
    own = rows[
        (rows["target"] == target) & (rows["method"] == method) & (rows["family"] == family)
    ].sort_values(["shots", "draw"])
    intervals = []
    for count in shots:
        # A method without shots is the same for any number of them.
        at = own[own["shots"] == count] if (own["shots"] == count).any() else own[own["shots"] == 0]
        generator = np.random.default_rng(derive_seed(seed, target, method, family, str(count)))
        intervals.append(_bootstrap_mean(at["auc"].to_numpy(), resamples, generator))
    mean, low, high = np.array(intervals).T
    named = METHODS[method].short
    if family != "ensemble":
        named += f"\n({FAMILIES[family].long_name if family in FAMILIES else family})"
    return _Line(named, LINES[_METHODS.index(method)], mean, low, high)


def _bootstrap_mean(
    values: np.ndarray, resamples: int, source: np.random.Generator
) -> tuple[float, float, float]:
    if len(values) == 0:
        return (np.nan,) * 3
    drawn = source.choice(values, (resamples, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(values.mean()), float(low), float(high)


def _lay_out_panels(count: int) -> tuple[Figure, list[Axes]]:
    columns, rows = min(count, 3), -(-count // 3)
    height, gap, left, bottom, right = 2.6, 0.15, 0.62, 0.52, 1.42
    width = min((WIDTH_IN - left - right - gap * (columns - 1)) / columns, 5.2)
    pitch = height + 0.62
    total = pitch * rows + 0.23
    figure = Figure(figsize=(WIDTH_IN, total))
    panels: list[Axes] = []
    for index in range(count):
        row, column = divmod(index, 3)
        place = (
            (left + column * (width + gap)) / WIDTH_IN,
            (bottom + (rows - 1 - row) * pitch) / total,
            width / WIDTH_IN,
            height / total,
        )
        panels.append(figure.add_axes(place, sharey=panels[0] if panels else None))
    return figure, panels


def _draw_panel(axes: Axes, target: str, lines: list[_Line], shots: list[int]) -> None:
    # The most important line is drawn last, on top.
    for line in reversed(lines):
        axes.fill_between(
            shots, line.low, line.high, color=line.style["color"], alpha=0.16, linewidth=0
        )
        axes.plot(shots, line.mean, markersize=4, **line.style)
    axes.set_xscale("log")
    axes.set_xticks(shots, labels=[str(count) for count in shots])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(shots[0] / 1.12, shots[-1] * 1.12)
    tidy_axes(axes)


def _label_lines(axes: Axes, lines: list[_Line], shots: list[int]) -> None:
    """Name every line at its right end, moved apart where the ends are close."""
    shown = sorted(
        (line for line in lines if np.isfinite(line.mean[-1])), key=lambda line: line.mean[-1]
    )
    low, high = axes.get_ylim()
    height_in = axes.get_position().height * axes.figure.get_size_inches()[1]
    inch = (high - low) / height_in
    sizes = [0.16 * (1 + line.label.count("\n")) * inch for line in shown]
    heights = _spread([line.mean[-1] for line in shown], sizes, low, high)
    for line, height in zip(shown, heights, strict=True):
        axes.annotate(
            line.label,
            xy=(shots[-1], line.mean[-1]),
            xytext=(1.07, (height - low) / (high - low)),
            textcoords="axes fraction",
            va="center",
            fontsize=8.5,
            color=line.style["color"],
            linespacing=1.05,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": line.style["color"], "lw": 0.7, "shrinkB": 4},
        )


def _spread(wanted: list[float], sizes: list[float], low: float, high: float) -> list[float]:
    """Move rising label centres apart as little as needed, within the axis."""
    places = list(wanted)
    for _ in range(200):
        for index in range(len(places) - 1):
            overlap = (sizes[index] + sizes[index + 1]) / 2 - (places[index + 1] - places[index])
            if overlap > 0:
                places[index] -= overlap / 2
                places[index + 1] += overlap / 2
        for index, size in enumerate(sizes):
            places[index] = min(max(places[index], low + size / 2), high - size / 2)
    return places
