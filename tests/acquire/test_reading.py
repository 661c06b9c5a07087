"""Inventories that are folders: all files are one inventory, whatever their kind and CRS."""

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from shapely import box

from landshift.acquire.inventory.cleaning import clean_inventory
from landshift.acquire.inventory.reading import gather_inventory, read_inventory

CRS = "EPSG:32632"


@pytest.fixture
def folder(tmp_path):
    """Points in a table, and one of them with others in a GeoPackage of degrees."""
    (tmp_path / "a.csv").write_text("x,y,year,kind\n500100,4999900,2010,slide\n500200,4999800,,x\n")
    points = gpd.points_from_xy([500_100.0, 500_400.0], [4_999_900.0, 4_999_600.0], crs=CRS)
    table = gpd.GeoDataFrame({"year": [2010, 2021], "kind": ["slide", "x"]}, geometry=points)
    table.to_file(tmp_path / "winter.gpkg")
    return tmp_path


def test_a_file_is_read_as_ever(folder):
    gathered, _ = gather_inventory(folder / "winter.gpkg")
    assert gathered.equals(read_inventory(folder / "winter.gpkg")[0])


def test_files_of_a_folder_are_one_inventory(folder):
    landslides, absences = gather_inventory(folder, crs=CRS)
    assert list(landslides["id"]) == ["a:1", "a:2", "winter:1", "winter:2"]
    assert list(landslides["date"].fillna("")) == ["2010", "", "2010", "2021"]
    assert list(landslides.geometry.x) == [500_100, 500_200, 500_100, 500_400]
    assert absences is None


def test_absences_are_joined_too(folder):
    landslides, absences = gather_inventory(folder, crs=CRS, label="kind", presence=["slide"])
    assert list(landslides["id"]) == ["a:1", "winter:1"]
    assert list(absences["id"]) == ["a:2", "winter:2"]


def test_files_of_other_systems_come_into_that_of_the_first(tmp_path):
    for name, crs in (("a", CRS), ("b", "EPSG:4326")):
        shape = gpd.GeoSeries([box(500_000, 5_000_000, 500_100, 5_000_100)], crs=CRS)
        gpd.GeoDataFrame(geometry=shape.to_crs(crs)).to_file(tmp_path / f"{name}.gpkg")
    landslides, _ = gather_inventory(tmp_path)
    assert landslides.crs == CRS
    assert np.allclose(landslides.bounds.iloc[0], landslides.bounds.iloc[1], atol=1e-3)


def test_landslides_that_stand_in_two_files_count_once(folder):
    landslides, _ = gather_inventory(folder, crs=CRS)
    grid = GeoBox.from_bbox((500_000, 4_999_000, 501_000, 5_000_000), CRS, resolution=50)
    _, counts = clean_inventory(landslides, xr_zeros(grid, dtype="float32"))
    assert (counts["read"], counts["duplicate"], counts["kept"]) == (4, 1, 3)


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no inventory; put one there"):
        gather_inventory(tmp_path)


def test_a_file_that_is_no_inventory_is_named(folder):
    (folder / "slides.xyz").write_text("nothing")
    with pytest.raises(ValueError, match=r"slides\.xyz: no inventory that can be read"):
        gather_inventory(folder, crs=CRS)
