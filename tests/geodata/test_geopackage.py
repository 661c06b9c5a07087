"""GeoPackages: the same bytes whenever they are written, and still whole."""

import sqlite3

import geopandas as gpd
import pytest
from shapely import Point

from landshift.geodata.geopackage import COUNTERS, write_geopackage


@pytest.fixture
def layers():
    points = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=[Point(1, 2), Point(3, 4)], crs=32632)
    return {"points": points, "nothing": points.iloc[:0]}


def test_how_often_a_file_was_changed_does_not_show(layers, tmp_path):
    write_geopackage(tmp_path / "one.gpkg", {"points": layers["points"]})
    write_geopackage(tmp_path / "two.gpkg", layers)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert {content[offset : offset + 4] for offset in COUNTERS} == {b"\0\0\0\1"}


def test_equal_content_gives_equal_bytes(layers, tmp_path):
    for name in ("first.gpkg", "second.gpkg"):
        write_geopackage(tmp_path / name, layers)
    assert (tmp_path / "first.gpkg").read_bytes() == (tmp_path / "second.gpkg").read_bytes()


def test_a_file_is_whole(layers, tmp_path):
    path = tmp_path / "layers.gpkg"
    write_geopackage(path, layers)
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert gpd.read_file(path, layer="points")["id"].tolist() == ["a", "b"]
    assert gpd.read_file(path, layer="nothing").empty
