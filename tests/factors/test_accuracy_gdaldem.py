"""Slope, aspect, ruggedness and roughness against GDAL's own program, where it is installed."""

import shutil
import subprocess

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.virtual.landscape import make_fractal_field
from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.geodata.raster import write_raster

pytestmark = pytest.mark.skipif(
    shutil.which("gdaldem") is None, reason="gdaldem (package gdal-bin) is not installed"
)

INSIDE = (slice(1, -1), slice(1, -1))
"""Without the outermost ring, where GDAL and Landshift extrapolate differently."""


@pytest.fixture(scope="module", params=[5.0, 30.0])
def dem(request):
    """A rough surface; GDAL sums in float32, and steps of 1/16 m keep its sums exact."""
    field = make_fractal_field(200, 0.8, np.random.default_rng(3))
    grid = GeoBox.from_bbox(
        (0, 0, 200 * request.param, 200 * request.param), "EPSG:32632", resolution=request.param
    )
    return wrap_xr((np.round((500 + 120 * field) * 16) / 16).astype(np.float32), grid)


@pytest.fixture(scope="module")
def factors(dem):
    return derive_terrain_factors(dem)


@pytest.fixture
def run_gdaldem(dem, tmp_path):
    """Run a mode of gdaldem on the surface."""

    def run(mode, *options):
        write_raster(dem.rename("dem"), tmp_path / "dem.tif")
        command = ["gdaldem", mode, tmp_path / "dem.tif", tmp_path / "out.tif", "-q", *options]
        subprocess.run(command, check=True)
        with rasterio.open(tmp_path / "out.tif") as source:
            return source.read(1, masked=True).filled(np.nan)[INSIDE]

    return run


def test_slope(factors, run_gdaldem):
    difference = factors.slope.values[INSIDE] - run_gdaldem("slope")
    assert np.abs(difference).max() < 1e-3


def test_aspect(factors, run_gdaldem):
    aspect = np.degrees(np.arctan2(factors.eastness.values, factors.northness.values))[INSIDE]
    expected = run_gdaldem("aspect")
    sloping = factors.slope.values[INSIDE] > 0
    assert (np.isnan(expected) == ~sloping).all()
    difference = (aspect - expected + 180) % 360 - 180
    assert np.abs(difference[sloping]).max() < 1e-3


def test_ruggedness_by_riley(factors, run_gdaldem):
    expected = run_gdaldem("TRI", "-alg", "Riley")
    found = factors.terrain_ruggedness.values[INSIDE] * factors.odc.geobox.resolution.x
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_roughness(factors, run_gdaldem):
    found = factors.roughness.values[INSIDE] * factors.odc.geobox.resolution.x
    np.testing.assert_allclose(found, run_gdaldem("roughness"), rtol=1e-6)
