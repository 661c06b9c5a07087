"""Maps of how far a susceptibility map can be trusted: applicability, with uncertainty."""

from dataclasses import replace

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from landshift.mapping.applicability import INSIDE, MASK_COLOURS, OUTSIDE, share_outside
from landshift.report.figures.map_frame import SIDE_IN, Panel, lay_out_map
from landshift.report.figures.maps import draw_values, explain_gaps, look
from landshift.report.figures.style import BIVARIATE, INK, figure_style

_THIRDS = (1 / 3, 2 / 3)


@figure_style()
def plot_applicability(mask: xr.DataArray, dem: xr.DataArray, *, title: str) -> Figure:
    """Draw the area of applicability over a hillshade, with the share of the map outside.

    Parameters
    ----------
    mask
        Result of `landshift.mapping.applicability.mask_applicability`.
    dem
        Elevation on the same grid [m].
    title
        Heading, such as the region's name.
    """
    outside = share_outside(mask)
    view = look(mask, dem)
    figure, axes, panel = lay_out_map(view.grid, title)
    colours = ListedColormap([MASK_COLOURS[OUTSIDE], MASK_COLOURS[INSIDE]])
    draw_values(axes, view, colours, Normalize(-0.5, 1.5))
    shares = {OUTSIDE: f"outside ({outside:.1%})", INSIDE: f"inside ({1 - outside:.1%})"}
    handles = [
        Patch(facecolor=MASK_COLOURS[code], edgecolor=INK, linewidth=0.5, label=label)
        for code, label in shares.items()
    ]
    panel.add_legend(handles + explain_gaps(view), title="Area of applicability\n(share of area)")
    return figure


@figure_style()
def plot_bivariate_map(
    susceptibility: xr.DataArray, uncertainty: xr.DataArray, dem: xr.DataArray, *, title: str
) -> Figure:
    """Draw susceptibility and uncertainty in one map of nine colours, each in thirds of the area.

    Parameters
    ----------
    susceptibility, uncertainty
        Maps of dimensions ``(y, x)`` on one grid [1], [logit].
    dem
        Elevation on the same grid [m].
    title
        Heading, such as the region's name.
    """
    view, other = look(susceptibility, dem), look(uncertainty, dem)
    limits = [np.nanquantile(each.values, _THIRDS) for each in (view, other)]
    codes = np.digitize(view.values, limits[0]) + 3 * np.digitize(other.values, limits[1])
    gaps = np.isnan(view.values) | np.isnan(other.values)
    view = replace(view, values=np.where(gaps, np.nan, codes).astype(np.float32))
    figure, axes, panel = lay_out_map(view.grid, title)
    draw_values(axes, view, ListedColormap(list(BIVARIATE)), Normalize(-0.5, 8.5))
    _draw_key(panel, limits)
    panel.add_legend(explain_gaps(view))
    return figure


def _draw_key(panel: Panel, limits: list[np.ndarray]) -> None:
    edge = 1.4
    heading = panel.add_axes(SIDE_IN, 0.45)
    heading.set_axis_off()
    heading.text(0, 1, "Thirds of the area", va="top", transform=heading.transAxes, fontsize=9)
    panel.left += 0.42
    axes = panel.add_axes(edge, edge)
    panel.left -= 0.42
    _fill_key(axes)
    for axis, bounds, pattern in zip(
        (axes.xaxis, axes.yaxis), limits, ("{:.2g}", "{:.2f}"), strict=True
    ):
        axis.set_ticks([1, 2], labels=[pattern.format(bound) for bound in bounds])
        axis.set_tick_params(labelsize=7, length=2)
    axes.set_xlabel("Susceptibility [1] \N{RIGHTWARDS ARROW}", fontsize=8)
    axes.set_ylabel("Sd of logit \N{RIGHTWARDS ARROW}", fontsize=8)
    panel.top -= 0.62


def _fill_key(axes: Axes) -> None:
    for code, colour in enumerate(BIVARIATE):
        row, column = divmod(code, 3)
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, edgecolor="none"))
    axes.set_xlim(0, 3)
    axes.set_ylim(0, 3)
    axes.set_aspect("equal")
