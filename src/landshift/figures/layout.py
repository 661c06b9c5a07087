"""Where the parts of a map's figure stand: map, legend column, scale bar and north arrow."""

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from odc.geo.geobox import GeoBox

from landshift.figures import furniture
from landshift.figures.style import WIDTH_IN

SIDE_IN = 1.85
"""Width of the column beside a map [inch]."""

_LEFT_IN, _RIGHT_IN, _TOP_IN, _BOTTOM_IN = 0.62, 0.12, 0.42, 0.5
_LEGEND_IN, _FOOT_IN = 2.8, 1.6


@dataclass
class Panel:
    """The column beside a map, filled from the top [inch]."""

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
    # Beside a flat map there is no room for the scale bar below the legend.
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
    furniture.draw_kilometres(axes, grid)
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
    furniture.draw_scale_bar(bar, metres_per_inch, SIDE_IN)
    furniture.draw_north_arrow(arrow)
    furniture.draw_note(note, furniture.describe_projection(grid))
