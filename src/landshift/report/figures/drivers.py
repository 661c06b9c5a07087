"""Charts of what drives a map: bars of factors, their signs per class, and dependence curves."""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from landshift.report.figures.style import (
    FAINT,
    INK,
    LINES,
    SIGNED,
    WIDTH_IN,
    figure_style,
    tidy_axes,
)

SHOWN = 12
"""Factors in the chart of drivers, the strongest."""

CURVES = 6
"""Factors with a dependence curve, the strongest."""


@figure_style()
def plot_drivers(drivers: pd.DataFrame, *, title: str) -> Figure:
    """Draw the strongest factors: their share, that in the sources, and their effect per class.

    Parameters
    ----------
    drivers
        Result of `landshift.evaluation.drivers.summary.compare_sources`.
    title
        Heading, such as the region's name.

    Raises
    ------
    ValueError
        If the table has no scope ``map``.
    """
    order = _rank_factors(drivers)[:SHOWN]
    height = 1.55 + 0.27 * len(order)
    figure = Figure(figsize=(WIDTH_IN, height))
    figure.text(0.02, 1 - 0.12 / height, title, va="top", weight="bold", fontsize=11)
    bottom, top = 0.95 / height, 1 - 0.72 / height
    bars = figure.add_axes((0.29, bottom, 0.29, top - bottom))
    _draw_shares(bars, drivers, order)
    effects = figure.add_axes((0.63, bottom, 0.3, top - bottom), sharey=bars)
    _draw_effects(figure, effects, drivers, order, height)
    return figure


@figure_style()
def plot_dependence(dependence: pd.DataFrame, drivers: pd.DataFrame, *, title: str) -> Figure:
    """Draw how the contribution of the strongest factors depends on their value.

    Parameters
    ----------
    dependence
        Result of `landshift.evaluation.drivers.summary.summarise_dependence`.
    drivers
        Result of `landshift.evaluation.drivers.summary.summarise_drivers`, which ranks the factors.
    title
        Heading, such as the region's name.
    """
    order = _rank_factors(drivers)[:CURVES]
    rows = -(-len(order) // 3)
    figure = Figure(figsize=(WIDTH_IN, 0.5 + 2.25 * rows))
    figure.text(
        0.02, 1 - 0.12 / figure.get_figheight(), title, va="top", weight="bold", fontsize=11
    )
    panels = figure.subplots(rows, min(3, len(order)), sharey=True, squeeze=False).ravel()
    for axes, factor in zip(panels, order, strict=False):
        own = dependence[dependence["factor"] == factor]
        axes.axhline(0, color=FAINT, linewidth=0.8)
        units = own["units"].iloc[0]
        (_draw_classes if units == "class" else _draw_curve)(axes, own)
        axes.set_xlabel(f"{_spell(factor)} [{units}]")
        tidy_axes(axes)
    for axes in panels[len(order) :]:
        axes.set_visible(False)
    for axes in panels[::3]:
        axes.set_ylabel("Contribution [logit]")
    figure.subplots_adjust(
        left=0.09,
        right=0.98,
        top=1 - 0.42 / figure.get_figheight(),
        bottom=0.48 / figure.get_figheight(),
        hspace=0.42,
        wspace=0.09,
    )
    return figure


def _draw_curve(axes: Axes, own: pd.DataFrame) -> None:
    axes.fill_between(own["value"], own["low"], own["high"], color="#b8cfe5", linewidth=0)
    axes.plot(own["value"], own["mean"], color="#2166ac", marker="o", markersize=3)
    axes.locator_params(axis="x", nbins=5)


def _draw_classes(axes: Axes, own: pd.DataFrame) -> None:
    """Draw a point per class: codes have no order, and nothing lies between them."""
    places = np.arange(len(own))
    axes.vlines(places, own["low"], own["high"], color="#b8cfe5", linewidth=5)
    axes.plot(places, own["mean"], color="#2166ac", marker="o", markersize=4, linestyle="")
    every = -(-len(own) // 8)
    axes.set_xticks(places[::every], labels=[f"{code:g}" for code in own["value"][::every]])


def _rank_factors(drivers: pd.DataFrame) -> list[str]:
    whole = drivers[drivers["scope"] == "map"]
    if whole.empty:
        raise ValueError("the table of drivers has no row of the scope 'map'")
    return whole.sort_values("share", ascending=False, kind="stable")["factor"].tolist()


def _draw_shares(axes: Axes, drivers: pd.DataFrame, order: list[str]) -> None:
    places = np.arange(len(order))[::-1]
    whole = _select(drivers, "map", order)
    parts = whole[["from_sources", "from_shots"]]
    own = parts["from_sources"] / parts.sum(axis=1).replace(0, 1) * whole["share"]
    axes.barh(places, own, height=0.62, color="#4d4d4d", label="map, learned from the sources")
    axes.barh(
        places,
        whole["share"] - own,
        left=own,
        height=0.62,
        color="#c9c9c9",
        label="map, changed by the shots",
    )
    sources = [scope for scope in drivers["scope"].unique() if scope.startswith("source ")]
    steps = np.linspace(0.14, -0.14, len(sources)) if len(sources) > 1 else [0.0]
    for style, scope, step in zip(cycle(LINES), sources, steps, strict=False):
        agreement = drivers.loc[drivers["scope"] == scope, "agreement"].iloc[0]
        axes.plot(
            _select(drivers, scope, order)["share"],
            places + step,
            linestyle="none",
            marker=style["marker"],
            color=style["color"],
            markeredgecolor="white",
            markeredgewidth=0.5,
            markersize=6,
            label=f"{scope} (rank correlation {agreement:.2f})",
        )
    axes.set_yticks(places, labels=[_spell(factor) for factor in order])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Share of all contributions [1]")
    tidy_axes(axes)
    axes.grid(visible=False, axis="y")
    axes.figure.legend(
        *axes.get_legend_handles_labels(),
        loc="lower left",
        bbox_to_anchor=(0.015, 0.01),
        ncols=3,
        fontsize=7.5,
        columnspacing=1.2,
        handletextpad=0.5,
    )


def _draw_effects(
    figure: Figure, axes: Axes, drivers: pd.DataFrame, order: list[str], height: float
) -> None:
    classes = [scope for scope in drivers["scope"].unique() if scope.startswith("class ")]
    effects = np.array([_select(drivers, scope, order)["mean"] for scope in classes]).T[::-1]
    limit = max(np.abs(effects).max(), 1e-6)
    norm = TwoSlopeNorm(0, -limit, limit)
    picture = axes.imshow(
        effects,
        cmap=SIGNED,
        norm=norm,
        aspect="auto",
        extent=(-0.5, len(classes) - 0.5, -0.5, len(order) - 0.5),
        origin="lower",
    )
    for row, column in np.ndindex(effects.shape):
        value = effects[row, column]
        text = f"{value:+.2f}" if abs(value) >= 0.005 else "0"
        dark = abs(value) > 0.62 * limit
        axes.text(
            column, row, text, ha="center", va="center", fontsize=7, color="white" if dark else INK
        )
    axes.set_xticks(range(len(classes)), labels=[scope.removeprefix("class ") for scope in classes])
    axes.tick_params(length=0, labelleft=False)
    axes.set_xlabel("Class of susceptibility")
    axes.spines[:].set_visible(False)
    bar = figure.add_axes((0.945, axes.get_position().y0, 0.012, axes.get_position().height))
    figure.colorbar(picture, cax=bar).ax.tick_params(labelsize=7)
    figure.text(
        0.63, 1 - 0.45 / height, "Mean contribution [logit]", va="top", fontsize=9, color=INK
    )
    figure.text(0.29, 1 - 0.45 / height, "How much of the map", va="top", fontsize=9, color=INK)


def _select(drivers: pd.DataFrame, scope: str, order: list[str]) -> pd.DataFrame:
    # a source lacks the factors that only the target has
    return drivers[drivers["scope"] == scope].set_index("factor").reindex(order)


def _spell(factor: str) -> str:
    return factor.replace("_", " ")
