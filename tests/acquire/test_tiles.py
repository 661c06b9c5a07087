"""Tiles of the user as one elevation model: right values come from the raster they were cut of."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from landshift.acquire.fetch.store import Store
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_dem, acquire_layer
from landshift.geodata.behind import FOLDERS_VARIABLE

WEST, NORTH = 500_010.0, 5_000_010.0
WHOLE = (np.arange(60 * 90).reshape(60, 90) % 97 + 500).astype(np.float32)
GRID = {"resolution_m": 30}


def write_tile(folder, name, rows, columns, *, values=WHOLE, mask=None, **changes):
    cut = values[rows, columns]
    profile = {
        "driver": "GTiff", "height": cut.shape[0], "width": cut.shape[1], "count": 1,
        "dtype": cut.dtype.name, "crs": "EPSG:32632",
        "transform": from_origin(WEST + 30 * columns.start, NORTH - 30 * rows.start, 30, 30),
    } | changes  # fmt: skip
    folder.mkdir(exist_ok=True)
    with rasterio.open(folder / name, "w", **profile) as sink:
        sink.write(cut, 1)
        if mask is not None:
            sink.write_mask(mask)
    return folder / name


@pytest.fixture
def tiles(tmp_path, monkeypatch):
    """Three of four quarters, the fourth of which is missing."""
    monkeypatch.setenv(FOLDERS_VARIABLE, "")
    folder = tmp_path / "tiles"
    halves = slice(0, 30), slice(30, 60)
    columns = slice(0, 50), slice(50, 90)
    write_tile(folder, "nw.tif", halves[0], columns[0])
    write_tile(folder, "ne.tif", halves[0], columns[1])
    write_tile(folder, "sw.tif", halves[1], columns[0], nodata=-9999)
    return folder


def read(file, tmp_path):
    return acquire_dem(Layer.parse({"file": str(file)}), GRID, Store(tmp_path / "cache"))


@pytest.mark.parametrize("name", ["", "*.tif"])
def test_a_folder_or_a_pattern_of_tiles_is_one_elevation_model(tiles, tmp_path, name):
    acquired = read(tiles / name, tmp_path)
    expected = WHOLE.copy()
    expected[30:, 50:] = np.nan
    np.testing.assert_array_equal(acquired.data, expected)
    corner = acquired.data.odc.geobox.boundingbox
    assert (corner.left, corner.top, corner.right) == (WEST, NORTH, WEST + 2700)
    named = [record["file"].rpartition("/")[2] for record in acquired.sources]
    assert named == ["ne.tif", "nw.tif", "sw.tif"]
    assert all(len(record["sha256"]) == 64 for record in acquired.sources)


def test_integers_with_one_mark_of_no_data_stay_exact(tiles, tmp_path):
    folder = tmp_path / "codes"
    codes = (np.arange(60 * 90).reshape(60, 90) % 7 + 1).astype(np.int16)
    for name, rows in (("a.tif", slice(0, 30)), ("b.tif", slice(30, 60))):
        write_tile(folder, name, rows, slice(0, 90), values=codes, nodata=-1)
    dem = read(tiles, tmp_path).data
    layer = Layer.parse({"file": str(folder), "kind": "class"})
    found = acquire_layer("soil", layer, dem.odc.geobox, Store(tmp_path / "cache")).data
    np.testing.assert_array_equal(found, codes)


def test_masked_cells_have_no_data(tiles, tmp_path):
    mask = np.full((30, 40), 255, np.uint8)
    mask[:, 10:] = 0
    write_tile(tiles, "se.tif", slice(30, 60), slice(50, 90), mask=mask)
    found = read(tiles, tmp_path).data.to_numpy()
    assert np.isnan(found[30:, 60:]).all() and not np.isnan(found[30:, :60]).any()


def test_of_tiles_that_overlap_the_last_by_name_is_seen(tiles, tmp_path):
    write_tile(tiles, "zz.tif", slice(10, 20), slice(0, 90), values=WHOLE + 1000)
    found = read(tiles, tmp_path).data.to_numpy()
    np.testing.assert_array_equal(found[10:20], WHOLE[10:20] + 1000)
    np.testing.assert_array_equal(found[:10], WHOLE[:10])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"crs": "EPSG:32633"}, "in the CRS (EPSG:32633, not EPSG:32632), so they are no tiles"),
        ({"transform": from_origin(WEST, NORTH, 25, 25)}, "differs from .* in the size of a cell"),
        ({"transform": from_origin(WEST + 10, NORTH, 30, 30)}, "its cells lie between those of"),
        ({"count": 2}, "expected a tile of one band, found 2"),
    ],
)
def test_what_is_no_tile_of_the_others_is_refused(tiles, tmp_path, changes, words):
    write_tile(tiles, "zz.tif", slice(0, 30), slice(0, 50), **changes)
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace(")", r"\)")):
        read(tiles, tmp_path)
