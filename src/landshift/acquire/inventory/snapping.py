"""Points that are known worse than a cell, moved to where a slope would have failed first."""

import logging
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from landshift.factors.subcells import rate_hollows
from landshift.geodata.cells import locate_cells

logger = logging.getLogger(__name__)


def snap_points(
    landslides: gpd.GeoDataFrame, elevation: xr.DataArray, *, accuracy_m: float
) -> gpd.GeoDataFrame:
    """Move points to the steepest and most concave cell within the accuracy of their positions.

    Only where the positions are worse than a cell: of what is known better, the cell is known.
    Polygons and patches of points say more than one position and stay.

    Parameters
    ----------
    landslides
        In the CRS of the elevation.
    elevation
        Elevation [m] in its own detail, dimensions ``(y, x)``; read a window at a time.
    accuracy_m
        How far a landslide may lie from its point [m].

    Returns
    -------
    geopandas.GeoDataFrame
        The same landslides; a point whose surroundings have no data stays where it is.
    """
    cell_m = abs(float(elevation.odc.geobox.resolution.x))
    single = np.flatnonzero(landslides.geom_type == "Point")
    if accuracy_m <= cell_m or not len(single):
        return landslides
    shapes = landslides.geometry.to_numpy().copy()
    shapes[single] = [_find_hollow(elevation, shapes[place], accuracy_m) for place in single]
    logger.info(
        "%d points known to %g m are moved to the steepest hollow within that distance",
        len(single),
        accuracy_m,
    )
    return landslides.set_geometry(gpd.GeoSeries(shapes, landslides.index, crs=landslides.crs))


def correct_places(
    landslides: gpd.GeoDataFrame,
    absences: gpd.GeoDataFrame | None,
    stated: Mapping[str, Any],
    *,
    detail: xr.DataArray | None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Move landslides and absences as the study states: by ``shift_m``, then by ``accuracy_m``.

    Parameters
    ----------
    landslides, absences
        In the CRS of the region.
    stated
        Keys of the inventory in the study.
    detail
        Elevation in its own detail; None where the region has none.
    """
    if "shift_m" in stated:
        logger.info("all landslides are moved by %s m (east, north)", stated["shift_m"])
        landslides, absences = (
            layer if layer is None else layer.set_geometry(layer.translate(*stated["shift_m"]))
            for layer in (landslides, absences)
        )
    if detail is not None and "accuracy_m" in stated:
        landslides = snap_points(landslides, detail, accuracy_m=stated["accuracy_m"])
    return landslides, absences


def _find_hollow(elevation: xr.DataArray, point: shapely.Point, reach_m: float) -> shapely.Point:
    grid = elevation.odc.geobox
    cell_m = abs(float(grid.resolution.x))
    rows, columns, inside = locate_cells(grid, np.array([[point.x, point.y]]))
    if not inside.all():
        return point
    reach = int(reach_m // cell_m) + 1
    window = elevation.isel(
        y=slice(max(rows[0] - reach - 1, 0), rows[0] + reach + 2),
        x=slice(max(columns[0] - reach - 1, 0), columns[0] + reach + 2),
    )
    rated = rate_hollows(window).to_numpy()
    x, y = np.meshgrid(window["x"].values, window["y"].values)
    distance = np.hypot(x - point.x, y - point.y)
    rated = np.where(distance <= reach_m, rated, np.nan)
    if np.isnan(rated).all():
        return point
    # the nearest of those that are equal
    best = np.lexsort([distance.ravel(), -np.nan_to_num(rated.ravel(), nan=-np.inf)])[0]
    return shapely.Point(x.ravel()[best], y.ravel()[best])
