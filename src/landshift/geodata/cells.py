"""Which cells of a raster lie under points, and which a mapped geometry covers."""

import geopandas as gpd
import numpy as np
import rasterio
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from rasterio.errors import WindowError
from rasterio.features import geometry_mask, geometry_window
from rasterio.windows import Window


def locate_cells(
    grid: GeoBox | rasterio.DatasetReader, coordinates: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the cells under points; a cell has its northern and western edge, not the others.

    Parameters
    ----------
    grid
        North-up.
    coordinates
        x and y in the CRS of the grid, shape ``(n, 2)``.

    Returns
    -------
    rows, columns
        Whole numbers of shape ``(n,)``, -1 for what lies off the grid.
    inside
        Which points lie on the grid.
    """
    rows, columns = _count_steps(grid, coordinates)
    height, width = grid.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return *(np.where(inside, each, -1).astype(np.int64) for each in (rows, columns)), inside


def _count_steps(grid, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count rows and columns from the upper left corner, also beyond the grid, as float64."""
    east, north = coordinates[:, 0] - grid.transform.c, coordinates[:, 1] - grid.transform.f
    return np.floor(north / grid.transform.e), np.floor(east / grid.transform.a)


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
        self._grid = raster.odc.geobox

    @property
    def bounds(self) -> list[float]:
        """West, south, east and north edge [m]."""
        return [round(float(edge), 4) for edge in self._grid.boundingbox.bbox]

    def touches(self, shape: shapely.Geometry) -> bool:
        """Tell whether a part of the geometry lies in a cell of the grid; not if it is infinite."""
        if not np.isfinite(shape.bounds).all():
            return False
        if shape.geom_type in ("Point", "MultiPoint"):
            return bool(locate_cells(self._grid, shapely.get_coordinates(shape))[2].any())
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
        rows, columns, inside = locate_cells(self._grid, coordinates)
        values = np.full(len(coordinates), np.nan)
        values[inside] = self._values[rows[inside], columns[inside]]
        return values

    def centre_of(self, cell: np.ndarray) -> shapely.Point:
        """Centre of one cell given as row and column."""
        row, column = cell
        return shapely.Point(float(self._x[column]), float(self._y[row]))

    def _cells_at(self, coordinates: np.ndarray) -> np.ndarray:
        rows, columns, inside = locate_cells(self._grid, coordinates)
        return np.unique(np.column_stack([rows[inside], columns[inside]]), axis=0)

    def _cells_within(self, shape: shapely.Geometry) -> np.ndarray:
        west, south, east, north = shape.bounds
        corners = _count_steps(self._grid, np.array([[west, north], [east, south]]))
        rows, columns = (
            np.arange(max(int(first), 0), min(int(last) + 1, size))
            for (first, last), size in zip(corners, self._values.shape, strict=True)
        )
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
    rows, columns, inside = locate_cells(grid, np.column_stack([placed.x, placed.y]))
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
        window = geometry_window(grid, [shape])
    except WindowError:  # it lies elsewhere, or touches the border from outside
        return None
    rows, columns = window.toslices()
    values = classes.transpose("y", "x").isel(y=rows, x=columns).to_numpy()
    part = grid[rows, columns]
    inside = geometry_mask([shape], part.shape, part.affine, invert=True)
    return values, inside, window
