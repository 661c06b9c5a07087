"""Files of an inventory: tables of points, vector files, and masks of landslide cells."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import shapes

from landshift.acquire.inventory.columns import find_coordinates, find_outlines
from landshift.acquire.inventory.tables import read_rows
from landshift.geodata import vectors
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster_errors import explain_unreadable

MASKS = (".tif", ".tiff")
"""Endings of rasters whose cells tell landslides from the rest."""

_FORMATS = (
    "CSV, Excel (.xlsx), ODS, GeoPackage, GeoJSON, shapefile (with .shx, .dbf, .prj next to it),"
    " GeoParquet, KML, KMZ, GPX or a GeoTIFF of landslide cells"
)
_MOST_PATCHES = 1_000_000
_WRITTEN_OTHERWISE = {
    r".*\d\s*[°º'\"\u2032\u2033NSEWnsew].*": (
        "write decimal degrees, such as 45.2083 for 45°12'30\"N"
    ),
    r"[-+]?\d+([,.' \u00a0\u202f]\d+)+": (
        "write it with a decimal point and nothing between thousands, such as 351000.5"
    ),
}
"""Remedies for numbers that are written otherwise, by a pattern of their text."""


def read_table(
    path: Path, x: str | None, y: str | None, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read a table of points or of outlines, as text or from a sheet of a workbook."""
    table = read_rows(path, layer)
    if (x is None) != (y is None):
        raise ValueError(f"{path}: x and y belong together; name both columns, or neither")
    if x is None and (outlines := find_outlines(table)) is not None:
        return _read_outlines(path, table, outlines)
    columns = (x, y) if x is not None else find_coordinates(path, table)
    coordinates = [
        _read_numbers(path, table, key, column) for key, column in zip("xy", columns, strict=True)
    ]
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(*coordinates))


def read_vector(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a file of points or polygons."""
    return vectors.read_vector(
        path, "inventory", formats=_FORMATS, layer=layer, usual=("landslides",)
    )


def read_mask(path: Path) -> gpd.GeoDataFrame:
    """Read a raster of landslide cells: a polygon per patch of touching cells of one value.

    Cells of 0 and without data are no landslides. The column ``value`` holds the cells' value.
    """
    with explain_unreadable(path), open_dataset(path) as source:
        if source.count != 1:
            raise ValueError(f"{path}: expected one band of landslide cells, found {source.count}")
        values = source.read(1)
        if not np.issubdtype(values.dtype, np.integer):
            raise ValueError(
                f"{path}: the cells are {values.dtype}, but a mask holds whole numbers, 0 where"
                " there is no landslide; convert it"
            )
        landslide = (values != 0) & (source.read_masks(1) != 0)
        crs, transform = source.crs, source.transform
    patches = list(
        shapes(values.astype(np.int32), mask=landslide, connectivity=8, transform=transform)
    )
    if len(patches) > _MOST_PATCHES:
        raise ValueError(
            f"{path}: holds {len(patches)} patches of cells; is it a mask of landslides?"
        )
    return gpd.GeoDataFrame(
        {"value": pd.Series([int(value) for _, value in patches], dtype="int64")},
        geometry=gpd.GeoSeries([shapely.geometry.shape(shape) for shape, _ in patches], crs=crs),
    )


def _read_outlines(path: Path, table: pd.DataFrame, column: str) -> gpd.GeoDataFrame:
    texts = table[column].astype(object).where(table[column].notna(), None)
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    wrong = np.flatnonzero(shapely.is_missing(shapes) & texts.notna())
    if len(wrong):
        raise ValueError(
            f"{path}: {column} in row {wrong[0] + 1} is {texts.iloc[wrong[0]][:40]!r}, no shape in"
            " well-known text; write such as POINT (10.5 45.2), or name the columns x and y"
        )
    return gpd.GeoDataFrame(table.drop(columns=column), geometry=shapes)


def _read_numbers(path: Path, table: pd.DataFrame, key: str, column: str) -> pd.Series:
    if column not in table:
        raise ValueError(
            f"{path}: column {column!r} ({key}) is not there; name the columns of the coordinates"
            f" with x and y, out of {list(table)}"
        )
    values = pd.to_numeric(table[column], errors="coerce")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(f"{path}: {column} in row {row + 1} {_explain(table[column].iloc[row])}")
    return values


def _explain(value: str) -> str:
    if pd.isna(value):
        return "is empty; fill in or remove the row"
    remedies = (
        remedy for pattern, remedy in _WRITTEN_OTHERWISE.items() if re.fullmatch(pattern, value)
    )
    return f"is {value}, no number; {next(remedies, 'correct or remove the row')}"
