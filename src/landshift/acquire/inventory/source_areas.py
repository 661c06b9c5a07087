"""Source areas: where each landslide began."""

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from landshift.geodata.cells import Footprints

SOURCE_QUANTILE = 0.8
"""Quantile of elevation within a landslide at which its source area is taken [1]."""


def source_points(landslides: gpd.GeoDataFrame, elevation: xr.DataArray) -> gpd.GeoDataFrame:
    """Return one point per landslide where it began.

    A point stands for itself. Of a polygon or a patch of points, it is the centre of the cell
    whose elevation is nearest to the 80 % quantile of the elevation within: the source lies
    high, but the very top of a mapped landslide is often its crown or a digitizing error. Where all
    cells are equally high, it is the one nearest the centroid.

    Parameters
    ----------
    landslides
        As from `clean_inventory`, in the CRS of `elevation`.
    elevation
        Elevation on the region's grid [m].

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``id``, ``date``, ``geometry`` (points), in the order of `landslides`.

    Raises
    ------
    ValueError
        If a landslide lies on no cell with data.
    """
    grid = Footprints(elevation)
    points = [
        shape if shape.geom_type == "Point" else _find_source(grid, name, shape)
        for name, shape in zip(landslides["id"], landslides.geometry, strict=True)
    ]
    return landslides[["id", "date"]].set_geometry(
        gpd.GeoSeries(points, landslides.index), crs=landslides.crs
    )


def _find_source(grid: Footprints, name: str, shape: shapely.Geometry) -> shapely.Point:
    cells = grid.find_cells(shape)
    if len(cells) == 0:
        raise ValueError(
            f"landslide {name} lies on no cell with elevation; clean the inventory with the"
            " region's own elevation first"
        )
    heights = grid.values_at(cells)
    if heights.min() == heights.max():
        # level ground, or a region without elevations: the middle is the best guess
        distances = [shape.centroid.distance(grid.centre_of(cell)) for cell in cells]
        return grid.centre_of(cells[np.argmin(distances)])
    nearest = np.argmin(np.abs(heights - np.quantile(heights, SOURCE_QUANTILE)))
    return grid.centre_of(cells[nearest])
