"""Where the parts of a map's figure stand: map, legend column, scale bar and north arrow."""

import math
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from odc.geo.geobox import GeoBox

from landshift.report.figures.style import FAINT, INK, WIDTH_IN


def shade_relief(elevation: np.ndarray, resolution_m: float) -> np.ndarray:
    """Shade terrain from several directions around the north-west, so that no valley disappears.

    Parameters
    ----------
    elevation
        Elevation of shape (y, x), north-up [m].
    resolution_m
        Edge of a cell [m].

    Returns
    -------
    numpy.ndarray
        Brightness of shape (y, x), 0-1; NaN where the elevation or a neighbour is.
    """
    down, right = np.gradient(elevation.astype(float), resolution_m)
    # Relief of plains is exaggerated, that of mountains is not.
    steepness = np.hypot(down, right)
    typical = np.nanpercentile(steepness, 90) if np.isfinite(steepness).any() else 1.0
    factor = np.clip(0.7 / max(typical, 1e-6), 0.7, 6.0)
    east, north = -factor * right, factor * down
    length = np.sqrt(east**2 + north**2 + 1)
    brightness = np.zeros_like(east)
    for direction, weight in ((255, 0.2), (315, 0.6), (375, 0.2)):
        azimuth, altitude = math.radians(direction), math.radians(45)
        light = (
            east * math.sin(azimuth) * math.cos(altitude)
            + north * math.cos(azimuth) * math.cos(altitude)
            + math.sin(altitude)
        )
        brightness += weight * np.clip(light / length, 0, 1)
    return brightness


def shade_colours(colours: np.ndarray, brightness: np.ndarray) -> np.ndarray:
    """Darken and lighten colours of shape (y, x, 4) by the relief; flat ground keeps its colour."""
    flat = math.sin(math.radians(45))
    contrast = np.nan_to_num(brightness - flat, nan=0.0)[..., None]
    shaded = colours.copy()
    rgb = shaded[..., :3]
    darker = rgb * (1 + 0.6 * np.minimum(contrast, 0))
    shaded[..., :3] = darker + (1 - darker) * 0.7 * np.maximum(contrast, 0)
    return np.clip(shaded, 0, 1)


def draw_kilometres(axes: Axes, grid: GeoBox) -> None:
    """Label a map's axes with projected coordinates in kilometres."""
    for axis, word in ((axes.xaxis, "Easting"), (axes.yaxis, "Northing")):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda metres, _: f"{metres / 1000:g}"))
        axis.set_label_text(f"{word} [km]")
    axes.tick_params(axis="y", labelrotation=90)
    for label in axes.get_yticklabels():
        label.set_verticalalignment("center")


def draw_scale_bar(axes: Axes, metres_per_inch: float, width_in: float) -> None:
    """Draw a scale bar into axes of their own, `width_in` inches wide, at the map's scale."""
    _blank(axes)
    length = _round_length(0.8 * width_in * metres_per_inch)
    share = length / metres_per_inch / width_in
    for index, colour in enumerate((INK, "white")):
        axes.add_patch(
            Rectangle(
                (index * share / 2, 0.62), share / 2, 0.2, facecolor=colour, edgecolor=INK, lw=0.7
            )
        )
    unit, divisor = ("km", 1000) if length >= 1000 else ("m", 1)
    axes.text(0, 0.5, "0", ha="left", va="top", fontsize=8)
    axes.text(share, 0.5, f"{length / divisor:g} {unit}", ha="right", va="top", fontsize=8)


def draw_north_arrow(axes: Axes) -> None:
    """Draw a north arrow into axes of their own; grid north is up in every map."""
    _blank(axes)
    axes.set_aspect("equal", anchor="W")
    for side, colour in ((0.28, INK), (-0.28, "white")):
        outline = [(0.3, 0.72), (0.3 + side, 0.0), (0.3, 0.16)]
        axes.add_patch(Polygon(outline, facecolor=colour, edgecolor=INK, lw=0.7))
    axes.text(0.3, 0.76, "N", ha="center", va="bottom", fontsize=9, fontweight="bold")


def describe_projection(grid: GeoBox) -> str:
    """Name a grid's projection and cell size for the foot of a map."""
    code = f" (EPSG:{grid.crs.epsg})" if grid.crs.epsg else ""
    name = textwrap.fill(grid.crs.proj.name + code, 28)
    return f"{name}\ncell size {abs(grid.resolution.x):.4g} m"


def draw_note(axes: Axes, text: str) -> None:
    """Write small print into axes of their own."""
    _blank(axes)
    axes.text(0, 1, text, ha="left", va="top", fontsize=7, color=FAINT, linespacing=1.4)


def _round_length(limit: float) -> float:
    magnitude = 10 ** math.floor(math.log10(limit))
    return max(step * magnitude for step in (1, 2, 5) if step * magnitude <= limit)


def _blank(axes: Axes) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


SIDE_IN = 1.85
"""Width of the column next to a map [inch]."""

_LEFT_IN, _RIGHT_IN, _TOP_IN, _BOTTOM_IN = 0.62, 0.12, 0.42, 0.5
_LEGEND_IN, _FOOT_IN = 2.8, 1.6


@dataclass
class Panel:
    """The column next to a map, filled from the top [inch]."""

    figure: Figure
    left: float
    top: float

    def add_axes(self, width: float, height: float) -> Axes:
        """Add axes below what is there [inch]."""
        total_width, total_height = self.figure.get_size_inches()
        self.top -= height
        return self.figure.add_axes(
            (
                self.left / total_width,
                self.top / total_height,
                width / total_width,
                height / total_height,
            )
        )

    def add_legend(self, handles: list, title: str | None = None) -> None:
        """Add a legend, if there is anything to explain."""
        if not handles:
            return
        lines = len(handles) + (title.count("\n") + 1 if title else 0)
        height = 0.19 * lines + 0.08
        axes = self.add_axes(SIDE_IN, height)
        axes.set_axis_off()
        axes.legend(
            handles=handles,
            title=title,
            loc="upper left",
            borderaxespad=0,
            borderpad=0,
            handlelength=1.3,
            alignment="left",
            title_fontsize=9,
        )
        self.top -= 0.12


def lay_out_map(grid: GeoBox, title: str) -> tuple[Figure, Axes, Panel]:
    """Lay out a figure for a map of any shape, with its title, scale bar and north arrow."""
    room = WIDTH_IN - _LEFT_IN - _RIGHT_IN - SIDE_IN - 0.25
    shape = grid.height / grid.width
    width = min(room, 7.6 / shape)
    height = width * shape
    # Next to a flat map there is no room for the scale bar below the legend.
    foot_below = height < _LEGEND_IN + _FOOT_IN
    tall = max(height, _LEGEND_IN if foot_below else 0)
    bottom_in = _BOTTOM_IN + (0.75 if foot_below else 0)
    total = tall + _TOP_IN + bottom_in
    figure = Figure(figsize=(WIDTH_IN, total))
    # A narrow map stands in the middle of its room.
    left = _LEFT_IN + (room - width) / 2
    top = total - _TOP_IN
    axes = figure.add_axes(
        (left / WIDTH_IN, (top - height) / total, width / WIDTH_IN, height / total)
    )
    figure.text(left / WIDTH_IN, 1 - 0.13 / total, title, va="top", weight="bold", fontsize=11)
    draw_kilometres(axes, grid)
    side = left + width + 0.25
    metres_per_inch = grid.width * abs(grid.resolution.x) / width
    if foot_below:
        places = ((left, 0.17, 0.36), (left + 2.1, 0.12, 0.55), (left + 2.8, 0.12, 0.5))
    else:
        bottom = bottom_in + tall - height
        places = ((side, bottom + 0.56, 0.36), (side, bottom + 1.0, 0.55), (side, bottom, 0.5))
    draw_foot(figure, grid, metres_per_inch, places)
    return figure, axes, Panel(figure, side, top)


def draw_foot(
    figure: Figure,
    grid: GeoBox,
    metres_per_inch: float,
    places: Iterable[tuple[float, float, float]],
) -> None:
    """Draw scale bar, north arrow and projection at their left, bottom and height [inch]."""
    total = figure.get_size_inches()[1]
    bar, arrow, note = (
        figure.add_axes((left / WIDTH_IN, bottom / total, SIDE_IN / WIDTH_IN, height / total))
        for left, bottom, height in places
    )
    draw_scale_bar(bar, metres_per_inch, SIDE_IN)
    draw_north_arrow(arrow)
    draw_note(note, describe_projection(grid))
