"""What is no land in an elevation model: seas, lakes, and undeclared marks of no data."""

import json

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio.transform import from_origin
from scipy import ndimage

from landshift.acquire.fetch.store import Store
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_dem, acquire_layer
from landshift.acquire.layers.water import IN_LAKE, IN_SEA, bridge_gaps, find_mark, find_water
from landshift.factors.drainage.derive import measure_lost
from landshift.geodata.raster import open_raster

from .conftest import NORTH, WEST, load_main, write_tif

CELL_M2 = 900.0


def make_relief(cells=120, low=440.0):
    """Make hills from `low` to some 320 m above it, no two neighbours of which are alike."""
    y, x = np.mgrid[:cells, :cells]
    relief = low + 160 + 160 * np.sin(x / 9.3) * np.cos(y / 11.7) + 1e-3 * x
    return relief.astype(np.float32)


def make_coast(cells=120, *, rise=1.0):
    """Make a sea at 0 m in the west, and land that rises from there, 1 m in the first cell."""
    y, x = np.mgrid[:cells, :cells]
    land = rise * (x - cells // 2 + 1) + 0.3 * np.sin(y / 5.0) * (x - cells // 2)
    return np.where(x < cells // 2, 0, land).astype(np.float32)


def run(tmp_path, values, *, grid=None, **entry):
    """Acquire an elevation model: in its detail, on the grid, and its notes."""
    path = write_tif(tmp_path / "dem.tif", values)
    return run_file(tmp_path, path, grid=grid, **entry)


def run_file(tmp_path, path, *, grid=None, **entry):
    outputs = {name: tmp_path / f"out_{name}.tif" for name in ("detail", "dem")}
    load_main("acquire_dem")(
        entry={"file": str(path)} | entry, grid=grid or {"resolution_m": 30},
        store=Store(tmp_path / "cache"), record=tmp_path / "out.json", **outputs,
    )  # fmt: skip
    notes = json.loads((tmp_path / "out.json").read_text()).get("notes", [])
    return *(open_raster(path) for path in outputs.values()), notes


def test_zeros_far_below_the_rest_are_no_data(tmp_path, caplog):
    relief = make_relief()
    values = relief.copy()
    values[60:, :60] = 0
    detail, dem, notes = run(tmp_path, values)
    expected = np.where(values == 0, np.nan, relief)
    np.testing.assert_array_equal(detail, expected)
    np.testing.assert_array_equal(dem, expected)
    assert notes == [
        f"{tmp_path / 'dem.tif'}: 25.0% of its cells are 0, far from all cells next to them; taken "
        "for no data; declare it: `nodata` of dem"
    ]
    assert notes[0] in caplog.messages


def test_zeros_that_are_declared_need_no_word(tmp_path):
    values = make_relief()
    values[60:, :60] = 0
    detail, _, notes = run(tmp_path, values, nodata=0.0)
    assert np.isnan(detail).mean() == 0.25 and notes == []


def test_the_gap_of_a_mosaic_leaves_no_walls(tmp_path):
    relief = make_relief().astype(np.int16)
    sources = ""
    for name, row, column in (("a", 0, 0), ("b", 0, 60), ("c", 60, 60)):
        place = from_origin(WEST + 30 * column, NORTH - 30 * row, 30, 30)
        tile = relief[row : row + 60, column : column + 60]
        write_tif(tmp_path / f"{name}.tif", tile, transform=place)
        sources += (
            f'<SimpleSource><SourceFilename relativeToVRT="1">{name}.tif</SourceFilename>'
            f'<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="60" ySize="60"/>'
            f'<DstRect xOff="{column}" yOff="{row}" xSize="60" ySize="60"/></SimpleSource>'
        )
    with rasterio.open(tmp_path / "a.tif") as first:
        srs = first.crs.to_wkt()
    vrt = tmp_path / "gap.vrt"
    vrt.write_text(
        f'<VRTDataset rasterXSize="120" rasterYSize="120"><SRS>{srs}</SRS><GeoTransform>{WEST}, 30,'
        f' 0, {NORTH}, 0, -30</GeoTransform><VRTRasterBand dataType="Int16" band="1">{sources}'
        "</VRTRasterBand></VRTDataset>"
    )
    # onto cells of another system, so that it is warped by cubic convolution
    detail, _, notes = run_file(tmp_path, vrt, grid={"resolution_m": 30, "crs": "EPSG:32633"})
    assert "25.0% of its cells are 0" in notes[0]
    assert float(detail.min()) > 435  # no undershoot towards 0
    steepest = np.nanmax(np.hypot(*np.gradient(detail.to_numpy(), 30)))
    whole = np.max(np.hypot(*np.gradient(relief.astype(float), 30)))
    assert steepest < 1.2 * whole


@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_a_sea_beside_land_of_one_metre_is_water(kind, tmp_path):
    values = np.round(make_coast()).astype(kind) if kind is np.int16 else make_coast()
    detail, dem, notes = run(tmp_path, values)
    west = np.arange(120)[None, :] < 60
    np.testing.assert_array_equal(np.isnan(detail), np.broadcast_to(west, detail.shape))
    np.testing.assert_array_equal(detail.to_numpy()[:, 60:], values[:, 60:].astype(np.float32))
    assert dem.identical(detail)
    assert notes == [
        "50.0% of the region is water, exactly level in the elevation model (sea 50.0%, lakes "
        "0.0%): neither sampled nor mapped"
    ]


def make_lake(size=12, level=520.0):
    """Make a valley that falls to the south, with a lake of `size` cells squared across it."""
    y, x = np.mgrid[:80, :61]
    valley = 600 - 2.0 * y + 3.0 * np.abs(x - 30) + 1e-3 * x
    lake = (np.abs(y - 40) < size / 2) & (np.abs(x - 30 + 0.5) < size / 2)
    # a dam south of it, through which one cell lets water out
    valley[lake] = level
    shore = ndimage.binary_dilation(lake, np.ones((3, 3))) & ~lake
    valley[shore & (valley <= level)] = level + 1
    valley[np.flatnonzero(lake.any(axis=1))[-1] + 1, 30] = level - 1
    return valley.astype(np.float32), lake


def test_a_lake_is_no_land_but_lets_water_through(tmp_path):
    valley, lake = make_lake()
    detail, dem, notes = run(tmp_path, valley)
    np.testing.assert_array_equal(detail, valley)
    np.testing.assert_array_equal(np.isnan(dem), lake)
    share = lake.mean()
    assert notes == [
        f"{share:.1%} of the region is water, exactly level in the elevation model (sea 0.0%, "
        f"lakes {share:.1%}): neither sampled nor mapped"
    ]
    paths = {"detail": tmp_path / "out_detail.tif", "dem": tmp_path / "out_dem.tif"}
    for group in ("terrain", "drainage"):
        load_main(f"derive_{group}_factors")(**paths, factors=tmp_path / f"{group}.tif")
        with rasterio.open(tmp_path / f"{group}.tif") as source:
            for band in source.indexes:
                np.testing.assert_array_equal(np.isnan(source.read(band)), lake)
            if group == "drainage":
                area = 10 ** source.read(source.descriptions.index("upslope_area") + 1)
    # all that drains into the lake leaves it by its outlet, in the middle of the valley
    below = np.flatnonzero(lake.any(axis=1))[-1] + 1
    assert area[below, 30] > 900 * 61 * 30


def test_steps_of_whole_metres_are_no_water():
    y, x = np.mgrid[:200, :200]
    gentle = np.floor(500 + 0.02 * x + 0.01 * y).astype(np.float32)
    assert not find_water(gentle, CELL_M2).any()


def test_land_at_sea_level_above_lower_land_is_none():
    values = np.full((60, 60), 0, np.float32)
    values[:, 30:] = -2 - np.arange(30) / 100
    # its only neighbours are lower
    assert not find_water(values, CELL_M2).any()
    values[:, 29] = 3
    assert (find_water(values, CELL_M2)[:, :29] == IN_SEA).all()


@pytest.mark.parametrize(("cells", "found"), [(110, False), (112, True)])
def test_only_water_of_a_tenth_of_a_square_kilometre_counts(cells, found):
    values = make_relief(40, low=100)
    pond = np.zeros((40, 40), bool)
    pond[10:21, 10:20] = True
    pond[21, 10 : 10 + cells - 110] = True
    assert pond.sum() == cells
    values[pond] = 50
    np.testing.assert_array_equal(find_water(values, CELL_M2) == IN_LAKE, pond & found)


def list_flats(values, least):
    """Find what `find_water` finds, value by value with SciPy's labels."""
    water = np.zeros(values.shape, np.uint8)
    cross = ndimage.generate_binary_structure(2, 1)
    for value in np.unique(values[np.isfinite(values)]):
        labels, count = ndimage.label(values == value, cross)
        for number in range(1, count + 1):
            flat = labels == number
            square = flat[:-1, :-1] & flat[1:, :-1] & flat[:-1, 1:] & flat[1:, 1:]
            if flat.sum() < least or not square[::2, ::2].any():
                continue
            padded, around = np.pad(values, 1, constant_values=np.nan), np.pad(flat, 1)
            sides = [np.roll(around, step, axis) for step in (1, -1) for axis in (0, 1)]
            beside = np.concatenate([padded[side & ~around] for side in sides])
            shore, lower = np.isfinite(beside).sum(), (beside < value).sum()
            if value == 0 and np.isnan(beside).any() and lower <= 0.5 * shore:
                water[flat] = IN_SEA
            elif lower <= max(2, 0.02 * shore) and np.isfinite(beside).all():
                water[flat] = IN_LAKE
    return water


@pytest.mark.parametrize("seed", range(20))
def test_flats_are_those_that_labels_find(seed):
    generator = np.random.default_rng(seed)
    values = ndimage.uniform_filter(generator.normal(size=(90, 120)), 11)
    # basins of water at one level, which is the sea's or another
    values = np.maximum(np.floor(values * 20), -(seed % 2)).astype(np.float32)
    values[generator.uniform(size=values.shape) < 1e-3] = np.nan
    found = find_water(values, 2000.0)
    np.testing.assert_array_equal(found, list_flats(values, 50))
    assert found.any() or seed % 2


def test_a_large_flat_needs_no_recursion():
    values = np.zeros((3000, 2000), np.float32)
    values[1::2, 1::7] = 1  # islands
    water = find_water(values, CELL_M2)
    np.testing.assert_array_equal(water == IN_SEA, values == 0)


def test_a_value_of_few_cells_or_near_its_neighbours_is_no_mark():
    relief = make_relief()
    assert find_mark(relief) is None
    few = relief.copy()
    few[:20, :20] = 0  # 2.8 %
    assert find_mark(few) is None
    few[:20, :22] = 0  # 3.1 %
    assert find_mark(few) == (0.0, 440 / 120**2)
    flat = relief.copy()
    flat[:60] = 600  # amid the hills
    assert find_mark(flat) is None
    assert find_mark((relief > 600).astype(np.float32)) is None


def test_speckles_are_a_mark_too():
    values = make_relief()
    spots = np.random.default_rng(1).uniform(size=values.shape) < 0.1
    values[spots] = 8191
    value, share = find_mark(values)
    assert value == 8191 and share == spots.mean()


def test_a_mark_in_a_layer_is_told_and_left(tmp_path):
    values = make_relief()
    values[60:] = 0
    path = write_tif(tmp_path / "depth.tif", values)
    grid = open_raster(path).odc.geobox
    store = Store(tmp_path / "cache")
    acquired = acquire_layer("depth", Layer.parse({"file": str(path)}), grid, store)
    np.testing.assert_array_equal(acquired.data, values)
    assert acquired.notes == (
        f"{path}: 50.0% of its cells are 0, far from all cells next to them; if it means no data, "
        "declare it: `nodata` of depth",
    )
    declared = Layer.parse({"file": str(path), "nodata": 0.0})
    assert acquire_layer("depth", declared, grid, store).notes == ()


def test_feet_and_degrees_measure_water_alike(tmp_path):
    """A lake of 0.11 km2 is found whatever the unit of the ground."""
    values = make_relief(40)
    values[10:21, 10:21] = values[9:22, 9:22].min() - 1
    lake = 11 * 11 * 900 / 1e6
    assert lake > 0.1
    for crs, transform, entry in (
        ("EPSG:32632", from_origin(WEST, NORTH, 30, 30), {}),
        ("EPSG:6529", from_origin(1_640_000, 2e6, 30 / 0.3048, 30 / 0.3048), {"units": "m"}),
        ("EPSG:4326", from_origin(9, 60, 30 / 55_660, 30 / 111_320), {}),
    ):
        path = write_tif(tmp_path / "dem.tif", values, crs=crs, transform=transform)
        entry = Layer.parse({"file": str(path)} | entry)
        found = acquire_dem(entry, {"resolution_m": 30, "crs": "auto"}, Store(tmp_path / "cache"))
        assert 0.6 * 121 <= float(found.crossed.sum()) <= 1.4 * 121


def make_gappy_valley(holes):
    """Make a valley that falls to the south, with holes in it; its elevations [m] and the holes."""
    y, x = np.mgrid[:120, :61]
    valley = (600 - 2.0 * y + 3.0 * np.abs(x - 30) + 1e-3 * x).astype(np.float32)
    hole = np.zeros(valley.shape, bool)
    for rows, columns in holes:
        hole[rows, columns] = True
    return valley, hole


def walk_down(elevation, ends):
    """Walk down the steepest descent from every cell: the share of walks that stop at `ends`."""
    padded = np.pad(elevation, 1, constant_values=np.nan)
    steps = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column]
    stops = []
    for start in np.argwhere(np.isfinite(elevation)):
        row, column = start + 1
        while True:
            falls = [
                (padded[row, column] - padded[row + down, column + right]) / np.hypot(down, right)
                for down, right in steps
            ]
            steepest = int(np.nanargmax(falls))
            if not falls[steepest] > 0:
                break
            row, column = row + steps[steepest][0], column + steps[steepest][1]
        stops.append(ends[row - 1, column - 1])
    return np.mean(stops)


def test_water_crosses_small_gaps_and_is_lost_in_large_ones(tmp_path, caplog):
    small, large = (slice(20, 25), slice(28, 33)), (slice(60, 100), slice(10, 51))
    valley, hole = make_gappy_valley([small, large])
    holed = np.where(hole, -9999, valley)
    path = write_tif(tmp_path / "dem.tif", holed, nodata=-9999)
    detail, dem, notes = run_file(tmp_path, path)
    np.testing.assert_array_equal(np.isnan(dem), hole)
    assert np.isfinite(detail.to_numpy()[small]).all()
    around = valley[19:26, 27:34][ndimage.binary_dilation(hole[19:26, 27:34]) & ~hole[19:26, 27:34]]
    filled = detail.to_numpy()[small]
    assert around.min() <= filled.min() and filled.max() <= around.max()
    # it falls towards the south, as the valley does
    assert (np.diff(filled.mean(axis=1)) < 0).all()
    assert np.isnan(detail.to_numpy()[large]).all()
    assert notes == [
        f"{hole.mean():.1%} of the region has no elevation in gaps amid it: {25 / hole.size:.1%} "
        f"in gaps of up to 1 km2, which water crosses on interpolated ground, and "
        f"{40 * 41 / hole.size:.1%} in larger ones, where water is lost, so that areas below them "
        "are too small; none is sampled or mapped"
    ]
    load_main("derive_drainage_factors")(
        detail=tmp_path / "out_detail.tif", dem=tmp_path / "out_dem.tif",
        factors=tmp_path / "drainage.tif",
    )  # fmt: skip
    with rasterio.open(tmp_path / "drainage.tif") as source:
        area = 10 ** source.read(source.descriptions.index("upslope_area") + 1)
        lost = float(source.tags()["lost_in_gaps"])
    np.testing.assert_array_equal(np.isnan(area), hole)
    (told,) = (each for each in caplog.messages if "drain into gaps amid them" in each)
    assert float(told.split(" %")[0]) == pytest.approx(100 * lost, abs=0.06)
    # below the small gap all of the valley above arrives, below the large one little
    assert np.nansum(area[26]) > 900 * 61 * 25
    assert np.nansum(area[101]) < 900 * 61 * 60


def test_what_drains_into_a_gap_is_what_walks_into_it():
    valley, hole = make_gappy_valley([(slice(60, 100), slice(10, 51))])
    grid = GeoBox(valley.shape, from_origin(WEST, NORTH, 30, 30), "EPSG:32632")
    assert measure_lost(wrap_xr(valley, grid)) == 0
    valley[hole] = np.nan
    beside = ndimage.binary_dilation(hole, np.ones((3, 3)))
    assert measure_lost(wrap_xr(valley, grid)) == pytest.approx(walk_down(valley, beside), rel=1e-9)
    # what lies open to the edge is no gap
    valley[60:, 10:51] = np.nan
    assert measure_lost(wrap_xr(valley, grid)) == 0


def test_an_elevation_model_that_ends_within_the_region_has_no_gap(tmp_path):
    valley, _ = make_gappy_valley([])
    valley[:40, :30] = -9999
    path = write_tif(tmp_path / "dem.tif", valley, nodata=-9999)
    detail, dem, notes = run_file(tmp_path, path)
    assert notes == [] and dem.identical(detail)


@pytest.mark.parametrize("seed", range(5))
def test_gaps_are_those_that_labels_find(seed):
    generator = np.random.default_rng(seed)
    rough = ndimage.uniform_filter(generator.normal(size=(90, 120)), 7)
    values = np.where(rough > 0.12, np.nan, make_relief(120)[:90])
    labels, count = ndimage.label(np.isnan(values))
    edge = {*labels[0], *labels[-1], *labels[:, 0], *labels[:, -1]}
    enclosed = [number for number in range(1, count + 1) if number not in edge]
    # cells of 0.01 km2: a hundred of them are 1 km2
    small = [number for number in enclosed if (labels == number).sum() <= 100]
    grid = GeoBox(values.shape, from_origin(WEST, NORTH, 100, 100), "EPSG:32632")
    found, bridged, (note,) = bridge_gaps(wrap_xr(values.astype(np.float32), grid))
    expected = np.isin(labels, small)
    np.testing.assert_array_equal(bridged == 1, expected)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(values) | expected)
    assert note.startswith(f"{np.isin(labels, enclosed).mean():.1%} of the region has no elevation")
