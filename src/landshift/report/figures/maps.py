"""Maps over a hillshade: susceptibility and classes."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, FuncNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from odc.geo.geobox import GeoBox

from landshift.geodata.raster import count_codes
from landshift.mapping.classes import CLASS_COLOURS, CLASS_NAMES
from landshift.report.figures import map_frame
from landshift.report.figures.map_frame import SIDE_IN, Panel, lay_out_map
from landshift.report.figures.style import (
    CLASSES,
    INK,
    SHOT,
    SUSCEPTIBILITY,
    WATERMARK,
    figure_style,
)

_SHARES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99)


@figure_style()
def plot_susceptibility_map(
    susceptibility: xr.DataArray,
    dem: xr.DataArray,
    *,
    title: str,
    shots: gpd.GeoDataFrame | None = None,
    landslides: gpd.GeoDataFrame | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw a susceptibility map over a hillshade.

    Colours are spaced by the logit of the susceptibility, because most of a region is far from
    one half, and end at the 1 % and 99 % quantiles.

    Parameters
    ----------
    susceptibility
        Map of dimensions ``(y, x)`` [1], eager or dask-backed; NaN is no data.
    dem
        Elevation on the same grid [m].
    title
        Heading, such as the region's name.
    shots
        Points of the landslides the model was fine-tuned on.
    landslides
        Points of other mapped landslides, such as those held out.
    limits
        Susceptibility at the ends of the colours, to compare maps; None takes the quantiles.

    Returns
    -------
    matplotlib.figure.Figure
        Write it with `landshift.report.figures.style.write_figure`.

    Raises
    ------
    ValueError
        If the map and the elevation differ in grid, or the map has no data.
    """
    view = look(susceptibility, dem)
    low, high = limits or _quantiles(view.values, (0.01, 0.99))
    norm = logit_norm(low, high)
    figure, axes, panel = lay_out_map(view.grid, title)
    draw_values(axes, view, SUSCEPTIBILITY, norm)
    handles = _draw_points(axes, view.grid, shots, landslides)
    _draw_colour_bar(panel, SUSCEPTIBILITY, norm, "Susceptibility [1]", _share_ticks(low, high))
    panel.add_legend(handles + explain_gaps(view))
    return figure


@figure_style()
def plot_classes(
    classes: xr.DataArray,
    dem: xr.DataArray,
    *,
    title: str,
    shots: gpd.GeoDataFrame | None = None,
    landslides: gpd.GeoDataFrame | None = None,
) -> Figure:
    """Draw the five classes of a map over a hillshade, with their shares of the area.

    Parameters
    ----------
    classes
        Result of `landshift.mapping.classes.classify_susceptibility`.
    dem, title, shots, landslides
        As for `plot_susceptibility_map`.
    """
    shares = _class_shares(classes)
    view = look(classes, dem)
    figure, axes, panel = lay_out_map(view.grid, title)
    draw_values(axes, view, CLASSES, Normalize(0.5, 5.5))
    handles = [
        Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=f"{name} ({share:.0%})")
        for name, colour, share in zip(CLASS_NAMES, CLASS_COLOURS, shares, strict=True)
    ]
    panel.add_legend(handles[::-1], title="Susceptibility\n(share of area)")
    panel.add_legend(_draw_points(axes, view.grid, shots, landslides) + explain_gaps(view))
    return figure


def logit_norm(low: float, high: float) -> FuncNorm:
    """Space colours between two susceptibilities evenly by their logit."""
    floor = 1e-6
    low, high = max(low, floor), min(high, 1 - floor)
    if high <= low:
        low, high = max(low / 2, floor), min(1 - floor, high + (1 - high) / 2)

    def forward(values: np.ndarray) -> np.ndarray:
        shares = np.clip(values, floor, 1 - floor)
        return np.log(shares / (1 - shares))

    def backward(logits: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-np.asarray(logits)))

    return FuncNorm((forward, backward), vmin=low, vmax=high)


@dataclass(frozen=True)
class View:
    """A map thinned to the pixels of a figure, and the brightness of its relief."""

    values: np.ndarray
    brightness: np.ndarray
    grid: GeoBox


def look(values: xr.DataArray, dem: xr.DataArray, pixels: int = 1400) -> View:
    """Thin a map to the pixels of a figure; refuse another grid or a map without data."""
    if values.odc.geobox != dem.odc.geobox:
        raise ValueError(
            f"the map and the elevation differ in grid: {values.odc.geobox} and {dem.odc.geobox}"
        )
    step = max(1, max(values.shape) // pixels)
    thin = {"y": slice(step // 2, None, step), "x": slice(step // 2, None, step)}
    shown = values.transpose("y", "x")[thin].to_numpy().astype(np.float32)
    if np.issubdtype(values.dtype, np.integer):
        shown[shown == values.attrs.get("nodata", 0)] = np.nan
    if np.isnan(shown).all():
        raise ValueError(f"{values.name}: the map has no cell with data")
    heights = dem.transpose("y", "x")[thin].to_numpy()
    grid = values.odc.geobox
    brightness = map_frame.shade_relief(heights, step * abs(grid.resolution.x))
    return View(shown, brightness, grid)


def draw_values(axes: Axes, view: View, colours: Colormap, norm: Normalize) -> None:
    """Draw a map over its relief; what has no data stays plain."""
    box = view.grid.boundingbox
    picture = map_frame.shade_colours(
        colours(np.asarray(norm(np.nan_to_num(view.values, nan=norm.vmin)))), view.brightness
    )
    picture[np.isnan(view.values)] = (0, 0, 0, 0)
    axes.set_facecolor(WATERMARK)
    axes.imshow(
        picture,
        extent=(box.left, box.right, box.bottom, box.top),
        interpolation="antialiased",
        interpolation_stage="rgba",
    )
    axes.set_xlim(box.left, box.right)
    axes.set_ylim(box.bottom, box.top)


def _draw_points(
    axes: Axes,
    grid: GeoBox,
    shots: gpd.GeoDataFrame | None,
    landslides: gpd.GeoDataFrame | None,
) -> list:
    handles = []
    if landslides is not None and len(landslides):
        places = landslides.geometry.to_crs(str(grid.crs))
        size = float(np.clip(3000 / len(places), 2.5, 12))
        axes.scatter(
            places.x, places.y, s=size, color=INK, edgecolors="white", linewidths=0.3, zorder=3
        )
        handles.append(
            axes.scatter([], [], s=9, color=INK, label=f"mapped landslide ({len(places):,})")
        )
    if shots is not None and len(shots):
        places = shots.geometry.to_crs(str(grid.crs))
        handles.append(
            axes.scatter(
                places.x,
                places.y,
                s=42,
                marker="^",
                color=SHOT,
                edgecolors=INK,
                linewidths=0.9,
                zorder=4,
                label=f"used for fine-tuning ({len(places):,})",
            )
        )
    return handles[::-1]


def explain_gaps(view: View) -> list:
    """List the entry of a legend for no data, if there is any."""
    if not np.isnan(view.values).any():
        return []
    return [Patch(facecolor=WATERMARK, edgecolor=INK, linewidth=0.5, label="no data")]


def _draw_colour_bar(
    panel: Panel, colours: Colormap, norm: Normalize, label: str, ticks: list[float] | None
) -> None:
    heading = panel.add_axes(SIDE_IN, 0.2 * (1 + label.count("\n")) + 0.05)
    heading.set_axis_off()
    heading.text(0, 1, label, va="top", transform=heading.transAxes, fontsize=9)
    axes = panel.add_axes(0.2, 1.55)
    bar = panel.figure.colorbar(ScalarMappable(norm, colours), cax=axes, extend="both")
    if ticks:
        _set_ticks(bar, ticks)
    panel.top -= 0.2


def _set_ticks(bar, ticks: list[float]) -> None:
    bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    bar.ax.minorticks_off()


def _share_ticks(low: float, high: float) -> list[float]:
    inside = [share for share in _SHARES if low <= share <= high]
    # A map with little contrast: its ends, which are one where it has none.
    return inside if len(inside) >= 2 else sorted({float(f"{low:.2g}"), float(f"{high:.2g}")})


def _quantiles(values: np.ndarray, shares: tuple[float, float]) -> tuple[float, float]:
    low, high = np.nanquantile(values, shares).tolist()
    return low, (high if high > low else low + 1e-6)


def _class_shares(classes: xr.DataArray) -> np.ndarray:
    counts = count_codes(classes)[1:6]
    return counts / max(1, counts.sum())
