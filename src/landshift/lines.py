"""Layers of lines, such as faults and roads, in the CRS of a region."""

from pathlib import Path

import geopandas as gpd
import pyogrio
from odc.geo.geobox import GeoBox
from shapely import box

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
        All features, in the CRS of the region.

    Raises
    ------
    ValueError
        If the file cannot be read, states no CRS, holds no geometry, or lies far from the region.
    """
    path = Path(path)
    lines = _read(path)
    if not isinstance(lines, gpd.GeoDataFrame) or lines.geometry.isna().all():
        raise ValueError(f"{path}: holds no lines; give a file with some, or remove the layer")
    if lines.crs is None:
        raise ValueError(f"{path}: states no CRS; put the .prj beside it, or state it in the file")
    lines = lines.to_crs(region.crs.to_wkt())
    distance_m = box(*lines.total_bounds).distance(box(*region.boundingbox.bbox))
    # Not `>`: coordinates that the CRS cannot hold make the distance NaN.
    if not distance_m <= FARTHEST_M:
        raise ValueError(
            f"{path}: lies {distance_m / 1000:.0f} km from the region; check its CRS, or "
            "remove the layer"
        )
    return lines


def _read(path: Path) -> gpd.GeoDataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return gpd.read_parquet(path)
        return pyogrio.read_dataframe(path)
    # What geopandas raises on a file that is no GeoParquet, pyogrio on any other.
    except (ValueError, OSError, pyogrio.errors.DataSourceError) as error:
        raise ValueError(
            f"{path}: cannot be read as a layer of lines; give GeoPackage, GeoJSON, shapefile or "
            "GeoParquet"
        ) from error
