"""What makes a picture a map: hillshade, scale bar, north arrow, coordinates in kilometres."""

import math
import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from odc.geo.geobox import GeoBox

from landshift.figures.style import FAINT, INK


def shade_relief(
    elevation: np.ndarray, resolution_m: float, *, azimuth_deg: float = 315.0
) -> np.ndarray:
    """Shade terrain from several directions around one, so that no valley disappears.

    Parameters
    ----------
    elevation
        Elevation of shape (y, x), north-up [m].
    resolution_m
        Edge of a cell [m].
    azimuth_deg
        Main direction of the light, clockwise from north [degree].

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
    for turn, weight in ((-60, 0.2), (0, 0.6), (60, 0.2)):
        azimuth, altitude = math.radians(azimuth_deg + turn), math.radians(45)
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
