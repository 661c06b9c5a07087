"""Areas from rasters and polygons: which cells they hold, and what is none."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.transform import from_origin
from shapely import LineString, box

from landshift.acquire.fetch.store import Store
from landshift.acquire.layer import Layer
from landshift.acquire.layers.areas import acquire_extent, acquire_surveyed

CRS = "EPSG:32632"
WEST, NORTH = 500_010.0, 5_000_010.0
CODES = np.array([[0, 1, 1, 2], [0, 3, 9, 9], [0, 0, 1, 9]], np.uint8)
INSIDE = np.array([[0, 1, 1, 1], [0, 1, 0, 0], [0, 0, 1, 0]], bool)
"""Cells other than 0 and the no data of the file, 9."""


@pytest.fixture
def codes(tmp_path):
    profile = {
        "driver": "GTiff", "height": 3, "width": 4, "count": 1, "dtype": "uint8", "crs": CRS,
        "transform": from_origin(WEST, NORTH, 30, 30), "nodata": 9,
    }  # fmt: skip
    with rasterio.open(tmp_path / "codes.tif", "w", **profile) as sink:
        sink.write(CODES, 1)
    return tmp_path / "codes.tif"


@pytest.fixture
def grid():
    return GeoBox((3, 4), from_origin(WEST, NORTH, 30, 30), CRS)


def test_the_extent_keeps_the_cells_of_its_raster(codes, grid, tmp_path):
    acquired = acquire_extent(
        Layer.parse({"file": str(codes)}), {"resolution_m": 30}, Store(tmp_path)
    )
    assert acquired.data.odc.geobox == grid and acquired.data.attrs["units"] == "1"
    np.testing.assert_array_equal(acquired.data == 1, INSIDE)
    assert np.isnan(acquired.data.values[~INSIDE]).all()
    assert acquired.sources[0]["file"] == str(codes) and len(acquired.sources[0]["sha256"]) == 64


def test_bounds_cut_the_extent(codes, tmp_path):
    bounds = [WEST + 30, NORTH - 90, WEST + 120, NORTH]
    stated = {"resolution_m": 30, "bounds": bounds}
    acquired = acquire_extent(Layer.parse({"file": str(codes)}), stated, Store(tmp_path))
    np.testing.assert_array_equal(acquired.data == 1, INSIDE[:, 1:])


def test_a_surveyed_raster_is_brought_onto_the_grid(codes, tmp_path):
    east = GeoBox((3, 4), from_origin(WEST + 60, NORTH, 30, 30), CRS)
    acquired = acquire_surveyed(Layer.parse({"file": str(codes)}), east, Store(tmp_path))
    np.testing.assert_array_equal(acquired.data[:, :2] == 1, INSIDE[:, 2:])
    assert np.isnan(acquired.data[:, 2:]).all()


def test_polygons_hold_the_cells_whose_centres_they_hold(grid, tmp_path):
    shapes = [
        box(WEST, NORTH - 90, WEST + 40, NORTH - 20),
        box(WEST + 50, NORTH - 20, WEST + 80, NORTH),
    ]
    # in degrees, and with a line that is no area
    frame = gpd.GeoDataFrame(
        geometry=[*shapes, LineString([(WEST, NORTH), (WEST + 120, NORTH - 90)])], crs=CRS
    ).to_crs("EPSG:4326")
    frame.to_file(tmp_path / "area.gpkg")
    acquired = acquire_surveyed(
        Layer.parse({"file": str(tmp_path / "area.gpkg")}), grid, Store(tmp_path)
    )
    expected = [[0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]]
    np.testing.assert_array_equal(acquired.data == 1, expected)


def test_an_area_elsewhere_or_of_nothing_is_named(codes, grid, tmp_path):
    far = GeoBox((3, 4), from_origin(WEST + 9000, NORTH, 30, 30), CRS)
    with pytest.raises(ValueError, match=r"codes.tif: no cell of the region lies in it; correct"):
        acquire_surveyed(Layer.parse({"file": str(codes)}), far, Store(tmp_path))
    line = LineString([(WEST, NORTH), (WEST + 120, NORTH - 90)])
    gpd.GeoDataFrame(geometry=[line], crs=CRS).to_file(tmp_path / "line.gpkg")
    with pytest.raises(ValueError, match=r"line.gpkg: holds no polygon; give the outline of the"):
        acquire_surveyed(Layer.parse({"file": str(tmp_path / "line.gpkg")}), grid, Store(tmp_path))
    gpd.GeoDataFrame(geometry=[box(0, 0, 9, 9)]).to_parquet(tmp_path / "area.parquet")
    with pytest.raises(ValueError, match=r"area.parquet: states no CRS; put the .prj next to it"):
        acquire_surveyed(
            Layer.parse({"file": str(tmp_path / "area.parquet")}), grid, Store(tmp_path)
        )
