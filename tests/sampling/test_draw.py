"""Samples and background: distances by brute force, one cell once, and the same table again."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from scipy.spatial.distance import cdist

from landshift.geodata import raster
from landshift.sampling.draw import draw_background, draw_samples
from landshift.sampling.spatial_blocks import assign_blocks

CELL_M = 30
WEST, NORTH = 300_000, 4_000_020
ROWS, COLUMNS = 60, 80
CRS = "EPSG:32643"


def make_grid():
    bounds = (WEST, NORTH - ROWS * CELL_M, WEST + COLUMNS * CELL_M, NORTH)
    return GeoBox.from_bbox(bounds, crs=CRS, resolution=CELL_M, tight=True)


def as_raster(values):
    coordinates = xr_coords(make_grid())
    return xr.DataArray(values.astype(np.float32), dims=("y", "x"), coords=coordinates)


@pytest.fixture
def elevation():
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    return as_raster(1000.0 + 10 * rows + 0.1 * columns)


@pytest.fixture
def factors():
    """Every cell's number, and a factor with no data in the ten columns to the west."""
    number = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    slope = number % 37 + 0.5
    slope[:, :10] = np.nan
    return xr.Dataset({"number": as_raster(number), "slope": as_raster(slope)})


def as_inventory(geometry):
    geometry = list(geometry)
    names = [f"landslide-{number}" for number in range(len(geometry))]
    dates = [None] * len(geometry)
    return gpd.GeoDataFrame({"id": names, "date": dates}, geometry=geometry, crs=CRS)


def points_at(rows, columns):
    x = WEST + (np.asarray(columns) + 0.5) * CELL_M
    y = NORTH - (np.asarray(rows) + 0.5) * CELL_M
    return shapely.points(x, y)


def scatter(count, seed=1):
    generator = np.random.default_rng(seed)
    x = generator.uniform(WEST + 12 * CELL_M, WEST + COLUMNS * CELL_M, count)
    y = generator.uniform(NORTH - ROWS * CELL_M, NORTH, count)
    return as_inventory(shapely.points(x, y))


def split(table):
    return (
        table[table["presence"] == 1].reset_index(drop=True),
        table[table["presence"] == 0].reset_index(drop=True),
    )


def draw(factors, inventory, elevation, **settings):
    settings = {"region": "alder", "seed": 42} | settings
    return draw_samples(factors, inventory, elevation=elevation, **settings)


def test_samples_do_not_depend_on_the_windows_that_are_read(factors, elevation, monkeypatch):
    inventory = scatter(30)
    samples = draw(factors, inventory, elevation)
    background = draw_background(factors, samples, region="alder", cells=300, seed=42)
    for size in ("BLOCK", "WIDTH"):
        monkeypatch.setattr(raster, size, 16)
    chunked = factors.chunk(y=16, x=16)
    pd.testing.assert_frame_equal(draw(chunked, inventory, elevation), samples)
    again = draw_background(chunked, samples, region="alder", cells=300, seed=42)
    pd.testing.assert_frame_equal(again, background)


def test_columns_and_types(factors, elevation):
    table = draw(factors, scatter(15), elevation)
    assert list(table) == ["region", "x", "y", "block", "presence", "number", "slope"]
    assert (table["region"] == "alder").all()
    assert table.notna().all().all()
    assert table["slope"].dtype == np.float32


def test_presences_keep_the_thinning_distance(factors, elevation):
    presences, _ = split(draw(factors, scatter(150), elevation, thinning_m=90, buffer_m=30))
    apart = cdist(presences[["x", "y"]], presences[["x", "y"]])
    np.fill_diagonal(apart, np.inf)
    assert apart.min() >= 90


def test_thinning_drops_no_presence_without_cause(factors, elevation):
    inventory = scatter(150)
    presences, _ = split(draw(factors, inventory, elevation, thinning_m=90, buffer_m=30))
    everything, _ = split(draw(factors, inventory, elevation, thinning_m=0, buffer_m=30))
    assert len(everything) > len(presences)
    assert cdist(everything[["x", "y"]], presences[["x", "y"]]).min(axis=1).max() < 90


def test_cells_exactly_at_the_thinning_distance_stay(factors, elevation):
    inventory = as_inventory(points_at([20, 20, 22], [40, 42, 40]))
    presences, _ = split(draw(factors, inventory, elevation, thinning_m=60))
    assert len(presences) == 3


def test_absences_lie_outside_the_buffer(factors, elevation):
    inventory = scatter(20)
    _, absences = split(draw(factors, inventory, elevation, buffer_m=150))
    points = shapely.points(absences[["x", "y"]])
    assert shapely.distance(points[:, None], inventory.geometry.to_numpy()).min() > 150


def test_the_buffer_is_around_polygons_too(factors, elevation):
    inventory = as_inventory([shapely.box(WEST + 900, NORTH - 1500, WEST + 1500, NORTH - 300)])
    settings = {"buffer_m": 100, "absences_per_presence": 500}
    _, absences = split(draw(factors, inventory, elevation, **settings))
    points = shapely.points(absences[["x", "y"]])
    assert len(absences) == 500
    assert shapely.distance(points, inventory.geometry.iloc[0]).min() > 100


def test_thinned_landslides_keep_their_buffer(factors, elevation):
    inventory = as_inventory(points_at([20, 20, 21], [40, 41, 40]))
    settings = {"thinning_m": 500, "buffer_m": 45, "absences_per_presence": 10_000}
    presences, absences = split(draw(factors, inventory, elevation, **settings))
    points = shapely.points(absences[["x", "y"]])
    assert len(presences) == 1
    assert shapely.distance(points[:, None], inventory.geometry.to_numpy()).min() > 45


def test_all_cells_outside_the_buffer_are_found(factors, elevation):
    inventory = as_inventory([shapely.box(WEST, NORTH - 59 * CELL_M, WEST + 2400, NORTH)])
    settings = {"buffer_m": 1, "absences_per_presence": 10_000}
    _, absences = split(draw(factors, inventory, elevation, **settings))
    # the lowest row, less the ten columns without data
    assert len(absences) == 70
    assert set(absences["y"]) == {NORTH - 59.5 * CELL_M}


def test_wanted_number_of_absences(factors, elevation):
    presences, absences = split(draw(factors, scatter(15), elevation, absences_per_presence=2))
    assert len(absences) == 2 * len(presences)


def test_every_cell_is_taken_once(factors, elevation):
    inventory = as_inventory([*points_at([20, 20, 40], [40, 40, 60]), *points_at([40], [60])])
    settings = {"thinning_m": 0, "absences_per_presence": 100}
    table = draw(factors, inventory, elevation, **settings)
    assert (table["presence"] == 1).sum() == 2
    assert not table.duplicated(["x", "y"]).any()
    assert table["number"].is_unique


def test_values_are_those_of_the_cell(factors, elevation):
    table = draw(factors, scatter(20), elevation)
    rows = (NORTH - table["y"]) // CELL_M
    columns = (table["x"] - WEST) // CELL_M
    np.testing.assert_array_equal(table["number"], rows * COLUMNS + columns)
    assert (columns >= 10).all()


def test_a_point_belongs_to_the_cell_around_it(factors, elevation):
    # a hair inside the south-eastern corner of row 20, column 40
    corner = shapely.Point(WEST + 41 * CELL_M - 0.01, NORTH - 21 * CELL_M + 0.01)
    presences, _ = split(draw(factors, as_inventory([corner]), elevation))
    assert presences["number"].tolist() == [20 * COLUMNS + 40]


def test_a_polygon_gives_its_source_area(factors, elevation):
    # eleven cells in a column, rising to the south: the 80 % quantile is the ninth
    west, north = WEST + 40 * CELL_M, NORTH - 20 * CELL_M
    polygon = shapely.box(west, north - 11 * CELL_M, west + CELL_M, north)
    presences, _ = split(draw(factors, as_inventory([polygon]), elevation))
    assert presences["number"].tolist() == [28 * COLUMNS + 40]


def test_landslides_off_the_data_are_left_out(factors, elevation):
    outside = shapely.Point(WEST - 500, NORTH - 500)
    inventory = as_inventory([outside, *points_at([20, 20], [5, 40])])
    presences, _ = split(draw(factors, inventory, elevation))
    assert presences["number"].tolist() == [20 * COLUMNS + 40]


def test_listed_absences_replace_random_ones(factors, elevation):
    listed = as_inventory(points_at([5, 50, 50, 30], [70, 20, 20, 3]))
    table = draw(factors, as_inventory(points_at([20], [40])), elevation, absences=listed)
    _, absences = split(table)
    # one cell is listed twice and one lies on no data
    assert absences["number"].tolist() == [5 * COLUMNS + 70, 50 * COLUMNS + 20]


def test_a_cell_listed_as_both_is_a_presence(factors, elevation):
    listed = as_inventory(points_at([20, 50], [40, 20]))
    table = draw(factors, as_inventory(points_at([20], [40])), elevation, absences=listed)
    assert table[["number", "presence"]].to_numpy().tolist() == [
        [20 * COLUMNS + 40, 1],
        [50 * COLUMNS + 20, 0],
    ]


def test_same_seed_same_table(factors, elevation):
    first, again = (draw(factors, scatter(20), elevation) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


@pytest.mark.parametrize("changes", [{"seed": 43}, {"region": "birch"}])
def test_another_seed_or_region_draws_other_absences(changes, factors, elevation):
    _, first = split(draw(factors, scatter(20), elevation))
    _, other = split(draw(factors, scatter(20), elevation, **changes))
    assert set(first["number"]) != set(other["number"])


def test_no_landslide_on_data_is_an_error(factors, elevation):
    inventory = as_inventory(points_at([20, 30], [5, 6]))
    with pytest.raises(ValueError, match="region alder: none of the 2 landslides lies on cells"):
        draw(factors, inventory, elevation)


def test_no_cell_outside_the_buffer_is_an_error(factors, elevation):
    with pytest.raises(ValueError, match=r"farther than 1000.* lower samples\.buffer_m"):
        draw(factors, scatter(200), elevation, buffer_m=1000)


def test_blocks_are_numbered_and_compact(factors, elevation):
    table = draw(factors, scatter(60), elevation, blocks=6)
    assert set(table["block"]) == set(range(6))
    centres = table.groupby("block")[["x", "y"]].mean()
    nearest = cdist(table[["x", "y"]], centres).argmin(axis=1)
    np.testing.assert_array_equal(centres.index[nearest], table["block"])


@settings(max_examples=15, deadline=None)
@given(blocks=st.integers(1, 12), cells=st.integers(1, 12), seed=st.integers(0, 99))
def test_never_more_blocks_than_cells(blocks, cells, seed):
    place = np.random.default_rng(seed).uniform(0, 1000, (cells, 2))
    assigned = assign_blocks(pd.DataFrame(place, columns=["x", "y"]), blocks, seed)
    assert set(assigned) == set(range(min(blocks, cells)))


def test_background_covers_the_data_once(factors, elevation):
    samples = draw(factors, scatter(20), elevation)
    table = draw_background(factors, samples, region="alder", cells=500, seed=42)
    assert list(table) == ["region", "x", "y", "block", "number", "slope"]
    assert len(table) == 500
    assert table["number"].is_unique
    assert table.notna().all().all()
    everything = draw_background(factors, samples, region="alder", cells=10**6, seed=42)
    assert len(everything) == ROWS * (COLUMNS - 10)


def test_background_has_the_block_of_the_nearest_sample(factors, elevation):
    samples = draw(factors, scatter(20), elevation)
    table = draw_background(factors, samples, region="alder", cells=300, seed=42)
    apart = cdist(table[["x", "y"]], samples[["x", "y"]])
    same_block = table["block"].to_numpy()[:, None] == samples["block"].to_numpy()
    # of two samples as near, either may give its block
    nearest_of_block = np.where(same_block, apart, np.inf).min(axis=1)
    np.testing.assert_allclose(nearest_of_block, apart.min(axis=1))


def test_background_is_the_same_for_the_same_seed(factors, elevation):
    samples = draw(factors, scatter(20), elevation)
    first, again, other = (
        draw_background(factors, samples, region="alder", cells=100, seed=seed)
        for seed in (42, 42, 43)
    )
    pd.testing.assert_frame_equal(first, again)
    assert set(first["number"]) != set(other["number"])


def test_absences_are_drawn_where_landslides_were_looked_for(factors, elevation):
    surveyed = elevation.where(elevation["x"] > WEST + 50 * CELL_M)
    samples = draw(factors, scatter(30), elevation, surveyed=surveyed)
    presences, absences = split(samples)
    assert len(absences) == 5 * len(presences)
    assert absences["x"].min() > WEST + 50 * CELL_M > presences["x"].min()
    nowhere = elevation.where(elevation < 0)
    with pytest.raises(ValueError, match=r"from all landslides within inventory.surveyed; lower"):
        draw(factors, scatter(30), elevation, surveyed=nowhere)
