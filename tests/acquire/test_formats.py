"""What people have: tables with usual names, masks of cells, periods and types."""

import logging

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import box

from landshift.acquire.inventory.columns import COORDINATES
from landshift.acquire.inventory.reading import read_inventory

CRS = "EPSG:32632"


@pytest.mark.parametrize(
    "names", [*COORDINATES, ("X Coord.", "Y Coord."), ("LONGITUDE", "Latitude")]
)
def test_usual_names_of_coordinates_are_recognised(tmp_path, names, caplog):
    path = tmp_path / "slides.csv"
    path.write_text(f"name,{names[1]},{names[0]}\na,2,1\n")
    with caplog.at_level(logging.INFO):
        slides, _ = read_inventory(path, crs=CRS)
    assert (slides.geometry.x[0], slides.geometry.y[0]) == (1, 2)
    assert f"coordinates are taken from the columns {names[0]} and {names[1]}" in caplog.text


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_byte_order_marks_are_recognised(tmp_path, separator):
    path = tmp_path / "slides.csv"
    text = "x,y,Year,elev\n1,2,2010,35\n".replace(",", separator)
    path.write_text(text, encoding="utf-8-sig")
    slides, _ = read_inventory(path, crs=CRS)
    assert list(slides.columns) == ["id", "date", "geometry", "elevation_m"]
    assert slides.date[0] == "2010" and slides.elevation_m[0] == 35


def test_a_usual_column_without_dates_is_no_date(tmp_path, caplog):
    path = tmp_path / "slides.csv"
    path.write_text("x,y,date\n1,2,spring\n")
    slides, _ = read_inventory(path, crs=CRS)
    assert slides.date.isna().all()
    assert (
        "date in row 1 is 'spring'; write dates as 2015 or 2015-08-31; its dates are" in caplog.text
    )


def test_types_are_kept_by_meaning(tmp_path):
    path = tmp_path / "slides.csv"
    path.write_text("x,y,kind\n1,2,Debris Flow\n3,4,1.0\n")
    slides, _ = read_inventory(path, crs=CRS, type="kind")
    assert list(slides["type"]) == ["debris flow", "1"]


def write_mask(path, cells, **profile):
    values = np.zeros((6, 8), np.uint8)
    for (row, column), value in cells.items():
        values[row, column] = value
    profile = {
        "driver": "GTiff", "height": 6, "width": 8, "count": 1, "dtype": "uint8", "crs": CRS,
        "transform": from_origin(500000, 5000180, 30, 30),
    } | profile  # fmt: skip
    with rasterio.open(path, "w", **profile) as sink:
        sink.write(values, 1)


def test_patches_of_a_mask_are_landslides(tmp_path):
    path = tmp_path / "mask.tif"
    write_mask(path, {(0, 0): 1, (0, 1): 1, (3, 3): 1, (4, 4): 1, (5, 7): 2})
    slides, absences = read_inventory(path)
    assert absences is None and slides.crs.to_epsg() == 32632
    assert sorted(slides.area) == [900, 1800, 1800]
    assert slides.geometry[0].equals(box(500000, 5000150, 500060, 5000180))
    ones, others = read_inventory(path, label="value", presence=[1])
    assert len(ones) == 2 and list(others.area) == [900]


def test_no_data_in_a_mask_is_no_landslide(tmp_path):
    path = tmp_path / "mask.tif"
    write_mask(path, {(0, 0): 1, (3, 3): 255}, nodata=255)
    assert len(read_inventory(path)[0]) == 1


def test_a_mask_needs_a_crs_like_all_others(tmp_path):
    path = tmp_path / "mask.tif"
    write_mask(path, {(0, 0): 1}, crs=None)
    with pytest.raises(ValueError, match="states no CRS"):
        read_inventory(path)
    assert read_inventory(path, crs=CRS)[0].crs.to_epsg() == 32632


def test_geojson_in_metres_without_crs_is_refused(tmp_path):
    path = tmp_path / "slides.geojson"
    slides = gpd.GeoDataFrame(geometry=[box(500000, 5000000, 500100, 5000100)], crs=CRS)
    slides.set_crs(4326, allow_override=True).to_file(path)
    with pytest.raises(ValueError, match="its coordinates are no degrees"):
        read_inventory(path)
