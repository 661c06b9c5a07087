"""A raster that the disk had no room for never gets its name."""

import resource
import signal
from contextlib import contextmanager

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.fetch.store import Store
from landshift.acquire.fetch.windows import fetch_window
from landshift.geodata.cog import write_cog
from landshift.geodata.raster import write_raster
from landshift.geodata.raster_errors import check_whole


@pytest.fixture
def noise():
    grid = GeoBox.from_bbox((0, 0, 30000, 30000), crs="EPSG:32632", resolution=30, tight=True)
    return wrap_xr(np.random.default_rng(1).random(grid.shape, dtype=np.float32), grid)


@contextmanager
def limited(size):
    """Let no file grow beyond a size [bytes], as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("limit", [0, 4096, 300_000, 2_500_000])
def test_a_raster_cut_by_a_full_disk_is_no_raster(noise, tmp_path, limit):
    path = tmp_path / "noise.tif"
    wanted = r"/noise.tif: could not be written whole, most likely"
    with limited(limit), pytest.raises(OSError, match=wanted):
        write_raster(noise, path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", [0, 4096, 300_000, 2_500_000])
def test_no_map_gets_its_name_from_a_full_disk(noise, tmp_path, limit):
    path = tmp_path / "map.tif"
    data = noise.rename("susceptibility").assign_attrs(units="1", long_name="susceptibility")
    with limited(limit), pytest.raises(OSError, match=r"/map.tif: could not be written whole"):
        write_cog(data, path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.attack
@pytest.mark.parametrize("limit", [0, 4096, 300_000, 2_500_000])
def test_no_window_enters_the_cache_from_a_full_disk(noise, tmp_path, limit):
    mirror = tmp_path / "mirror" / "example.org"
    mirror.mkdir(parents=True)
    write_raster(noise, mirror / "noise.tif")
    store = Store(tmp_path / "cache", str(tmp_path / "mirror"))
    url = "https://example.org/noise.tif"
    with limited(limit), pytest.raises(OSError, match="could not be written whole"):
        fetch_window(url, noise.odc.geobox, store)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert fetch_window(url, noise.odc.geobox, store).path.is_file()


def test_whole_rasters_pass_with_and_without_data(noise, tmp_path):
    write_raster(noise.where(noise.x < 900), tmp_path / "noise.tif")
    check_whole(tmp_path / "noise.tif")
