"""How much of a region its landslides span: where none lies, perhaps nobody has looked."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from rasterio.features import geometry_mask

LEAST_LANDSLIDES = 10
"""Landslides that span an extent [1]."""

CLEARLY_LESS = 0.75
"""An extent of less of the region than this is told [1]; ten landslides at random places span nine
tenths, more of them all of it."""

SPACINGS = 2.0
"""Width of the margin around the outermost landslides, in mean distances of neighbours [1]."""

LEAST_MARGIN_M = 500.0
"""Least margin, also of landslides along a line [m]."""


@dataclass(frozen=True)
class Coverage:
    """The extent of the landslides of a region, against the region.

    Attributes
    ----------
    share
        Share of the cells with data that lie in the extent [1].
    margin_m
        How far the extent reaches beyond the hull of the landslides [m].
    surveyed
        Whether it is stated where landslides were looked for, or where there are none.
    """

    share: float
    margin_m: float
    surveyed: bool = False

    def describe(self) -> str | None:
        """Say that the landslides span clearly less than the region; None if they do not."""
        if self.surveyed or self.share >= CLEARLY_LESS:
            return None
        return (
            f"the landslides, and {self.margin_m:.0f} m around them, span {self.share:.0%} of the "
            "region. If nobody looked for landslides in the rest, absences drawn there may be "
            "landslides, and the skill is judged on ground that was not mapped: state the area "
            "that was in inventory.surveyed, by a file or as `extent` for this one"
        )

    def tabulate(self) -> list[tuple[str, float, str]]:
        """List name, value and meaning of every figure."""
        return [
            ("extent_share", round(self.share, 4), "share of the region that the landslides span"),
            ("extent_margin_m", round(self.margin_m), "margin of that extent around their hull"),
        ]


def measure_coverage(
    landslides: gpd.GeoDataFrame, elevation: xr.DataArray, *, surveyed: bool = False
) -> Coverage | None:
    """Measure the share of a region that its landslides span.

    Parameters
    ----------
    landslides
        Points or polygons in the CRS of the region.
    elevation
        Raster that spans the region, NaN outside of it.
    surveyed
        Whether it is stated where landslides were looked for.

    Returns
    -------
    Coverage or None
        None with fewer than `LEAST_LANDSLIDES` landslides.
    """
    if len(landslides) < LEAST_LANDSLIDES:
        return None
    margin_m = _find_margin(landslides)
    known = np.isfinite(elevation.to_numpy())
    inside = known & mark_extent(landslides, elevation)
    return Coverage(float(inside.sum() / known.sum()), margin_m, surveyed)


def mark_extent(landslides: gpd.GeoDataFrame, elevation: xr.DataArray) -> np.ndarray:
    """Mark the cells in the extent of landslides: their convex hull with a margin.

    The margin is `SPACINGS` times the mean distance of neighbours, the root of the area of the hull
    for each landslide: ground that is as far from a landslide as they are from each other counts.
    """
    extent = _find_hull(landslides).buffer(_find_margin(landslides))
    grid = elevation.odc.geobox
    return geometry_mask([extent], grid.shape, grid.transform, invert=True)


def _find_hull(landslides: gpd.GeoDataFrame) -> shapely.Geometry:
    return shapely.convex_hull(shapely.geometrycollections(landslides.geometry.to_numpy()))


def _find_margin(landslides: gpd.GeoDataFrame) -> float:
    spacing_m = float(np.sqrt(_find_hull(landslides).area / len(landslides)))
    return max(LEAST_MARGIN_M, SPACINGS * spacing_m)
