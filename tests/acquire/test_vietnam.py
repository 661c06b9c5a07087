"""Real rasters of 28 million cells on three origins and two systems, brought onto one grid."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.warp import Resampling, reproject

from landshift.inventory import read_inventory
from landshift.raster import open_raster

from .conftest import load_main

FOLDER = Path(os.environ.get("LANDSHIFT_MIRROR", Path(__file__).parents[3] / "shared/data"))
FOLDER /= "vietnam_vgtb"
# 32649 at three origins, and 32648
LAYERS = ("Hangneigung", "Lithologie", "Landbedeckung", "Viewshed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the mirror of real data is not beside the repository"
    ),
]


@pytest.mark.parametrize("name", LAYERS)
def test_codes_are_brought_onto_one_grid_exactly(name, tmp_path):
    grid = FOLDER / "Hangneigung.tif"
    load_main("acquire_layer")(
        entry={"file": str(FOLDER / f"{name}.tif"), "kind": "class"}, dem=grid, cache=tmp_path,
        mirror=None, name="codes", layer=tmp_path / "codes.tif",
    )  # fmt: skip
    with rasterio.open(grid) as source:
        expected = np.zeros(source.shape, np.int32)
        target = {"dst_transform": source.transform, "dst_crs": source.crs}
    with rasterio.open(FOLDER / f"{name}.tif") as source:
        codes = source.read(1)
        codes = np.where(codes == source.nodata, 0, codes).astype(np.int32)
        reproject(
            codes, expected, src_transform=source.transform, src_crs=source.crs, src_nodata=0,
            dst_nodata=0, resampling=Resampling.nearest, **target,
        )  # fmt: skip
    aligned = open_raster(tmp_path / "codes.tif")
    assert aligned.odc.geobox == open_raster(grid).odc.geobox
    np.testing.assert_array_equal(aligned.to_numpy(), expected)
    assert np.isin(np.unique(aligned), np.unique(codes)).all()


def test_landslide_cells_are_an_inventory():
    path = FOLDER / "Hangrutschungen.tif"
    slides, _ = read_inventory(path)
    assert slides.crs.to_epsg() == 32648
    with rasterio.open(path) as source:
        cells = (source.read(1) != 0) & (source.read_masks(1) != 0)
    assert len(slides) > 100
    assert slides.area.sum() == pytest.approx(cells.sum() * 900)
