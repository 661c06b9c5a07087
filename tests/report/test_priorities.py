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

from landshift.geodata.geopackage import write_geopackage
from landshift.report.priorities.corridor import profile_corridor
from landshift.report.priorities.exposure import read_exposure
from landshift.report.priorities.units import make_grid, rank_units, read_units
from landshift.report.viewer.overlays import to_features

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
    assert table["rank"].tolist() == [1, 1] and table["tied"].tolist() == [1, 1]
    np.testing.assert_allclose(table["area_km2"], 0.22)


def test_of_equal_susceptible_areas_that_with_more_of_the_highest_class_comes_first(classes):
    # one cell of 4, one of 5, one of 5, and no susceptible one
    units = frame(square(4, 3), square(0, 3), square(1, 2), square(2, 3), name=list("abcd"))
    table = rank_units(classes, units, {}).set_index("name")
    assert table["rank"].to_dict() == {"b": 1, "c": 1, "a": 3, "d": 4}
    assert table["tied"].to_dict() == {"b": 1, "c": 1, "a": 0, "d": 0}
    np.testing.assert_allclose(table.loc[["b", "a"], "very_high_km2"], [0.01, 0])


def test_units_off_the_map_are_none_and_said_to_be(classes, tmp_path, caplog):
    roads = gpd.GeoDataFrame({"amount": [1.0]}, geometry=[shapely.Point(500050, 5200050)], crs=CRS)
    off = frame(shapely.box(0, 0, 9, 9), name=["a"])
    table = rank_units(classes, off, {"roads": roads})
    assert "none of the 1 units has a cell of the map" in caplog.text
    full = rank_units(classes, frame(square(0, 0), name=["a"]), {"roads": roads})
    assert table.empty and list(table) == list(full)
    # what is made of them takes them
    write_geopackage(tmp_path / "units.gpkg", {"priorities": table})
    stored = gpd.read_file(tmp_path / "units.gpkg")
    assert stored.crs == CRS and "susceptible_km2" in stored
    assert to_features(stored, crs=CRS, tolerance_m=50)["features"] == []
    assert rank_units(classes, off.iloc[:0], {}).empty


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "shp", "geojson"])
def test_units_are_named_by_the_chosen_column_alone(classes, tmp_path, ending, caplog):
    path = tmp_path / f"units.{ending}"
    shapes = [square(0, 0, 2, 2), square(0, 2, 2, 2), None, shapely.Point(500050, 5200050)]
    columns = {"name": list("abcd"), "code": ["a1", "b1", "c1", "d1"]}
    table = frame(*shapes[: 3 if ending == "shp" else 4], crs=CRS)
    table = table.assign(**{key: values[: len(table)] for key, values in columns.items()})
    # degrees, and in Parquet a geometry of another name
    table = table.to_crs(4326).rename_geometry("shape")
    table.to_parquet(path) if ending == "parquet" else table.to_file(path)
    units = read_units(path, "code", CRS)
    assert list(units) == ["name", "geometry"] and units["name"].tolist() == ["a1", "b1"]
    assert ("1 features are no polygons" in caplog.text) == (ending != "shp")
    assert rank_units(classes, units, {})["name"].tolist() == ["b1", "a1"]


def test_what_a_crs_cannot_hold_is_left_out(tmp_path):
    # the south pole is infinitely far in a conic projection of France
    frame(
        shapely.box(-180, -90, 180, -80), shapely.box(2, 45, 3, 46), crs=4326, name=["a", "b"]
    ).to_file(tmp_path / "units.gpkg")
    assert read_units(tmp_path / "units.gpkg", "name", "EPSG:2154")["name"].tolist() == ["b"]


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


def write_people(path, values, west, north, size, crs=CRS):
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="float32", crs=crs,
        transform=rasterio.transform.from_origin(west, north, size, size), nodata=-1,
    ) as sink:  # fmt: skip
        sink.write(values, 1)


@pytest.mark.parametrize("crs", [CRS, "EPSG:4326"])
def test_of_a_national_raster_the_region_alone_is_read(tmp_path, monkeypatch, crs):
    path = tmp_path / "people.tif"
    people = np.random.default_rng(2).integers(0, 9, (300, 300)).astype(np.float32)
    left, _, _, top = gpd.GeoSeries([square(0, 3)], crs=CRS).to_crs(crs).total_bounds
    size = 100 if crs == CRS else 0.001
    write_people(path, people, left - 100.5 * size, top + 150.5 * size, size, crs)
    sizes = []
    count = np.nonzero
    monkeypatch.setattr(np, "nonzero", lambda values: sizes.append(values.size) or count(values))
    found = read_exposure(path, GRID)
    monkeypatch.undo()
    assert 0 < sizes[0] < 200
    rows, columns = np.nonzero(people)
    x, y = left + (columns - 100) * size, top + (150 - rows) * size
    amounts = people[rows, columns]
    whole = gpd.GeoDataFrame({"amount": amounts}, geometry=gpd.points_from_xy(x, y), crs=crs)
    whole = whole.to_crs(CRS).cx[500000:500600, 5200000:5200400]
    np.testing.assert_array_equal(found["amount"], whole["amount"])
    np.testing.assert_allclose(
        shapely.get_coordinates(found.geometry), shapely.get_coordinates(whole.geometry)
    )


def test_a_raster_elsewhere_holds_nobody(tmp_path):
    write_people(tmp_path / "people.tif", np.ones((2, 2), np.float32), 0, 0, 100)
    assert read_exposure(tmp_path / "people.tif", GRID).empty


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.float32(3.4e38), np.float32(-3.4e38)])
def test_what_is_no_amount_is_left_out_and_said(classes, tmp_path, caplog, wrong):
    people = np.array([[wrong, 2, np.nan], [wrong, 5, 3]], np.float32)
    write_people(tmp_path / "people.tif", people, 500000, 5200400, 200)
    points = read_exposure(tmp_path / "people.tif", GRID)
    assert sorted(points["amount"]) == [2, 3, 5]
    assert f"{tmp_path / 'people.tif'}: 2 cells in the region hold an infinity" in caplog.text
    table = rank_units(classes, frame(square(0, 0, 6, 4), name=["all"]), {"people": points})
    assert table["people"].tolist() == [10]


def test_amounts_without_a_fault_give_no_warning(tmp_path, caplog):
    people = np.array([[1e29, np.nan]], np.float32)
    write_people(tmp_path / "people.tif", people, 500000, 5200400, 200)
    assert len(read_exposure(tmp_path / "people.tif", GRID)) == 1
    assert not caplog.records


def test_a_point_on_an_edge_counts_once(classes):
    west, middle, east = square(0, 0, 2, 4), square(2, 0, 2, 4), square(4, 0, 2, 4)
    corner, edge = shapely.Point(500200, 5200000), shapely.Point(500400, 5200150)
    inside, outer = shapely.Point(500250, 5200150), shapely.Point(500600, 5200150)
    points = frame(corner, edge, inside, outer, amount=[1.0, 10.0, 100.0, 1000.0])
    for order, wanted in (
        ([west, middle, east], [1, 110, 1000]), ([east, middle, west], [1010, 101, 0]),
    ):  # fmt: skip
        units = frame(*order, name=["a", "b", "c"])
        table = rank_units(classes, units, {"roads": points}).set_index("name")
        assert table["roads"].reindex(["a", "b", "c"]).tolist() == wanted
    # inside one unit, on the edge of another: it belongs to the one that holds it
    units = frame(west, square(1, 0, 2, 4), name=["a", "b"])
    table = rank_units(classes, units, {"roads": frame(corner, amount=[1.0])})
    assert table["roads"].sum() == 1


def test_what_lies_inside_overlapping_units_counts_in_each(classes):
    units = frame(square(0, 0, 6, 4), square(0, 0, 6, 4), name=["a", "b"])
    points = frame(shapely.Point(500200, 5200200), amount=[1.0])
    assert rank_units(classes, units, {"roads": points})["roads"].tolist() == [1, 1]


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "geojson"])
@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["a", None, "", " "], ["a", "row 2", "row 4", "row 5"]),
        ([7, None, 8, 9], ["7", "row 2", "8", "9"]),
        ([7, 6, 8, 9], [7, 6, 8, 9]),
    ],
)
def test_a_unit_without_a_name_is_named_by_its_row(tmp_path, ending, names, wanted):
    path = tmp_path / f"units.{ending}"
    shapes = [square(0, 0), square(1, 0), None, square(2, 0), square(3, 0)]
    table = frame(*shapes, name=[*names[:2], names[0], *names[2:]])
    table.to_parquet(path) if ending == "parquet" else table.to_file(path)
    assert read_units(path, "name", CRS)["name"].tolist() == wanted


def test_objects_of_several_parts_count_once_and_lines_by_all_of_them(tmp_path):
    parts = [square(0, 0).buffer(-20), square(2, 0).buffer(-20)]
    ways = [[(500000, 5200050), (500200, 5200050)], [(500300, 5200050), (500350, 5200050)]]
    shapes = [
        shapely.MultiPolygon(parts), shapely.MultiPoint([(500050, 5200250), (500450, 5200250)]),
        shapely.MultiLineString(ways),
    ]  # fmt: skip
    frame(*shapes).to_parquet(tmp_path / "all.parquet")
    amounts = read_exposure(tmp_path / "all.parquet", GRID)["amount"]
    assert (amounts == 1).sum() == 2
    assert amounts[amounts < 1].sum() == pytest.approx(0.25)


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
    monkeypatch.setattr("landshift.report.priorities.corridor.PIECE_M", 140.0)
    pieces = profile_corridor(wrap(values).chunk(y=2, x=3), frame(bent), buffer_m=120, step_m=70)
    pd.testing.assert_frame_equal(whole, pieces)
    assert whole["cells"].sum() == 24


def test_corridor_may_cross_itself_and_turn_back():
    west, east, north = 500000, 500400, 5200250
    loop = [(west, north), (east, north), (east, north + 90), (west + 200, north - 90)]
    back = [(west, north), (east, north), (west + 200, north)]
    for corners in (loop, back):
        line = shapely.LineString(corners)
        values = np.ones((4, 6), np.float32)
        profile = profile_corridor(wrap(values), frame(line), buffer_m=60, step_m=100)
        # from the start as it is drawn; a place that is passed twice belongs to the first pass
        assert profile["x"].iloc[0] == pytest.approx(west + 50)
        assert 400 <= profile["to_m"].max() <= line.length


def test_a_unit_beside_the_map_has_no_cell_of_it():
    box = GRID.boundingbox
    beside = shapely.box(box.right, box.bottom, box.right + 500, box.top)
    corner = shapely.box(box.left - 500, box.top, box.left, box.top + 500)
    inside = shapely.box(box.left, box.bottom, box.right, box.top)
    units = frame(beside, corner, inside).assign(name=["beside", "corner", "inside"])
    assert rank_units(wrap(CODES), units, {})["name"].tolist() == ["inside"]


def test_lines_are_cut_at_the_edge_of_the_region(tmp_path):
    box = GRID.boundingbox
    middle = (box.bottom + box.top) / 2 + 7
    road = shapely.LineString([(box.left - 1000, middle), (box.right + 3000, middle)])
    away = shapely.LineString([(box.right + 100, middle), (box.right + 3000, middle)])
    frame(road, away).to_file(tmp_path / "roads.gpkg")
    lengths = read_exposure(tmp_path / "roads.gpkg", GRID)["amount"]
    assert lengths.sum() == pytest.approx((box.right - box.left) / 1000)


def test_corridor_of_separate_parts_is_refused():
    parts = frame(shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(5, 5), (6, 5)]))
    with pytest.raises(ValueError, match=r"valley: a corridor is one line .* LineString of 2"):
        profile_corridor(
            wrap(CODES.astype(np.float32)), parts, buffer_m=1, step_m=1, origin="valley"
        )
