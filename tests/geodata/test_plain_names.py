"""Files are read and written under any name that the system allows."""

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.inventory.storage import load_inventory, write_inventory
from landshift.geodata.raster import open_raster, write_raster
from landshift.geodata.vectors import read_vector

NAMES = [
    "a!b", "{a", "<a", "a;b", "a#b", "a%41", "a b", "a\nb", "a'\"b", "ä漢", "a:b", "GPKG:a", "a?b",
    "-a", "$(x)", "a&b|c", "[a]", "~a", "a\\b", "zip+a", "vsizip",
]  # fmt: skip

POINTS = gpd.GeoDataFrame(
    {"id": ["1"], "date": ["2010"]}, geometry=gpd.points_from_xy([1], [2]), crs="EPSG:32632"
)


@pytest.fixture(params=["name of the file", "name of its folder"])
def place(request, tmp_path, monkeypatch):
    """Give the path of a file of a kind, in the working folder, with an odd name in it."""
    monkeypatch.chdir(tmp_path)

    def name(odd, ending):
        if request.param == "name of the file":
            return tmp_path / f"{odd}{ending}"
        (tmp_path / odd).mkdir()
        return tmp_path / odd / f"file{ending}"

    return name


@pytest.mark.parametrize("odd", NAMES)
def test_inventories_come_back(place, odd):
    path = place(odd, ".gpkg")
    write_inventory(path, POINTS)
    found, absences = load_inventory(path)
    assert found["date"].tolist() == ["2010"] and absences is None
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".shp"])
@pytest.mark.parametrize("odd", NAMES)
def test_files_of_the_user_are_read(place, tmp_path, odd, ending):
    plain = tmp_path / "plain"
    plain.mkdir()
    POINTS.to_file(plain / f"slides{ending}")
    path = place(odd, ending)
    for part in plain.iterdir():
        part.rename(path.with_suffix(part.suffix) if path.suffix == ending else path)
    assert len(read_vector(path, "points")) == 1


@pytest.mark.parametrize("odd", NAMES)
def test_rasters_come_back(place, odd):
    path = place(odd, ".tif")
    grid = GeoBox.from_bbox((0, 0, 300, 300), "EPSG:32632", resolution=30)
    values = wrap_xr(np.arange(100, dtype="float32").reshape(10, 10), grid)
    write_raster(values.assign_attrs(units="m", long_name="elevation"), path)
    np.testing.assert_array_equal(open_raster(path), values)
    np.testing.assert_array_equal(open_raster(path, chunks=4), values)


def test_equal_content_gives_equal_bytes_under_any_name(tmp_path):
    for name in ("plain.gpkg", "o!dd;.gpkg"):
        write_inventory(tmp_path / name, POINTS)
    assert (tmp_path / "plain.gpkg").read_bytes() == (tmp_path / "o!dd;.gpkg").read_bytes()
