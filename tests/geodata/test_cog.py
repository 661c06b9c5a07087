import numpy as np
import pytest
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from rio_cogeo import cog_validate

from landshift.geodata.cog import write_cog, write_cogs
from landshift.geodata.raster import open_raster
from landshift.mapping.classes import CLASS_COLOURS

GRID = GeoBox.from_bbox((300_000, 3_960_000, 342_000, 4_000_020), "EPSG:32643", resolution=30)


@pytest.fixture
def susceptibility():
    rows, columns = np.indices(GRID.shape)
    values = ((rows + 2 * columns) % 997 / 1000).astype(np.float32)
    values[:600, :600] = np.nan
    attrs = {"units": "1", "long_name": "landslide susceptibility"}
    return xr.DataArray(
        values, dims=("y", "x"), coords=xr_coords(GRID), attrs=attrs, name="susceptibility"
    )


@pytest.fixture
def classes(susceptibility):
    codes = np.where(np.isnan(susceptibility), 0, susceptibility // 0.2 + 1).astype(np.uint8)
    result = susceptibility.copy(data=codes).rename("classes")
    result.attrs = {"units": "class", "nodata": 0}
    return result


def test_floats_come_back_as_a_valid_cog(susceptibility, tmp_path):
    path = tmp_path / "new" / "susceptibility.tif"
    write_cog(susceptibility, path, tags={"model": "v1"})
    valid, errors, warnings = cog_validate(path, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open(path) as source:
        assert source.overviews(1) == [2, 4]
        assert np.isnan(source.nodata)
        assert source.compression.name == "zstd"
        assert source.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
        assert source.tags()["model"] == "v1"
        assert source.tags(1)["units"] == "1"
        assert source.tags(1)["long_name"] == "landslide susceptibility"
        assert source.descriptions == ("susceptibility",)
        assert float(source.tags(1)["STATISTICS_MAXIMUM"]) == pytest.approx(0.996)
    back = open_raster(path)
    np.testing.assert_array_equal(back, susceptibility)
    assert back.odc.geobox == GRID


def test_codes_keep_colours_and_nodata(classes, tmp_path):
    path = tmp_path / "classes.tif"
    write_cog(classes, path, colours=dict(enumerate(CLASS_COLOURS, start=1)))
    valid, errors, warnings = cog_validate(path, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    with rasterio.open(path) as source:
        assert source.nodata == 0
        assert source.dtypes == ("uint8",)
        assert source.colormap(1)[5] == (0x8C, 0x2D, 0x04, 255)
        overview = source.read(1, out_shape=(source.height // 4, source.width // 4))
        assert set(np.unique(overview)) <= set(range(6))
    back = open_raster(path)
    np.testing.assert_array_equal(back, classes)
    assert back.attrs["nodata"] == 0


def test_same_data_give_the_same_bytes_chunked_or_not(susceptibility, classes, tmp_path):
    data = xr.Dataset({"susceptibility": susceptibility, "classes": classes})
    for run, each in {"a": data, "b": data, "c": data.chunk(y=100, x=300)}.items():
        write_cogs(each, {name: tmp_path / run / f"{name}.tif" for name in data})
    for name in data:
        first, second, chunked = ((tmp_path / run / f"{name}.tif").read_bytes() for run in "abc")
        assert first == second == chunked


@pytest.mark.parametrize(("size", "blocks"), [(512, 9), (700, 4), (300, 25)])
def test_every_block_is_computed_once_for_all_variables(susceptibility, tmp_path, size, blocks):
    calls = []

    def count(block):
        calls.append(block.shape)
        return block

    lazy = susceptibility.chunk(y=size, x=size)
    counted = lazy.copy(data=lazy.data.map_blocks(count, dtype=np.float32, meta=lazy.data._meta))
    data = xr.Dataset({"susceptibility": counted, "uncertainty": counted + 1})
    write_cogs(data, {name: tmp_path / f"{name}.tif" for name in data})
    assert len(calls) == blocks


def test_map_without_data_or_smaller_than_a_tile_is_valid(susceptibility, tmp_path):
    path = tmp_path / "empty.tif"
    write_cog(susceptibility.isel(y=slice(0, 90), x=slice(0, 70)), path)
    assert cog_validate(path, strict=True)[0]


def test_failure_leaves_nothing_behind(susceptibility, tmp_path):
    lazy = susceptibility.chunk(y=512)

    def fail(block):
        raise RuntimeError("broken block")

    broken = lazy.copy(data=lazy.data.map_blocks(fail, dtype=np.float32, meta=lazy.data._meta))
    with pytest.raises(RuntimeError, match="broken"):
        write_cog(broken, tmp_path / "map.tif")
    assert list(tmp_path.iterdir()) == []


def test_other_types_are_refused(classes, tmp_path):
    with pytest.raises(ValueError, match="int32"):
        write_cog(classes.astype(np.int32), tmp_path / "map.tif")
