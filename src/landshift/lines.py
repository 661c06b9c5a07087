"""Layers of lines, such as faults and roads, in the CRS of a region."""

from pathlib import Path

import geopandas as gpd
from odc.geo.geobox import GeoBox
from shapely import box

from landshift.vector_files import read_shapes

FARTHEST_M = 100_000.0
"""Lines farther from a region than this belong to another one [m]."""


def read_lines(path: str | Path, region: GeoBox) -> gpd.GeoDataFrame:
    """Read a layer of lines into the CRS of a region.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile or GeoParquet.
    region
        Grid of the region.

    Returns
    -------
    geopandas.GeoDataFrame
        All features with a geometry, in the CRS of the region.

    Raises
    ------
    ValueError
        If the file cannot be read, states no CRS, holds no geometry, or lies far from the region.
    """
    lines = read_shapes(path, "lines", region.crs.to_wkt())
    distance_m = box(*lines.total_bounds).distance(box(*region.boundingbox.bbox))
    # Not `>`: without a line that the CRS can hold, the distance is NaN.
    if not distance_m <= FARTHEST_M:
        raise ValueError(
            f"{path}: lies {distance_m / 1000:.0f} km from the region; check its CRS, or "
            "remove the layer"
        )
    return lines
