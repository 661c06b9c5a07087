"""Ranks, exposure and corridors, counted by hand on a small map."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from landshift.corridor import profile_corridor
from landshift.exposure import read_exposure
from landshift.priorities import make_grid, rank_units

CRS = "EPSG:32632"
GRID = GeoBox.from_bbox((500000, 5200000, 500600, 5200400), crs=CRS, resolution=100, tight=True)
CODES = np.array(
    [[5, 5, 1, 1, 4, 0], [5, 5, 1, 1, 1, 0], [1, 2, 3, 4, 1, 1], [1, 1, 1, 4, 1, 1]], np.uint8
)


def wrap(values):
    return xr.DataArray(values, dims=("y", "x"), coords=xr_coords(GRID))


@pytest.fixture
def classes():
    return wrap(CODES).assign_attrs(nodata=0)


def frame(*shapes, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def square(column, row, columns=1, rows=1):
    left, bottom = 500000 + 100 * column, 5200000 + 100 * row
    return shapely.box(left, bottom, left + 100 * columns, bottom + 100 * rows)


def test_units_by_hand(classes):
    units = frame(
        square(2, 0, 2, 2), square(0, 2, 2, 2), square(5, 2, 1, 2), name=["south", "north", "gap"]
    )
    table = rank_units(classes, units.to_crs(4326), {})
    assert table["name"].tolist() == ["north", "south"]
    assert table["rank"].tolist() == [1, 2]
    np.testing.assert_allclose(table["area_km2"], [0.04, 0.04])
    np.testing.assert_allclose(table["susceptible_km2"], [0.04, 0.02])
    np.testing.assert_allclose(table["susceptible_share"], [1, 0.5])
    lower = rank_units(classes, units, {}, susceptible_from=3)
    assert lower.set_index("name").loc["south", "susceptible_km2"] == pytest.approx(0.03)


def test_a_cell_counts_by_its_centre(classes):
    # reaches 51 m into the second column, 49 m into the third
    unit = shapely.box(500000, 5200200, 500249, 5200400)
    table = rank_units(classes, frame(unit, shapely.box(0, 0, 9, 9), name=["a", "off"]), {})
    assert table["area_km2"].tolist() == [pytest.approx(0.04)]


def test_overlapping_units_each_count_all_their_cells(classes):
    units = frame(square(0, 0, 6, 4), square(0, 0, 6, 4), name=["a", "b"])
    table = rank_units(classes.chunk(y=1, x=2), units, {})
    assert table["rank"].tolist() == [1, 1]
    np.testing.assert_allclose(table["area_km2"], 0.22)


def test_units_off_the_map_are_refused(classes):
    with pytest.raises(ValueError, match="none of the 1 units has a cell"):
        rank_units(classes, frame(shapely.box(0, 0, 9, 9), name=["a"]), {})


def test_grid_lies_on_multiples_of_its_edge(classes):
    grid = make_grid(GRID, 400)
    assert len(grid) == 2
    assert grid["name"].tolist() == ["E500 N5200", "E500.4 N5200"]
    assert rank_units(classes, grid, {})["area_km2"].sum() == pytest.approx(0.22)


def test_roads_count_by_length_on_susceptible_cells(classes, tmp_path):
    path = tmp_path / "roads.gpkg"
    # along the uppermost row: 200 m of class 5, 200 m of 1, 100 m of 4, 100 m without data
    frame(shapely.LineString([(500000, 5200350), (500600, 5200350)])).to_file(path)
    roads = read_exposure(path, GRID)
    assert roads["amount"].sum() == pytest.approx(0.6)
    units = frame(square(0, 0, 2, 4), square(2, 0, 4, 4), name=["west", "east"])
    table = rank_units(classes, units, {"roads": roads}).set_index("name")
    np.testing.assert_allclose(table.loc[["west", "east"], "roads"], [0.2, 0.4])
    np.testing.assert_allclose(table.loc[["west", "east"], "roads_susceptible"], [0.2, 0.1])
    assert table.loc[["west", "east"], "roads_rank"].tolist() == [1, 2]


def test_buildings_count_one_each_in_any_crs(classes, tmp_path):
    path = tmp_path / "buildings.geojson"
    houses = frame(square(0, 3).buffer(-20), shapely.Point(500350, 5200050), shapely.Point(1, 1))
    houses.to_crs(4326).to_file(path)
    points = read_exposure(path, GRID)
    assert points["amount"].tolist() == [1, 1]
    table = rank_units(classes, frame(square(0, 0, 6, 4), name=["all"]), {"buildings": points})
    assert table["buildings_susceptible"].tolist() == [2]


def test_population_is_the_sum_of_its_cells(classes, tmp_path):
    path = tmp_path / "people.tif"
    people = np.array([[7, 0, 2], [-1, 5, 3]], np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=2, count=1, dtype="float32", crs=CRS, nodata=-1,
        transform=rasterio.transform.from_origin(500000, 5200400, 200, 200),
    ) as sink:  # fmt: skip
        sink.write(people, 1)
    points = read_exposure(path, GRID)
    assert sorted(points["amount"]) == [2, 3, 5, 7]
    # centres at 100, 300, 500 m: on the border of cells, the upper left one lies in class 1
    table = rank_units(classes, frame(square(0, 0, 6, 4), name=["all"]), {"people": points})
    assert table["people"].tolist() == [17]


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_exposure_without_a_crs_is_refused(tmp_path):
    path = tmp_path / "roads.gpkg"
    frame(shapely.Point(0, 0), crs=None).to_file(path)
    with pytest.raises(ValueError, match="states no CRS"):
        read_exposure(path, GRID)


def test_corridor_by_hand():
    values = np.arange(24, dtype=np.float32).reshape(4, 6) / 100
    values[1, 4] = np.nan
    line = frame(
        shapely.LineString([(500000, 5200250), (500300, 5200250)]),
        shapely.LineString([(500300, 5200250), (500500, 5200250)]),
    )
    profile = profile_corridor(wrap(values), line.to_crs(4326), buffer_m=30, step_m=200)
    # the second row: cells 6 to 10, two to a step, the last without data
    np.testing.assert_allclose(profile["from_m"], [0, 200], atol=0.01)
    np.testing.assert_allclose(profile["to_m"], [200, 400], atol=0.01)
    assert profile["cells"].tolist() == [2, 2]
    np.testing.assert_allclose(profile["mean"], [0.065, 0.085], rtol=1e-6)
    np.testing.assert_allclose(profile["maximum"], [0.07, 0.09], rtol=1e-6)
    wide = profile_corridor(wrap(values), line, buffer_m=130, step_m=500)
    # rows 0 to 2, all six columns but one cell: the end of the line reaches the last column
    assert wide["cells"].tolist() == [17]


def test_corridor_in_pieces_equals_the_whole(monkeypatch):
    values = np.random.default_rng(1).random((4, 6)).astype(np.float32)
    corners = [(500000, 5200050), (500550, 5200050), (500550, 5200350), (500000, 5200350)]
    bent = shapely.LineString(corners)
    whole = profile_corridor(wrap(values), frame(bent), buffer_m=120, step_m=70)
    monkeypatch.setattr("landshift.corridor.PIECE_M", 140.0)
    pieces = profile_corridor(wrap(values).chunk(y=2, x=3), frame(bent), buffer_m=120, step_m=70)
    pd.testing.assert_frame_equal(whole, pieces)
    assert whole["cells"].sum() == 24


def test_corridor_of_separate_parts_is_refused():
    parts = frame(shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(5, 5), (6, 5)]))
    with pytest.raises(ValueError, match="do not join end to end"):
        profile_corridor(wrap(CODES.astype(np.float32)), parts, buffer_m=1, step_m=1)
