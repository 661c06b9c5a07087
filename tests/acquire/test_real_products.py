"""Real products under their public names, where they lie beside the repository."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import from_bounds

from landshift.acquire import acquire_layer
from landshift.acquire.recipes import RECIPES
from landshift.acquire.tiles import list_tiles
from landshift.grids import plan_box

from . import products
from .services import Services

REAL = Path(os.environ.get("LANDSHIFT_MIRROR", Path(__file__).parents[3] / "shared/data"))
TILE = REAL / "products/esa_worldcover/ESA_WorldCover_10m_2021_v200_N00E006_Map.tif"

pytestmark = pytest.mark.skipif(not TILE.is_file(), reason="real products are not beside it")


@pytest.fixture
def land_cover(tmp_path):
    """Services with the one real tile of ESA WorldCover."""
    address = list_tiles(RECIPES["esa_worldcover"], (6.6, 0.1, 6.7, 0.3))[0]
    path = products.place(tmp_path / "served", address)
    path.parent.mkdir(parents=True)
    path.symlink_to(TILE)
    with Services(tmp_path / "served") as services:
        yield services


def test_a_small_window_costs_less_than_a_fiftieth_of_the_tile(land_cover, tmp_path):
    box = (6.61, 0.175, 6.62, 0.18)
    grid = plan_box(resolution_m=30, box=box)
    layer = acquire_layer(
        "land_cover", {"recipe": "esa_worldcover"}, grid,
        cache=tmp_path / "cache", mirror=land_cover.address,
    )  # fmt: skip
    sent = sum(size for _, _, _, size in land_cover.log)
    print(f"{sent} bytes in {len(land_cover.log)} requests, {sent / TILE.stat().st_size:.2%}")
    assert sent < 0.02 * TILE.stat().st_size
    assert set(np.unique(layer.data)) <= {0, *RECIPES["esa_worldcover"].legend}
    with rasterio.open(TILE) as source:
        middle = source.read(1, window=from_bounds(*box, transform=source.transform))
    shares = [np.mean(values == 10) for values in (middle, layer.data.values)]
    assert abs(shares[0] - shares[1]) < 0.02
