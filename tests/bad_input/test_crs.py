"""A CRS that leads nowhere is refused by every reader of a stranger's file."""

import pyproj
import pytest

from landshift.acquire.inventory.reading import read_inventory
from landshift.geodata.crs import check_crs
from landshift.geodata.raster import open_raster
from landshift.geodata.vectors import read_lines
from landshift.report.priorities.exposure import read_exposure

from .conftest import CRS, write_slides, write_tif

pytestmark = pytest.mark.attack

# a map of no size: every place of the Earth is its centre
NOWHERE = (
    pyproj.CRS("+proj=tmerc +lon_0=9 +k=0.5 +x_0=500000 +ellps=WGS84")
    .to_wkt()
    .replace('"Scale factor at natural origin",0.5', '"Scale factor at natural origin",0')
)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
def test_a_crs_that_leads_nowhere_is_refused(tmp_path):
    grid = open_raster(write_tif(tmp_path / "sound.tif")).odc.geobox
    raster = write_tif(tmp_path / "a.tif", crs=NOWHERE)
    vector = write_slides(tmp_path / "a.gpkg", crs=NOWHERE)
    table = tmp_path / "a.csv"
    table.write_text("x,y\n500100,4999900\n")
    for read in (
        lambda: open_raster(raster),
        lambda: read_exposure(raster, grid),
        lambda: read_exposure(vector, grid),
        lambda: read_lines(vector, grid),
        lambda: read_inventory(vector),
        lambda: read_inventory(table, crs=NOWHERE),
    ):
        with pytest.raises(ValueError, match=r"/a\.\w+: its CRS leads to no place on the Earth"):
            read()


@pytest.mark.parametrize("crs", [CRS, "EPSG:4326", "EPSG:5514", "ESRI:54009", "EPSG:7415"])
def test_a_crs_of_the_earth_is_taken(crs):
    assert check_crs("a.tif", pyproj.CRS(crs)) is None
