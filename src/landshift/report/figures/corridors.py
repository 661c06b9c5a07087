"""Charts of the susceptibility along roads and railways."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from landshift.mapping.classes import CLASS_COLOURS, CLASS_NAMES
from landshift.report.figures.style import INK, WIDTH_IN, figure_style

_BAND = 0.55
"""Opacity of the classes behind the lines [1]."""


@figure_style()
def plot_corridors(profiles: pd.DataFrame, breaks: Sequence[float], *, title: str) -> Figure:
    """Draw the largest and the mean susceptibility along each corridor, over the map's classes.

    Parameters
    ----------
    profiles
        Results of `corridor.profile_corridor`, with the name in a column ``corridor``.
        Without rows the figure says that no corridor crosses the region.
    breaks
        The four breaks between the classes.
    title
        Heading, such as the region's name.
    """
    names = list(profiles["corridor"].unique())
    height = 0.95 + 1.85 * max(len(names), 1)
    figure = Figure(figsize=(WIDTH_IN, height))
    figure.text(0.02, 1 - 0.12 / height, title, va="top", weight="bold", fontsize=11)
    if not names:
        figure.text(0.02, 0.5, "No corridor of the study crosses this region.", va="center")
        return figure
    panels = figure.subplots(len(names), 1, squeeze=False)[:, 0]
    low, high = profiles["mean"].min() / 1.5, min(profiles["maximum"].max() * 1.5, 1)
    for axes, name in zip(panels, names, strict=True):
        _draw_profile(axes, profiles[profiles["corridor"] == name], breaks, (low, high))
        axes.set_title(str(name), fontsize=9)
    panels[-1].set_xlabel("Distance along the line [km]")
    figure.subplots_adjust(
        left=0.1, right=0.98, top=1 - 0.62 / height, bottom=0.82 / height, hspace=0.5
    )
    handles = [
        Patch(facecolor=colour, alpha=_BAND, label=label)
        for colour, label in zip(CLASS_COLOURS, CLASS_NAMES, strict=True)
    ]
    lines = panels[0].get_legend_handles_labels()[0]
    figure.legend(handles=[*lines, *handles], loc="lower left", ncols=7, fontsize=7.5,
                  bbox_to_anchor=(0.09, 0.0), columnspacing=1.1, handlelength=1.5)  # fmt: skip
    return figure


def _draw_profile(
    axes: Axes, profile: pd.DataFrame, breaks: Sequence[float], limits: tuple[float, float]
) -> None:
    low, high = limits
    edges = np.clip([low, *breaks, high], low, high)
    for bottom, top, colour in zip(edges[:-1], edges[1:], CLASS_COLOURS, strict=True):
        axes.axhspan(bottom, top, color=colour, alpha=_BAND, linewidth=0)
    # steps without a mapped cell break the line
    gaps = profile["from_m"].to_numpy()[1:] > profile["to_m"].to_numpy()[:-1] + 1e-6
    places = np.insert(profile[["from_m", "to_m"]].to_numpy(), np.flatnonzero(gaps) + 1, np.nan, 0)
    for column, style in (
        ("maximum", {"color": INK, "linewidth": 1.5}),
        ("mean", {"color": INK, "linewidth": 1.0, "linestyle": (0, (3, 1.5))}),
    ):
        heights = np.insert(profile[column].to_numpy(), np.flatnonzero(gaps) + 1, np.nan)
        axes.plot(places.ravel() / 1000, np.repeat(heights, 2), label=column, **style)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter("")
    axes.set_xlim(0, profile["to_m"].max() / 1000)
    axes.set_ylabel("Susceptibility [1]")
    axes.spines[["top", "right"]].set_visible(False)
