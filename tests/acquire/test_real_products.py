"""Real products under their public names, where they lie beside the repository."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.warp import Resampling, reproject, transform_bounds
from rasterio.windows import from_bounds

from landshift.acquire.fetch.store import Store
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_dem, acquire_layer
from landshift.acquire.recipes import RECIPES, list_tiles
from landshift.geodata.alignment import align_raster
from landshift.geodata.grids import plan_box
from landshift.geodata.raster import open_raster

from . import products
from .services import Services

REAL = Path(os.environ.get("LANDSHIFT_MIRROR", Path(__file__).parents[3] / "shared/data"))
TILE = REAL / "products/esa_worldcover/ESA_WorldCover_10m_2021_v200_N00E006_Map.tif"

SENTINEL = REAL / "products/sentinel2_puthumala"
DEM = REAL / "emilia_romagna_dem/dem_copernicus_10m_int16.tif"

pytestmark = pytest.mark.skipif(not TILE.is_file(), reason="real products are not beside it")


@pytest.fixture
def land_cover(tmp_path):
    """Services with the one real tile of ESA WorldCover."""
    (address,) = list_tiles(RECIPES["esa_worldcover"], (6.6, 0.1, 6.7, 0.3))
    path = products.place(tmp_path / "served", address)
    path.parent.mkdir(parents=True)
    path.symlink_to(TILE)
    with Services(tmp_path / "served") as services:
        yield services


def test_a_small_window_costs_less_than_a_fiftieth_of_the_tile(land_cover, tmp_path):
    box = (6.61, 0.175, 6.62, 0.18)
    grid = plan_box(resolution_m=30, box=box)
    layer = acquire_layer(
        "land_cover", Layer.parse({"recipe": "esa_worldcover"}), grid,
        Store(tmp_path / "cache", land_cover.address),
    )  # fmt: skip
    sent = sum(size for _, _, _, size in land_cover.log)
    print(f"{sent} bytes in {len(land_cover.log)} requests, {sent / TILE.stat().st_size:.2%}")
    assert sent < 0.02 * TILE.stat().st_size
    assert set(np.unique(layer.data)) <= {0, *RECIPES["esa_worldcover"].legend}
    with rasterio.open(TILE) as source:
        middle = source.read(1, window=from_bounds(*box, transform=source.transform))
    shares = [np.mean(values == 10) for values in (middle, layer.data.values)]
    assert abs(shares[0] - shares[1]) < 0.02


def test_a_real_image_comes_through_a_catalogue(tmp_path):
    with rasterio.open(SENTINEL / "B08.tif") as source:
        box = transform_bounds(source.crs, "EPSG:4326", *source.bounds)
    grid = plan_box(resolution_m=30, box=box)
    products.write_images(tmp_path / "served", grid, ["2019-12-20"])
    asset = next((tmp_path / "served").rglob("nir.tif"))
    asset.unlink()
    asset.symlink_to(SENTINEL / "B08.tif")
    entry = {
        "stac": RECIPES["sentinel2"].service, "collection": "sentinel-2-l2a", "asset": "nir",
        "dates": ["2019-12-01", "2019-12-31"],
    }  # fmt: skip
    with Services(tmp_path / "served") as services:
        nir = acquire_layer(
            "nir", Layer.parse(entry), grid, Store(tmp_path / "cache", services.address)
        ).data
    expected = align_raster(open_raster(SENTINEL / "B08.tif"), grid)
    # At the edge of the image the two warps differ in which cells they count as covered.
    inside = np.isfinite(nir) & np.isfinite(expected)
    assert inside.sum() > 0.95 * np.isfinite(nir).sum()
    np.testing.assert_allclose(nir.values[inside], expected.values[inside], rtol=1e-3)
    assert nir.attrs["resampling"] == "average"


@pytest.mark.slow
def test_the_real_elevation_cut_into_a_tile_comes_back(tmp_path):
    box = (11.30, 44.20, 11.34, 44.23)
    grid = plan_box(resolution_m=30, box=box)
    direct = np.full(grid.shape, np.nan, np.float32)
    with rasterio.open(DEM) as source:
        reproject(
            rasterio.band(source, 1), direct, dst_transform=grid.transform, dst_crs=str(grid.crs),
            dst_nodata=np.nan, resampling=Resampling.average,
        )  # fmt: skip
    products.cut_elevation(tmp_path / "served", box, DEM)
    (path,) = (tmp_path / "served").rglob("*.tif")
    with Services(tmp_path / "served") as services:
        dem = acquire_dem(
            Layer.parse({"recipe": "copernicus_dem"}), {"resolution_m": 30, "box": box},
            Store(tmp_path / "cache", services.address),
        ).data  # fmt: skip
        sent = sum(size for _, _, _, size in services.log)
    assert np.isfinite(dem).all() and dem.attrs["resampling"] == "cubic"
    assert np.median(np.abs(dem.values - direct)) < 1.5
    assert sent < 0.5 * path.stat().st_size
