"""What stands on the slopes: roads, buildings and population, as points that carry an amount."""

import logging
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from odc.geo.geobox import GeoBox
from rasterio.errors import WindowError
from rasterio.features import geometry_window
from rasterio.windows import Window

from landshift.geodata.crs import check_crs
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster_errors import explain_unreadable
from landshift.geodata.vectors import read_shapes

LARGEST = 1e30
"""Amount that no cell can hold: what is larger stands for no data that the file does not state."""

RASTERS = frozenset({".tif", ".tiff", ".vrt"})
"""Endings of the files that are rasters of amounts."""

_log = logging.getLogger(__name__)


def read_exposure(path: str | Path, grid: GeoBox) -> gpd.GeoDataFrame:
    """Read roads, buildings or population, and break them into points.

    Lines, cut at the edge of the region, become the middles of pieces of at most half a cell that
    carry their length [km], points and polygons one point each that counts 1, also those of
    several parts, and the cells of a raster, such as people per cell, their centres with their
    value; those that hold an infinity or more than `LARGEST` are left out, with a warning.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile or GeoParquet, or a raster by its ending. Of a raster,
        only the region is read.
    grid
        Grid of the region.

    Returns
    -------
    geopandas.GeoDataFrame
        Points within the region, in its CRS, with the column ``amount``.

    Raises
    ------
    ValueError
        If the file cannot be read, holds nothing or states no CRS.
    """
    path = Path(path)
    box = grid.boundingbox.bbox
    if path.suffix.lower() in RASTERS:
        found = _read_amounts(path, grid)
    else:
        shapes = read_shapes(path, "exposure", str(grid.crs)).geometry
        near = shapes[shapes.intersects(shapely.box(*box))]
        found = _break_up(near, box, float(grid.resolution.x) / 2)
    found = found.to_crs(str(grid.crs))
    left, bottom, right, top = box
    return found.cx[left:right, bottom:top].reset_index(drop=True)


def _break_up(
    shapes: gpd.GeoSeries, box: tuple[float, float, float, float], piece_m: float
) -> gpd.GeoDataFrame:
    lined = shapes.geom_type.isin(["LineString", "LinearRing", "MultiLineString"])
    lines = shapely.clip_by_rect(shapes[lined].to_numpy(), *box)
    pieces = shapely.segmentize(shapely.get_parts(lines), piece_m)
    starts, ends = [np.empty((0, 2))], [np.empty((0, 2))]
    for piece in pieces:
        corners = shapely.get_coordinates(piece)
        starts.append(corners[:-1])
        ends.append(corners[1:])
    start, end = np.concatenate(starts), np.concatenate(ends)
    middles = shapely.points((start + end) / 2)
    lengths_km = np.hypot(*(end - start).T) / 1000
    others = shapes[~lined].representative_point().to_numpy()
    return gpd.GeoDataFrame(
        {"amount": np.concatenate([lengths_km, np.ones(len(others))])},
        geometry=np.concatenate([middles, others]),
        crs=shapes.crs,
    )


def _read_amounts(path: Path, grid: GeoBox) -> gpd.GeoDataFrame:
    with explain_unreadable(path), open_dataset(path) as source:
        if source.crs is None:
            raise ValueError(f"{path}: states no CRS; state it in the file")
        check_crs(path, source.crs)
        window = _find_window(source, grid)
        values = source.read(1, masked=True, window=window).filled(0)
        wrong = np.abs(values) > LARGEST
        rows, columns = np.nonzero((values > 0) & ~wrong)
        x, y = source.window_transform(window) @ np.array([columns + 0.5, rows + 0.5])
        crs = source.crs
    if wrong.any():
        _log.warning(
            "%s: %d cells in the region hold an infinity or more than %g, which is no amount, and "
            "are left out; state the raster's no data value",
            path, wrong.sum(), LARGEST,
        )  # fmt: skip
    points = gpd.points_from_xy(x, y, crs=crs)
    return gpd.GeoDataFrame({"amount": values[rows, columns].astype(float)}, geometry=points)


def _find_window(source: rasterio.DatasetReader, grid: GeoBox) -> Window:
    """Find the cells of a raster in the region, and one around them; none elsewhere."""
    try:
        return geometry_window(source, [grid.footprint(source.crs).geom], pad_x=1, pad_y=1)
    except WindowError:
        return Window(0, 0, 0, 0)
