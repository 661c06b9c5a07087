"""Which cells of a raster a mapped geometry covers."""

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from rasterio.errors import WindowError
from rasterio.features import geometry_mask, geometry_window
from rasterio.windows import Window


class Footprints:
    """Cells with data under points and polygons.

    Parameters
    ----------
    raster
        Dimensions ``(y, x)``, north-up, NaN as no data.
    """

    def __init__(self, raster: xr.DataArray) -> None:
        raster = raster.transpose("y", "x")
        self._values = raster.to_numpy()
        self._x = raster["x"].to_numpy()
        self._y = raster["y"].to_numpy()
        transform = raster.odc.transform
        self._west, self._north = transform.c, transform.f
        self._width, self._height = transform.a, -transform.e

    @property
    def bounds(self) -> list[float]:
        """West, south, east and north edge [m]."""
        rows, columns = self._values.shape
        east = self._west + columns * self._width
        south = self._north - rows * self._height
        return [round(float(edge), 4) for edge in (self._west, south, east, self._north)]

    def touches(self, shape: shapely.Geometry) -> bool:
        """Tell whether a part of the geometry lies in a cell of the grid; not if it is infinite."""
        if not np.isfinite(shape.bounds).all():
            return False
        if shape.geom_type in ("Point", "MultiPoint"):
            return bool(self._inside(*self._locate(shapely.get_coordinates(shape))).any())
        return shape.intersects(shapely.box(*self.bounds))

    def find_cells(self, shape: shapely.Geometry) -> np.ndarray:
        """Rows and columns of the cells with data that a geometry covers, shape ``(n, 2)``."""
        if shape.geom_type in ("Point", "MultiPoint"):
            cells = self._cells_at(shapely.get_coordinates(shape))
        else:
            cells = self._cells_within(shape)
            if len(cells) == 0:
                # Smaller than a cell, or between the centres.
                inside = shape.representative_point()
                cells = self._cells_at(shapely.get_coordinates(inside))
        return cells[np.isfinite(self.values_at(cells))]

    def values_at(self, cells: np.ndarray) -> np.ndarray:
        """Values of the raster in cells given as rows and columns, shape ``(n,)``, float64."""
        return self._values[cells[:, 0], cells[:, 1]].astype(np.float64)

    def sample(self, coordinates: np.ndarray) -> np.ndarray:
        """Values of the raster at places of shape ``(n, 2)``, NaN outside the raster."""
        rows, columns = self._locate(coordinates)
        inside = self._inside(rows, columns)
        values = np.full(len(coordinates), np.nan)
        values[inside] = self._values[rows[inside], columns[inside]]
        return values

    def centre_of(self, cell: np.ndarray) -> shapely.Point:
        """Centre of one cell given as row and column."""
        row, column = cell
        return shapely.Point(float(self._x[column]), float(self._y[row]))

    def _locate(self, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        columns = np.floor((coordinates[:, 0] - self._west) / self._width).astype(np.int64)
        rows = np.floor((self._north - coordinates[:, 1]) / self._height).astype(np.int64)
        return rows, columns

    def _inside(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        height, width = self._values.shape
        return (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)

    def _cells_at(self, coordinates: np.ndarray) -> np.ndarray:
        rows, columns = self._locate(coordinates)
        inside = self._inside(rows, columns)
        return np.unique(np.column_stack([rows[inside], columns[inside]]), axis=0)

    def _cells_within(self, shape: shapely.Geometry) -> np.ndarray:
        west, south, east, north = shape.bounds
        (top, bottom), (left, right) = self._locate(np.array([[west, north], [east, south]]))
        height, width = self._values.shape
        rows = np.arange(max(top, 0), min(bottom + 1, height))
        columns = np.arange(max(left, 0), min(right + 1, width))
        row_grid, column_grid = np.meshgrid(rows, columns, indexing="ij")
        shapely.prepare(shape)
        within = shapely.contains_xy(shape, self._x[column_grid], self._y[row_grid])
        return np.column_stack([row_grid[within], column_grid[within]])


def sample_points(susceptibility: xr.DataArray, points: gpd.GeoDataFrame) -> np.ndarray:
    """Read the map at points: float32 of shape (n,), NaN outside the map or on no data.

    Raises
    ------
    ValueError
        If a geometry is not a point.
    """
    kinds = sorted(set(points.geom_type) - {"Point"})
    if kinds:
        raise ValueError(f"a rate curve needs one point per landslide, found {kinds}")
    grid = susceptibility.odc.geobox
    placed = points.geometry.to_crs(str(grid.crs))
    columns, rows = ~grid.affine @ np.array([placed.x, placed.y])
    columns, rows = np.floor(columns).astype(int), np.floor(rows).astype(int)
    inside = (rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width)
    values = np.full(len(points), np.nan, np.float32)
    at = {"y": xr.DataArray(rows[inside]), "x": xr.DataArray(columns[inside])}
    values[inside] = susceptibility.transpose("y", "x").isel(at).to_numpy()
    return values


def read_cells(
    classes: xr.DataArray, shape: shapely.Geometry
) -> tuple[np.ndarray, np.ndarray, Window] | None:
    """Read the window around a shape: values, which centres lie inside, and where it is.

    None where the shape lies off the map.
    """
    grid = classes.odc.geobox
    if shape.is_empty:
        return None
    try:
        window = geometry_window(_Raster(grid), [shape])
    except WindowError:  # it lies elsewhere, or touches the border from outside
        return None
    rows, columns = window.toslices()
    values = classes.transpose("y", "x").isel(y=rows, x=columns).to_numpy()
    part = grid[rows, columns]
    inside = geometry_mask([shape], part.shape, part.affine, invert=True)
    return values, inside, window


class _Raster:
    """What rasterio asks of an open raster to find the window of a shape."""

    def __init__(self, grid: GeoBox) -> None:
        self.transform = grid.affine
        self.height, self.width = grid.shape


def _sample(classes, points) -> np.ndarray:
    grid = classes.odc.geobox
    columns, rows = ~grid.affine @ np.array([points.geometry.x, points.geometry.y])
    columns, rows = np.floor(columns).astype(int), np.floor(rows).astype(int)
    inside = (rows >= 0) & (rows < grid.height) & (columns >= 0) & (columns < grid.width)
    codes = np.zeros(len(points), int)
    at = {"y": xr.DataArray(rows[inside]), "x": xr.DataArray(columns[inside])}
    codes[inside] = classes.transpose("y", "x").isel(at).to_numpy()
    return codes
