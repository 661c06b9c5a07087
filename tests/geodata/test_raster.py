"""Rasters: what is written comes back, warping keeps means, and no half-written file stays."""

import dask
import dask.array as da
import numpy as np
import pyproj
import pytest
import rasterio
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from landshift.geodata import raster
from landshift.geodata.alignment import align_raster
from landshift.geodata.raster import (
    open_raster,
    read_factors,
    wrap_like,
    write_factors,
    write_raster,
)
from landshift.runtime.files import unfinished


def make_grid(rows, columns, resolution=30, west=300_000, north=4_000_020, crs="EPSG:32643"):
    bounds = (west, north - rows * resolution, west + columns * resolution, north)
    return GeoBox.from_bbox(bounds, crs=crs, resolution=resolution, tight=True)


def as_raster(values, grid, **attrs):
    return xr.DataArray(values, dims=("y", "x"), coords=xr_coords(grid), attrs=attrs)


def assert_same(found, expected):
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())
    assert found.dtype == expected.dtype
    assert found.odc.geobox == expected.odc.geobox


@pytest.fixture
def slope():
    values = np.random.default_rng(1).uniform(0, 60, (40, 70)).astype(np.float32)
    values[3:6, 10:20] = np.nan
    return as_raster(values, make_grid(40, 70), units="degree", long_name="slope").rename("slope")


@pytest.fixture
def lithology():
    codes = np.random.default_rng(2).integers(0, 9, (40, 70)).astype(np.int32)
    return as_raster(codes, make_grid(40, 70), nodata=0).rename("lithology")


def test_a_band_comes_back(slope, tmp_path):
    write_raster(slope, tmp_path / "slope.tif")
    found = open_raster(tmp_path / "slope.tif")
    assert_same(found, slope)
    assert found.dims == ("y", "x")
    assert found.attrs == {"units": "degree", "long_name": "slope"}


def test_a_unit_of_one_stays_a_text(slope, tmp_path):
    write_raster(slope.assign_attrs(units="1"), tmp_path / "slope.tif")
    assert open_raster(tmp_path / "slope.tif").attrs["units"] == "1"


def test_a_band_comes_back_in_chunks(slope, tmp_path):
    write_raster(slope, tmp_path / "slope.tif")
    found = open_raster(tmp_path / "slope.tif", chunks=16)
    assert isinstance(found.data, da.Array)
    assert max(found.data.chunksize) <= 16
    assert_same(found, slope)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("crs", ["EPSG:32643", "EPSG:4326"])
def test_a_raster_is_the_same_as_a_whole_and_in_chunks(tmp_path, dtype, crs):
    profile = {"driver": "GTiff", "height": 30, "width": 20, "count": 1, "dtype": dtype}
    profile |= {"crs": crs, "transform": Affine(0.1, 0, 7.3, 0, -0.1, 45.7), "nodata": 7}
    values = np.random.default_rng(3).integers(0, 9, (30, 20)).astype(dtype)
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as sink:
        sink.write(values, 1)
    whole, one, many = (open_raster(tmp_path / "a.tif", chunks=size) for size in (None, 30, 16))
    assert whole.chunks is None and one.chunks is None and many.chunks is not None
    for found in (one, many.compute()):
        xr.testing.assert_identical(found, whole)
    assert np.isnan(whole.to_numpy()).sum() == (values == 7).sum()


def test_class_codes_come_back(lithology, tmp_path):
    write_raster(lithology, tmp_path / "lithology.tif")
    found = open_raster(tmp_path / "lithology.tif")
    assert_same(found, lithology)
    assert found.attrs["nodata"] == 0


def test_integers_that_are_no_classes_become_floats(tmp_path):
    grid = make_grid(2, 3)
    profile = {"driver": "GTiff", "height": 2, "width": 3, "count": 1, "dtype": "int16"}
    profile |= {"crs": "EPSG:32643", "transform": grid.transform, "nodata": -9999}
    with rasterio.open(tmp_path / "dem.tif", "w", **profile) as sink:
        sink.write(np.array([[1, 2, -9999], [4, 5, 6]], np.int16), 1)
    found = open_raster(tmp_path / "dem.tif")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[1, 2, np.nan], [4, 5, 6]])


def test_factors_come_back_by_name(slope, tmp_path):
    relief = (2 * slope).rename("relief").assign_attrs(units="m", long_name="local relief")
    data = xr.Dataset({"slope": slope, "relief": relief})
    write_factors(data, tmp_path / "terrain.tif", tags={"region": "alder"})
    found = read_factors([tmp_path / "terrain.tif"])
    assert list(found) == ["slope", "relief"]
    for name in found:
        assert_same(found[name], data[name])
        assert found[name].attrs == {key: data[name].attrs[key] for key in ("units", "long_name")}
    with rasterio.open(tmp_path / "terrain.tif") as source:
        assert source.descriptions == ("slope", "relief")
        assert source.tags()["region"] == "alder"


def test_dask_and_memory_write_the_same_file(tmp_path):
    # taller than one row of tiles, so that the strips have to meet
    values = np.random.default_rng(3).normal(size=(1100, 20)).astype(np.float32)
    eager = as_raster(values, make_grid(1100, 20)).rename("slope")
    write_raster(eager, tmp_path / "eager.tif")
    write_raster(eager.chunk({"y": 300, "x": 7}), tmp_path / "lazy.tif")
    assert (tmp_path / "eager.tif").read_bytes() == (tmp_path / "lazy.tif").read_bytes()
    assert_same(open_raster(tmp_path / "lazy.tif"), eager)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_chunk_is_computed_once(tmp_path, workers):
    """Whatever the number of bands, and however many tiles are computed at once."""
    grid = make_grid(600, 1100)
    values = np.random.default_rng(5).normal(size=(600, 1100)).astype(np.float32)
    calls = []

    def double(block):
        calls.append(block.shape)
        return 2 * block

    source = da.from_array(values, chunks=raster.BLOCK)
    doubled = source.map_blocks(double, dtype=np.float32, meta=source._meta)
    bands = {"slope": 1, "relief": 3}
    data = xr.Dataset({name: as_raster(doubled, grid) * times for name, times in bands.items()})
    with dask.config.set(num_workers=workers):
        write_factors(data, tmp_path / "factors.tif")
    assert sorted(calls) == sorted((h, w) for h in (512, 88) for w in (512, 512, 76))
    found = read_factors([tmp_path / "factors.tif"])
    for name, times in bands.items():
        np.testing.assert_array_equal(found[name], 2 * values * np.float32(times))


def test_factors_of_several_files_are_chosen_in_order(slope, tmp_path):
    for name in ("slope", "relief", "wetness"):
        write_raster(slope.rename(name), tmp_path / f"{name}.tif")
    files = [tmp_path / f"{name}.tif" for name in ("slope", "relief", "wetness")]
    assert list(read_factors(files, names=["wetness", "slope"], chunks=32)) == ["wetness", "slope"]


def test_a_factor_in_no_file_is_named(slope, tmp_path):
    write_raster(slope, tmp_path / "slope.tif")
    with pytest.raises(ValueError, match=r"no file holds the factors \['twi'\].*\['slope'\]"):
        read_factors([tmp_path / "slope.tif"], names=["slope", "twi"])


def test_files_on_different_grids_are_refused(slope, tmp_path):
    write_raster(slope, tmp_path / "slope.tif")
    write_raster(slope[1:], tmp_path / "cut.tif")
    with pytest.raises(ValueError, match=r"cut\.tif: its grid differs"):
        read_factors([tmp_path / "slope.tif", tmp_path / "cut.tif"])


def test_one_of_several_bands_is_opened_by_its_number_or_description(slope, tmp_path):
    write_factors(xr.Dataset({"a": slope, "b": slope * 2}), tmp_path / "two.tif")
    with pytest.raises(ValueError, match=r"two\.tif: has 2 bands \(a, b\); state which one by"):
        open_raster(tmp_path / "two.tif")
    for chunks in (None, 16):
        for band, times in ((1, 1), (2, 2), ("a", 1), ("b", 2)):
            opened = open_raster(tmp_path / "two.tif", band=band, chunks=chunks)
            np.testing.assert_array_equal(opened, slope * times)
    for wrong in (0, 3, "c", "1"):
        with pytest.raises(ValueError, match=f"band {wrong} is not one of them"):
            open_raster(tmp_path / "two.tif", band=wrong)


def test_an_aligned_raster_is_returned_as_it_is(slope):
    assert align_raster(slope, make_grid(40, 70)) is slope


def test_coarsening_takes_the_mean_of_the_cells(slope):
    filled = slope.fillna(30.0)
    aligned = align_raster(filled, make_grid(8, 14, resolution=150))
    expected = filled.to_numpy().reshape(8, 5, 14, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(aligned, expected, rtol=1e-5)
    assert aligned.attrs == {"units": "degree", "long_name": "slope", "resampling": "average"}


def test_coarsening_leaves_cells_without_data_out(slope):
    aligned = align_raster(slope, make_grid(8, 14, resolution=150))
    blocks = slope.to_numpy().reshape(8, 5, 14, 5)
    np.testing.assert_allclose(aligned, np.nanmean(blocks, axis=(1, 3)), rtol=1e-5)


def test_refining_a_plane_keeps_the_plane():
    coarse = make_grid(20, 20, resolution=90)
    x, y = np.meshgrid(xr_coords(coarse)["x"], xr_coords(coarse)["y"])
    plane = as_raster((0.1 * (x - 300_000) + 0.2 * (y - 4_000_000)).astype(np.float32), coarse)
    fine = align_raster(plane, make_grid(60, 60))
    x, y = np.meshgrid(fine["x"], fine["y"])
    expected = 0.1 * (x - 300_000) + 0.2 * (y - 4_000_000)
    inside = (slice(3, -3), slice(3, -3))
    assert fine.attrs["resampling"] == "bilinear"
    np.testing.assert_allclose(fine.to_numpy()[inside], expected[inside], atol=1e-2)


@pytest.mark.parametrize(
    ("resolution", "resampling"),
    [(44, "cubic"), (45, "average"), (21, "cubic"), (20, "bilinear"), (30, "cubic")],
)
def test_cells_of_nearly_one_size_are_resampled_by_cubic_convolution(resolution, resampling, slope):
    shifted = make_grid(20, 20, resolution=resolution, west=300_010)
    assert align_raster(slope, shifted).attrs["resampling"] == resampling


def test_a_named_resampling_wins(slope):
    aligned = align_raster(slope, make_grid(8, 14, resolution=150), resampling="nearest")
    assert aligned.attrs["resampling"] == "nearest"
    np.testing.assert_array_equal(aligned, slope.to_numpy()[2::5, 2::5])


def test_beyond_the_raster_there_is_no_data(slope):
    wider = make_grid(60, 90, west=300_000 - 300, north=4_000_020 + 300)
    aligned = align_raster(slope, wider).to_numpy()
    np.testing.assert_array_equal(aligned[10:50, 10:80], slope)
    aligned[10:50, 10:80] = np.nan
    assert np.isnan(aligned).all()


def test_classes_are_never_averaged(lithology):
    aligned = align_raster(lithology, make_grid(8, 14, resolution=150), resampling="nearest")
    assert aligned.dtype == np.int32
    # nearest takes the middle one of five by five
    np.testing.assert_array_equal(aligned, lithology.to_numpy()[2::5, 2::5])
    refined = align_raster(lithology, make_grid(80, 140, resolution=15))
    assert refined.attrs["resampling"] == "nearest"
    np.testing.assert_array_equal(refined, np.kron(lithology.to_numpy(), np.ones((2, 2), int)))


def test_the_majority_of_classes_wins_in_larger_cells():
    codes = np.full((10, 10), 3, np.int32)
    codes[:5, :5] = 8
    codes[0, :3] = 3
    codes[5:, :4] = -1  # no class: the five cells with one decide
    codes[5:, 5:] = -1
    known = as_raster(codes, make_grid(10, 10), nodata=-1)
    aligned = align_raster(known, make_grid(2, 2, resolution=150))
    assert aligned.attrs["resampling"] == "mode"
    np.testing.assert_array_equal(aligned, [[8, 3], [3, -1]])


@pytest.fixture
def geographic(tmp_path):
    """One arc second over a tenth of a degree, about 26 by 31 m."""
    grid = GeoBox.from_bbox((73.0, 34.0, 73.1, 34.1), crs="EPSG:4326", resolution=1 / 3600)
    profile = {"driver": "GTiff", "height": grid.height, "width": grid.width, "count": 1}
    profile |= {"dtype": "float32", "crs": "EPSG:4326", "transform": grid.transform}
    with rasterio.open(tmp_path / "geographic.tif", "w", **profile) as sink:
        sink.write(np.ones(grid.shape, np.float32), 1)
    return open_raster(tmp_path / "geographic.tif")


# odc-geo 0.5 warps the outline through a function that shapely 2.2 deprecates
@pytest.mark.parametrize(
    ("resolution", "resampling"), [(90, "average"), (30, "cubic"), (10, "bilinear")]
)
def test_degrees_are_compared_in_metres(resolution, resampling, geographic):
    to_metres = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32643", always_xy=True)
    x, y = to_metres.transform(73.05, 34.05)
    around = (x - 900, y - 900, x + 900, y + 900)
    aligned = align_raster(
        geographic, GeoBox.from_bbox(around, crs="EPSG:32643", resolution=resolution)
    )
    assert aligned.attrs["resampling"] == resampling
    assert aligned.dims == ("y", "x")
    np.testing.assert_allclose(aligned, 1, rtol=1e-6)


def test_wrapped_values_have_their_own_name_and_unit(slope):
    values = np.zeros(slope.shape, np.float32)
    wrapped = wrap_like(values, slope, name="twi", units="ln(m)", long_name="wetness")
    assert wrapped.name == "twi"
    assert wrapped.attrs == {"units": "ln(m)", "long_name": "wetness"}
    assert_same(wrapped, slope.copy(data=values))
    assert slope.attrs == {"units": "degree", "long_name": "slope"}


def test_a_finished_file_appears_under_its_name(tmp_path):
    with unfinished(tmp_path / "new" / "file.txt") as partial:
        partial.write_text("done")
        assert not (tmp_path / "new" / "file.txt").exists()
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["file.txt"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    (tmp_path / "file.txt").write_text("before")
    with (
        pytest.raises(RuntimeError, match="half way"),
        unfinished(tmp_path / "file.txt") as partial,
    ):
        partial.write_text("half")
        raise RuntimeError("half way")
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]
    assert (tmp_path / "file.txt").read_text() == "before"


def test_a_failed_raster_leaves_nothing_behind(slope, tmp_path):
    def fail(block):
        raise RuntimeError("no more data")

    broken = slope.copy(
        data=da.from_array(slope.to_numpy(), chunks=16).map_blocks(fail, dtype="f4")
    )
    with pytest.raises(RuntimeError, match="no more data"):
        write_raster(broken, tmp_path / "slope.tif")
    assert list(tmp_path.iterdir()) == []


def test_grids_that_differ_in_extent_alone_are_cut_and_not_interpolated(slope):
    own = slope.odc.geobox
    wider = GeoBox(
        (own.height + 2, own.width + 3), own.affine * Affine.translation(-1, -2), own.crs
    )
    aligned = align_raster(slope, wider)
    assert aligned.attrs["resampling"] == "nearest"
    np.testing.assert_array_equal(aligned[2:, 1:-2], slope)
    assert np.isnan(aligned[:2]).all() and np.isnan(aligned[:, -2:]).all()
