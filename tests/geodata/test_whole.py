"""A raster that the disk had no room for never gets its name."""

import resource

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.geodata.raster import write_raster
from landshift.geodata.raster_errors import check_whole


@pytest.fixture
def noise():
    grid = GeoBox.from_bbox((0, 0, 30000, 30000), crs="EPSG:32632", resolution=30, tight=True)
    return wrap_xr(np.random.default_rng(1).random(grid.shape, dtype=np.float32), grid)


def test_a_raster_cut_by_a_full_disk_is_no_raster(noise, tmp_path):
    path = tmp_path / "noise.tif"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        with pytest.raises(OSError, match=r"/noise.tif: could not be written whole, most likely"):
            write_raster(noise, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_whole_rasters_pass_with_and_without_data(noise, tmp_path):
    write_raster(noise.where(noise.x < 900), tmp_path / "noise.tif")
    check_whole(tmp_path / "noise.tif")
