"""Files that strangers send read nothing but themselves."""

import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.errors import RasterioIOError
from rasterio.transform import from_origin

from landshift.acquire.inventory.formats import read_mask
from landshift.geodata import vectors as vector_files
from landshift.geodata.behind import FOLDERS_VARIABLE
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster import open_raster
from landshift.runtime.gdal_drivers import FOLLOWING_DRIVERS, RASTER_DRIVERS, switch_off_drivers

pytestmark = pytest.mark.attack

SECRET = "key of the user, whose bytes nobody else may read"


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "private" / "secret"
    path.parent.mkdir()
    path.write_text(SECRET)
    return path


def describe_raw(path):
    return f"""<VRTDataset rasterXSize="{len(SECRET)}" rasterYSize="1">
<SRS>EPSG:32632</SRS><GeoTransform>500000, 10, 0, 5000000, 0, -10</GeoTransform>
<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
<SourceFilename relativeToVRT="0">{path}</SourceFilename><PixelOffset>1</PixelOffset>
</VRTRasterBand></VRTDataset>"""


def describe_raster(name, beside=1):
    return f"""<VRTDataset rasterXSize="4" rasterYSize="4">
<SRS>EPSG:32632</SRS><GeoTransform>500000, 10, 0, 5000000, 0, -10</GeoTransform>
<VRTRasterBand dataType="Float32" band="1"><SimpleSource>
<SourceFilename relativeToVRT="{beside}">{name}</SourceFilename><SourceBand>1</SourceBand>
</SimpleSource></VRTRasterBand></VRTDataset>"""


def write_raster(path):
    profile = {
        "driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "float32",
        "crs": "EPSG:32632", "transform": from_origin(500000, 5000000, 10, 10),
    }  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(path, "w", **profile) as sink:
        sink.write(np.arange(16, dtype="float32").reshape(1, 4, 4))


@pytest.mark.parametrize("ending", [".tif", ".asc", ".img", "", ".vrt"])
@pytest.mark.parametrize("read", [open_raster, read_mask, open_dataset])
def test_a_raster_that_describes_the_bytes_of_another_file_is_refused(
    tmp_path, secret, read, ending
):
    path = tmp_path / f"dem{ending}"
    path.write_text(describe_raw(secret))
    with pytest.raises((ValueError, RasterioIOError)):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        "<GDAL_WMS><Service name='TMS'><ServerUrl>{url}</ServerUrl></Service></GDAL_WMS>",
        "<WCS_GDAL><ServiceURL>{url}</ServiceURL><CoverageName>a</CoverageName></WCS_GDAL>",
        '{{"type": "FeatureCollection", "stac_version": "1.0.0", "features": []}}',
        "DatasetHeader Begin\n  Name = {secret}\nDatasetHeader End",
        "<GDALTileIndexDataset><IndexDataset>{secret}</IndexDataset></GDALTileIndexDataset>",
        "<MRF_META><Raster><DataFile>{secret}</DataFile></Raster></MRF_META>",
    ],
)
def test_a_raster_that_describes_a_service_or_an_index_is_refused(tmp_path, secret, content):
    path = tmp_path / "dem.tif"
    path.write_text(content.format(url="http://127.0.0.1:9/", secret=secret))
    with pytest.raises(ValueError, match=r"dem\.tif"):
        open_raster(path)


def test_a_vrt_of_rasters_beside_it_is_read(tmp_path):
    write_raster(tmp_path / "tiles" / "a.tif")
    (tmp_path / "dem.vrt").write_text(describe_raster("tiles/a.tif"))
    (tmp_path / "whole.vrt").write_text(describe_raster("dem.vrt"))
    np.testing.assert_array_equal(open_raster(tmp_path / "whole.vrt"), np.arange(16).reshape(4, 4))


def test_a_vrt_of_rasters_elsewhere_is_read_where_that_is_stated(tmp_path, monkeypatch):
    write_raster(tmp_path / "elsewhere" / "a.tif")
    (tmp_path / "study").mkdir()
    vrt = tmp_path / "study" / "dem.vrt"
    vrt.write_text(describe_raster(tmp_path / "elsewhere" / "a.tif", beside=0))
    with pytest.raises(ValueError, match=FOLDERS_VARIABLE):
        open_raster(vrt)
    monkeypatch.setenv(FOLDERS_VARIABLE, f"{tmp_path / 'other'}:{tmp_path / 'elsewhere'}")
    assert float(open_raster(vrt)[0, 1]) == 1


@pytest.mark.parametrize(
    "name",
    ["../private/secret", "{secret}", "/vsicurl/http://127.0.0.1:9/a.tif", "http://127.0.0.1:9/a",
     "NETCDF:{secret}:a", "link.tif", "hidden.tif"],
)  # fmt: skip
def test_a_vrt_names_nothing_but_rasters_of_the_study(tmp_path, secret, name):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "link.tif").symlink_to(secret)
    (folder / "hidden.tif").write_text(describe_raw(secret))
    vrt = folder / "dem.vrt"
    vrt.write_text(describe_raster(name.format(secret=secret)))
    with pytest.raises((ValueError, FileNotFoundError), match=r"dem\.vrt"):
        open_raster(vrt)


def test_a_lost_member_of_a_vrt_is_named(tmp_path):
    (tmp_path / "dem.vrt").write_text(describe_raster("tiles/lost.tif"))
    with pytest.raises(FileNotFoundError, match=r"dem\.vrt: names tiles/lost\.tif"):
        open_raster(tmp_path / "dem.vrt")


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".shp", ".kml", ".csv"])
@pytest.mark.parametrize(
    "content",
    [
        "<OGRVRTDataSource><OGRVRTLayer name='t'><SrcDataSource>{table}</SrcDataSource>"
        "<GeometryField encoding='PointFromColumns' x='x' y='y'/></OGRVRTLayer></OGRVRTDataSource>",
        '{{"a": "<OGRVRTDataSource><OGRVRTLayer name=\'t\'><SrcDataSource>{table}</SrcDataSource>'
        "<GeometryField encoding='PointFromColumns' x='x' y='y'/></OGRVRTLayer>"
        '</OGRVRTDataSource>"}}',
        "<OGRWFSDataSource><URL>http://127.0.0.1:9/</URL></OGRWFSDataSource>",
        "WFS:http://127.0.0.1:9/",
    ],
)
def test_a_vector_file_that_describes_another_one_is_refused(tmp_path, content, ending):
    table = tmp_path / "private.csv"
    table.write_text("name,x,y\nsecret,1,2\n")
    path = tmp_path / f"slides{ending}"
    path.write_text(content.format(table=table))
    with pytest.raises(ValueError, match="slides"):
        vector_files.read_vector(path, "inventory")


def test_sql_in_data_creates_no_file(tmp_path):
    database = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(_points(), database, driver="GPKG", layer="t")
    made = tmp_path / "made.db"
    path = tmp_path / "slides.geojson"
    path.write_text(
        f"<OGRVRTDataSource><OGRVRTLayer name='t'><SrcDataSource>{database}</SrcDataSource>"
        f"<SrcSQL>VACUUM INTO '{made}'</SrcSQL></OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(ValueError, match="slides"):
        vector_files.read_vector(path, "inventory")
    assert not made.exists()


def _points():
    import geopandas as gpd

    return gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([1], [2]), crs="EPSG:4326")


def test_the_drivers_that_follow_names_are_off_in_both_copies_of_gdal():
    with rasterio.Env() as environment:
        assert not set(FOLLOWING_DRIVERS) & {*environment.drivers(), *pyogrio.list_drivers()}
        assert set(RASTER_DRIVERS) <= set(environment.drivers())


@pytest.mark.parametrize("stated", ["", "PDF", "PDF OpenFileGDB", "PDF,OpenFileGDB"])
def test_what_the_user_switched_off_stays_off(monkeypatch, stated):
    monkeypatch.setenv("GDAL_SKIP", stated)
    switch_off_drivers()
    switch_off_drivers()
    import os

    names = os.environ["GDAL_SKIP"].split(",")
    wanted = {*FOLLOWING_DRIVERS, *stated.replace(",", " ").split()}
    assert set(names) == wanted and len(names) == len(wanted)
