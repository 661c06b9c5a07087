"""The one look of all figures: sizes, colours, type, and how they are written."""

from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from landshift.mapping.classes import CLASS_COLOURS
from landshift.runtime.files import unfinished

WIDTH_IN = 8.0
"""Width of every figure [inch]; 1200 pixels at `DPI`."""

DPI = 150
"""Resolution of written figures [dots per inch]."""

INK = "#222222"
"""Text, axes and north arrow."""

FAINT = "#6b6b6b"
"""Secondary text and reference lines."""

WATERMARK = "#f2f2f2"
"""Ground of a map where there are no data."""

SHOT = "#6fd3ff"
"""Fill of the landslides a model was fine-tuned on."""

SUSCEPTIBILITY: Colormap = LinearSegmentedColormap.from_list(
    "susceptibility", [*CLASS_COLOURS, "#6e2203"]
)
"""Light to dark without a turn: safe for colour-blind readers and in greyscale."""

UNCERTAINTY: Colormap = LinearSegmentedColormap.from_list(
    "uncertainty", ["#f7fcf0", "#ccebc5", "#7bccc4", "#2b8cbe", "#08407f"]
)
"""Another hue than susceptibility, so that the two maps are never confused."""

SIGNED: Colormap = LinearSegmentedColormap.from_list(
    "signed", ["#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b"]
)
"""Blue lowers, red raises: safe for colour-blind readers; in greyscale the numbers tell."""

CLASSES: Colormap = ListedColormap(list(CLASS_COLOURS), name="classes")
"""The five classes, as in the published raster's colour table."""

BIVARIATE = (
    *("#f3f0e9", "#f0b98b", "#d95f0e"),
    *("#bcd0e6", "#b79a9c", "#8f4a2a"),
    *("#5b8fc9", "#4d5f86", "#2b2430"),
)
"""Susceptibility rises in a row, uncertainty from row to row; distinct to the colour-blind."""

LINES = (
    {"color": "#b2182b", "linestyle": "-", "marker": "o", "linewidth": 2.2},
    {"color": "#2166ac", "linestyle": "--", "marker": "s", "linewidth": 1.5},
    {"color": "#1b7837", "linestyle": "-.", "marker": "^", "linewidth": 1.5},
    {"color": "#6b6b6b", "linestyle": ":", "marker": "D", "linewidth": 1.5},
    {"color": "#8c510a", "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v", "linewidth": 1.5},
)
"""Lines differ in colour, dash and marker, the most important first."""

_SETTINGS = {
    "axes.edgecolor": INK,
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "text.color": INK,
    # names and units come from data; a dollar in them begins no formula
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.color": INK,
    "ytick.labelsize": 8,
    "ytick.major.width": 0.7,
}


def figure_style() -> AbstractContextManager[None]:
    """Apply the project's look while a figure is built; also a decorator."""
    return mpl.rc_context(_SETTINGS)


def tidy_axes(axes: Axes) -> None:
    """Leave a chart its left and lower axis and a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e3e3e3", linewidth=0.6)
    axes.set_axisbelow(True)


def write_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure as PNG; the same figure gives the same bytes.

    Parameters
    ----------
    figure
        A figure of this package.
    path
        The PNG to write; it appears under its name only when it is complete.
    """
    with unfinished(path) as partial, figure_style():
        figure.savefig(partial, format="png", dpi=DPI, metadata={"Software": None})
