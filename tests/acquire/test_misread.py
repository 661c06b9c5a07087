"""Inventories that were misread without a word: each with its right value."""

import json
import logging
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from rasterio.transform import from_origin
from shapely import MultiPoint, MultiPolygon, Point, box

from landshift.acquire.inventory.cleaning import clean_inventory
from landshift.acquire.inventory.parts import part_features
from landshift.acquire.inventory.reading import gather_inventory, read_inventory
from landshift.acquire.inventory.storage import write_cleaning
from landshift.runtime.logs import collect_warnings

CRS = "EPSG:32632"
WEST, SOUTH = 500_000.0, 5_000_000.0


@pytest.fixture
def elevation():
    """A square of 6 km in cells of 30 m."""
    edges = (WEST, SOUTH, WEST + 6000, SOUTH + 6000)
    return xr_zeros(GeoBox.from_bbox(edges, CRS, resolution=30), dtype="float32")


def square(east, north=1000.0, size=40.0):
    return box(WEST + east, SOUTH + north, WEST + east + size, SOUTH + north + size)


def frame(*shapes, crs=CRS):
    names = [str(number) for number in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"id": names, "date": None}, geometry=list(shapes), crs=crs)


# parts of one feature


def test_distant_parts_of_one_feature_are_landslides_of_their_own(elevation, caplog):
    squares = [square(step) for step in np.arange(20) * 150.0]
    single = frame(*squares)
    dissolved = frame(MultiPolygon(squares))
    _, counts = clean_inventory(single, elevation)
    assert (counts["read"], counts["parts"], counts["kept"]) == (20, 0, 20)
    kept, counts = clean_inventory(dissolved, elevation, origin="all.gpkg")
    assert (counts["read"], counts["parts"], counts["kept"]) == (1, 19, 20)
    assert list(kept["id"][:3]) == ["1.1", "1.2", "1.3"]
    assert set(kept.geometry) == set(squares)
    assert "all.gpkg: features that hold parts more than 10 m apart: 1; each" in caplog.text


def test_distant_points_of_one_feature_are_landslides_of_their_own(elevation):
    points = MultiPoint([(WEST + 100 * step, SOUTH + 500) for step in range(1, 31)])
    kept, counts = clean_inventory(frame(points, square(3500)), elevation)
    assert (counts["read"], counts["parts"], counts["kept"]) == (2, 29, 31)
    assert (kept.geom_type[:30] == "Point").all() and kept["id"][30] == "2"


@pytest.mark.parametrize(("gap", "landslides"), [(0, 1), (9.9, 1), (10.1, 2), (500, 2)])
def test_parts_that_nearly_touch_stay_one(gap, landslides):
    parts = MultiPolygon([square(0), square(40 + gap)])
    parted, further = part_features(frame(parts))
    assert len(parted) == landslides == further + 1


def test_a_chain_of_parts_is_one_landslide():
    chain = MultiPolygon([square(step * 45.0) for step in range(10)] + [square(2000)])
    parted, further = part_features(frame(chain))
    assert further == 1
    assert [len(getattr(shape, "geoms", [shape])) for shape in parted.geometry] == [10, 1]


# tables of samples, and masks of several values

SAMPLES = "sample_id,longitude,latitude,Slope,{name}\n" + "".join(
    f"{row},{9 + row / 100},45,{row},{{{'yes' if row < 10 else 'no'}}}\n" for row in range(20)
)


def write_samples(path, name, yes=1, no=0):
    path.write_text(SAMPLES.format(name=name, yes=yes, no=no))
    return path


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [("landslide", 1, 0), ("Label", "1.0", "0.0"), ("class", "TRUE", "FALSE"),
     ("slide", "yes", "no"), ("target", 1, -1), ("Landslide_", "landslide", "non-landslide")],
)  # fmt: skip
def test_a_column_that_tells_absences_must_be_stated(tmp_path, name, yes, no):
    path = write_samples(tmp_path / "samples.csv", name, yes, no)
    with pytest.raises(ValueError, match=rf"{name} holds .* state label: {name} and presence: \["):
        read_inventory(path, crs="EPSG:4326")
    landslides, absences = read_inventory(path, crs="EPSG:4326", label=name, presence=[yes])
    assert (len(landslides), len(absences)) == (10, 10)
    landslides, absences = read_inventory(path, crs="EPSG:4326", label=name, presence=[yes, no])
    assert (len(landslides), len(absences)) == (20, 0)


def test_a_column_of_another_name_is_told(tmp_path, caplog):
    path = write_samples(tmp_path / "samples.csv", "fatal")
    assert len(read_inventory(path, crs="EPSG:4326")[0]) == 20
    assert "fatal holds 1 and 0, and all rows are taken as landslides; if it tells" in caplog.text
    assert "state label: fatal and presence: [1]" in caplog.text


@pytest.mark.parametrize("name", ["label", "fatal"])
@pytest.mark.parametrize(("yes", "no"), [(1, 1), (1, 2), ("fall", "flow"), (3, 0)])
def test_other_columns_ask_nothing(tmp_path, caplog, name, yes, no):
    path = write_samples(tmp_path / "samples.csv", name, yes, no)
    assert len(read_inventory(path, crs="EPSG:4326")[0]) == 20
    assert not [each for each in caplog.records if each.levelno > logging.INFO]


def test_a_column_of_lists_asks_nothing(tmp_path):
    table = frame(Point(9, 45), Point(9.1, 45), crs="EPSG:4326").assign(label=[[1], [0]])
    table.to_parquet(tmp_path / "a.parquet")
    assert len(read_inventory(tmp_path / "a.parquet")[0]) == 2


def write_tif(path, values):
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype=values.dtype, crs=CRS,
        transform=from_origin(WEST, SOUTH, 30, 30),
    ) as sink:  # fmt: skip
        sink.write(values, 1)


def test_a_mask_of_several_values_is_told(tmp_path, caplog):
    values = np.zeros((6, 8), np.uint8)
    values[0, 0], values[3, 3], values[5, 7] = 1, 1, 2
    write_tif(tmp_path / "mask.tif", values)
    assert len(read_inventory(tmp_path / "mask.tif")[0]) == 3
    assert "cells of the values 1, 2 are all taken as landslides; if some of them mean none" in (
        caplog.text
    )
    caplog.clear()
    assert len(read_inventory(tmp_path / "mask.tif", label="value", presence=[2])[0]) == 1
    write_tif(tmp_path / "mask.tif", values // 2)
    assert len(read_inventory(tmp_path / "mask.tif")[0]) == 1 and not caplog.text


# the same places in another CRS


def test_the_same_points_in_another_crs_count_once(tmp_path):
    korea = [(181_000 + 517.3 * step, 560_000 + 333.7 * step) for step in range(12)]
    points = gpd.GeoSeries([Point(place) for place in korea], crs="EPSG:5186")
    degrees = points.to_crs("EPSG:4326")
    lines = [f"{point.x:.5f},{point.y:.5f}" for point in degrees]
    (tmp_path / "a.csv").write_text("\n".join(["lon,lat", *lines, ""]))
    gpd.GeoDataFrame(geometry=points).to_file(tmp_path / "b.gpkg")
    landslides, _ = gather_inventory(tmp_path / "b.gpkg")
    zone = GeoBox.from_bbox(
        landslides.to_crs(32652).buffer(500).total_bounds, "EPSG:32652", resolution=30
    )
    folder = tmp_path / "both"
    folder.mkdir()
    for name in ("a.csv", "b.gpkg"):
        (tmp_path / name).rename(folder / name)
    # of the folder, `crs` holds for the table; the other file states its own
    (folder / "a.csv").rename(tmp_path / "a.csv")
    table, _ = read_inventory(tmp_path / "a.csv", crs="EPSG:4326")
    table.to_file(folder / "a.geojson")
    both, _ = gather_inventory(folder)
    _, counts = clean_inventory(both, xr_zeros(zone, dtype="float32"))
    assert (counts["read"], counts["duplicate"], counts["kept"]) == (24, 12, 12)


@pytest.mark.parametrize(
    ("decimals", "east", "repeated"), [(3, 0, 1), (3, 90, 0), (5, 0.9, 1), (5, 2.0, 0), (9, 2, 0)]
)
def test_places_of_two_files_are_told_apart_by_their_accuracy(
    tmp_path, elevation, decimals, east, repeated
):
    exact = gpd.GeoSeries([Point(WEST + 3000.25, SOUTH + 3000.75)], crs=CRS)
    (rounded,) = exact.translate(east).to_crs(4326)
    rounded = Point(round(rounded.x, decimals), round(rounded.y, decimals))
    gpd.GeoDataFrame(geometry=exact).to_file(tmp_path / "a.gpkg")
    gpd.GeoDataFrame(geometry=[rounded], crs=4326).to_file(tmp_path / "b.gpkg")
    (moved,) = gpd.GeoSeries([rounded], crs=4326).to_crs(CRS)
    half_m = max(0.5, 10.0**-decimals * 111_320 / 2**0.5)
    assert (moved.distance(exact[0]) <= half_m + 0.71) == bool(repeated), "the case itself"
    _, counts = clean_inventory(gather_inventory(tmp_path)[0], elevation)
    assert counts["duplicate"] == repeated


def test_neighbours_in_one_file_are_never_duplicates(tmp_path, elevation):
    """However coarsely their coordinates are rounded."""
    steps = np.arange(5)
    for name in "ab":
        points = gpd.points_from_xy(WEST + 3000 + steps, SOUTH + 3000 + (name == "b") * 900)
        points = gpd.GeoDataFrame(geometry=points, crs=CRS)
        points.to_file(tmp_path / f"{name}.gpkg")
    _, counts = clean_inventory(gather_inventory(tmp_path)[0], elevation)
    assert counts["duplicate"] == 0


def test_the_same_polygons_in_another_crs_count_once(tmp_path, elevation):
    shapes = frame(square(1000), square(1500), square(1500.0 + 3))
    shapes.to_file(tmp_path / "a.gpkg")
    shapes.to_crs(4326).to_file(tmp_path / "b.gpkg")
    _, counts = clean_inventory(gather_inventory(tmp_path)[0], elevation)
    assert (counts["read"], counts["duplicate"], counts["kept"]) == (6, 3, 3)


# lines, columns and times


def write(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    "rows",
    ["10.5,45.2,0.7,\n10.6,45.3,0.8,\n", "10.5,45.2,0.7\n10.6,45.3,0.8,\n",
     "10.5,45.2\n10.6,45.3\n", "10.5,45.2,0.7\n10.6,45.3,0.8\n,,\n,,\n"],
)  # fmt: skip
@pytest.mark.parametrize("header", ["lon,lat,score\n", "lon,lat,score,\n"])
def test_separators_at_the_end_shift_nothing(tmp_path, header, rows):
    landslides, _ = read_inventory(write(tmp_path / "a.csv", header + rows), crs="EPSG:4326")
    assert list(landslides.geometry.x) == [10.5, 10.6] and list(landslides.geometry.y) == [
        45.2,
        45.3,
    ]


def test_a_row_with_too_many_fields_is_named(tmp_path):
    path = write(tmp_path / "a.csv", "id,lon,lat\n0,73,40,34,50\n")
    with pytest.raises(ValueError, match=r"a\.csv: row 1 has 5 fields, the header 3; put what"):
        read_inventory(path, crs="EPSG:4326")


FEATURE = (
    '{{"geometry": {{"type": "Point", "coordinates": [{}, 45]}}, "properties": {{"date": "{}"}},'
    ' "type": "Feature"}}'
)


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.geojsonl", "a.ndjson"])
def test_every_line_of_a_sequence_is_read(tmp_path, name):
    lines = [FEATURE.format(9 + row, 2010 + row) for row in range(3)]
    landslides, _ = read_inventory(write(tmp_path / name, "\n".join([*lines, ""])))
    assert list(landslides.geometry.x) == [9, 10, 11]
    assert list(landslides["date"]) == ["2010", "2011", "2012"]


def test_features_that_follow_each_other_otherwise_are_refused(tmp_path):
    features = [json.dumps(json.loads(FEATURE.format(9, 2010)), indent=1)] * 3
    with pytest.raises(ValueError, match="holds several features one after the other; write each"):
        read_inventory(write(tmp_path / "a.geojson", "\n".join(features)))


def test_a_single_feature_is_read(tmp_path):
    assert len(read_inventory(write(tmp_path / "a.geojson", FEATURE.format(9, 2010)))[0]) == 1


def test_a_date_is_that_of_the_place(tmp_path):
    times = ["2010-07-15T00:00:00+09:00", "2010-07-15T01:30:00+08:00", "2010-07-15T23:00:00-05:00"]
    features = [json.loads(FEATURE.format(9, time)) for time in times]
    path = write(
        tmp_path / "a.geojson", json.dumps({"type": "FeatureCollection", "features": features})
    )
    assert list(read_inventory(path)[0]["date"]) == ["2010-07-15"] * 3
    table = frame(Point(9, 45), crs="EPSG:4326")
    table["date"] = pd.to_datetime([times[0]]).tz_convert("Asia/Seoul")
    table.to_parquet(tmp_path / "a.parquet")
    assert list(read_inventory(tmp_path / "a.parquet")[0]["date"]) == ["2010-07-15"]


def test_a_range_of_dates_keeps_both_ends(tmp_path, elevation, caplog):
    rows = ["500100,5000100,2010-12-28/2011-01-03", "500200,5000200,2009-05-01 - 2009-05-04",
            "500300,5000300,2011/2012", "500400,5000400,2010-06-01/2010-06-01"]  # fmt: skip
    path = write(tmp_path / "a.csv", "\n".join(["x,y,date", *rows, ""]))
    landslides, _ = read_inventory(path, crs=CRS)
    assert list(landslides["date"]) == [
        "2010-12-28/2011-01-03", "2009-05-01/2009-05-04", "2011/2012", "2010-06-01",
    ]  # fmt: skip
    for begin, end, ids in (
        (2011, None, ["1", "3"]), (None, 2010, ["1", "2", "4"]),
        ("2011-01-04", "2011-12-31", ["3"]), (2010, 2010, ["1", "4"]),
    ):  # fmt: skip
        kept, counts = clean_inventory(landslides, elevation, begin=begin, end=end)
        assert list(kept["id"]) == ids and counts["undated"] == 0
    assert "1 landslides have a range of dates that begins before or ends after" in caplog.text


@pytest.mark.parametrize("label", ["None", "NA", "null", "nan", "n/a"])
def test_a_label_is_a_text(tmp_path, label):
    path = write(tmp_path / "a.csv", f"x,y,kind\n1,2,slide\n3,4,{label}\n")
    landslides, absences = read_inventory(path, crs=CRS, label="kind", presence=["slide"])
    assert (len(landslides), len(absences)) == (1, 1)
    landslides, _ = read_inventory(path, crs=CRS, label="kind", presence=[label])
    assert list(landslides["id"]) == ["2"]


@pytest.mark.parametrize("nothing", ["", "NA", "nan", "-", "None"])
def test_texts_for_nothing_are_no_date_and_no_elevation(tmp_path, nothing):
    path = write(tmp_path / "a.csv", f"x,y,date,elev\n1,2,2010,35\n3,4,{nothing},{nothing}\n")
    landslides, _ = read_inventory(path, crs=CRS, date="date", elevation="elev")
    assert landslides["date"].isna().tolist() == [False, True]
    assert landslides["elevation_m"].isna().tolist() == [False, True]


def test_outlines_in_a_table_are_read(tmp_path):
    rows = ['"POLYGON ((10 45, 10.1 45, 10.1 45.1, 10 45))",2010', '"POINT (11 46)",2011', ",2012"]
    path = write(tmp_path / "a.csv", "\n".join(["WKT,year", *rows, ""]))
    landslides, _ = read_inventory(path, crs="EPSG:4326")
    assert list(landslides["date"]) == ["2010", "2011", "2012"]
    assert landslides.geometry[0].area == pytest.approx(0.005)
    assert landslides.geometry[1] == Point(11, 46) and landslides.geometry[2] is None


# messages that mislead


def test_what_windows_puts_into_a_folder_is_no_inventory(tmp_path):
    write(tmp_path / "a.csv", "x,y\n1,2\n")
    pyogrio.write_dataframe(frame(Point(1, 2)), tmp_path / "b.tab", driver="MapInfo File")
    for name in ("Thumbs.db", "desktop.ini", "~$a.xlsx", "a.qml", ".DS_Store"):
        write(tmp_path / name, "nothing")
    assert list(gather_inventory(tmp_path, crs=CRS)[0]["file"]) == ["a.csv", "b.tab"]


@pytest.mark.parametrize("odd", ["x!y", "x;y", "a!b/c", "a;b/c", "a:b/c"])
@pytest.mark.parametrize("ending", ["csv", "fgb", "kml", "kmz", "ods", "parquet", "xlsx"])
def test_odd_names_are_read_in_every_format(tmp_path, odd, ending):
    drivers = {"fgb": "FlatGeobuf", "kml": "KML", "kmz": "LIBKML", "ods": "ODS", "xlsx": "XLSX"}
    sound = tmp_path / f"sound.{ending}"
    table = frame(Point(9, 45), crs="EPSG:4326")
    if ending in ("csv", "ods", "xlsx"):
        table = pd.DataFrame({"lon": [9.0], "lat": [45.0]})
    if ending == "csv":
        table.to_csv(sound, index=False)
    elif ending == "parquet":
        table.to_parquet(sound)
    else:
        pyogrio.write_dataframe(table, sound, driver=drivers[ending])
    path = tmp_path / f"{odd}.{ending}"
    path.parent.mkdir(exist_ok=True)
    sound.rename(path)
    assert read_inventory(path, crs="EPSG:4326")[0].geometry[0] == Point(9, 45)


def test_empty_points_of_esri_are_without_a_place(tmp_path, elevation):
    lost = -1.7976931348623157e308
    points = [Point(9.001, 45.16), Point(lost, lost), Point(9.002, 45.16), Point(lost, lost)]
    table = frame(*points, crs="EPSG:4326")
    table.to_file(tmp_path / "a.shp")
    landslides, _ = read_inventory(tmp_path / "a.shp")
    assert landslides.geometry.isna().tolist() == [False, True, False, True]
    _, counts = clean_inventory(landslides, elevation)
    assert (counts["read"], counts["no_geometry"], counts["kept"]) == (4, 2, 2)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_tables_in_encodings_of_windows_are_read(tmp_path, encoding, caplog):
    path = write(tmp_path / "a.csv", "x;y;type\n1;2;Glissement boisé\n", encoding)
    landslides, _ = read_inventory(path, crs=CRS, type="type")
    assert list(landslides["type"]) == ["glissement boisé"]
    told = "is not in UTF-8 and is read as Windows-1252" in caplog.text
    assert told == (encoding == "cp1252")


def test_one_odd_date_is_one_unknown_date(tmp_path, caplog):
    path = write(tmp_path / "a.csv", "x,y,date\n1,2,2010\n3,4,spring\n5,6,2011-05-01\n")
    landslides, _ = read_inventory(path, crs=CRS)
    assert list(landslides["date"].fillna("")) == ["2010", "", "2011-05-01"]
    assert "date in row 2 is 'spring'; write" in caplog.text and "in 1 of 3 rows" in caplog.text


def test_two_columns_of_dates_are_told(tmp_path, caplog):
    path = write(tmp_path / "a.csv", "x,y,date,year\n1,2,2010-05-01,2010\n")
    assert read_inventory(path, crs=CRS)[0]["date"].isna().all()
    assert (
        "date may be any of the columns ['date', 'year'], so none is taken; name one by date"
        in (caplog.text)
    )
    assert list(read_inventory(path, crs=CRS, date="date")[0]["date"]) == ["2010-05-01"]


def test_metres_in_a_geojson_are_those_of_the_stated_crs(tmp_path):
    points = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": place}}
        for place in ([351_000, 3_832_000], [351_300, 3_832_000])
    ]
    path = write(
        tmp_path / "a.geojson", json.dumps({"type": "FeatureCollection", "features": points})
    )
    with pytest.raises(ValueError, match="without the member crs means degrees, so state the inv"):
        read_inventory(path)
    landslides, _ = read_inventory(path, crs="EPSG:32643")
    (first, _) = landslides.to_crs(4326).geometry
    assert landslides.crs.to_epsg() == 32643 and len(landslides) == 2
    assert first.distance(Point(73.3747, 34.6191)) < 1e-3


def test_layers_without_places_are_passed_over(tmp_path):
    path = tmp_path / "a.gpkg"
    frame(Point(9, 45), crs="EPSG:4326").to_file(path, layer="slides")
    styles = pd.DataFrame({"styleName": ["a"], "styleQML": ["<qgis/>"]})
    pyogrio.write_dataframe(styles, path, layer="layer_styles", append=True)
    pyogrio.write_dataframe(
        frame(Point(9, 45), crs="EPSG:4326")[:0], path, layer="empty", append=True
    )
    assert len(read_inventory(path)[0]) == 1


def test_a_layer_is_named_where_there_are_several(tmp_path):
    path = tmp_path / "a.gpkg"
    for name, count in (("old", 1), ("new", 2)):
        points = [Point(9 + step, 45) for step in range(count)]
        frame(*points, crs="EPSG:4326").to_file(path, layer=name)
    with pytest.raises(ValueError, match=r"the layers \['old', 'new'\]; name one of them by layer"):
        read_inventory(path)
    assert len(read_inventory(path, layer="new")[0]) == 2
    with pytest.raises(ValueError, match=r"layer is 'now', but there are \['old', 'new'\]"):
        read_inventory(path, layer="now")


# what is doubtful stands in the record as well


def test_the_table_of_cleaning_says_what_the_log_warns_of(tmp_path, elevation):
    with collect_warnings() as warnings:
        path = write(tmp_path / "a.csv", "x,y,date\n500100,5000100,spring\n")
        landslides, _ = read_inventory(path, crs=CRS)
        _, counts = clean_inventory(landslides, elevation)
    write_cleaning(tmp_path / "cleaning.csv", counts, warnings=warnings)
    table = pd.read_csv(tmp_path / "cleaning.csv").set_index("what")
    assert table.loc["parts", "value"] == 0 and table.loc["kept", "value"] == 1
    assert table.loc["warning", "meaning"].startswith(f"{path}: date in row 1 is 'spring'; write")
    with collect_warnings() as others:
        pass
    assert others == []


# workbooks, GPX, KML and KMZ


@pytest.fixture(params=["xlsx", "ods"])
def workbook(request, tmp_path):
    """Write sheets into a workbook, each a table."""
    path = tmp_path / f"slides.{request.param}"

    def write_sheets(**sheets):
        for number, (name, table) in enumerate(sheets.items()):
            driver = request.param.upper()
            pyogrio.write_dataframe(table, path, layer=name, driver=driver, append=number > 0)
        return path

    return write_sheets


def test_a_sheet_is_a_table(workbook):
    days = pd.to_datetime(["2010-07-15", "2011-01-01"])
    table = pd.DataFrame(
        {"lon": [-10.515625, 10.25], "lat": [45.5, 45.75], "date": days, "kind": ["NA", "x"]}
    )
    path = workbook(slides=table)
    landslides, absences = read_inventory(path, crs="EPSG:4326", label="kind", presence=["NA"])
    assert landslides.geometry[0] == Point(-10.515625, 45.5) and len(absences) == 1
    assert list(landslides["date"]) == ["2010-07-15"] and list(absences["date"]) == ["2011-01-01"]


def test_a_sheet_is_named_where_there_are_several(workbook):
    one = pd.DataFrame({"lon": [9.0], "lat": [45.0]})
    path = workbook(old=one, new=pd.concat([one, one + 1]))
    with pytest.raises(ValueError, match=r"the sheets \['old', 'new'\]; name one of them by layer"):
        read_inventory(path, crs="EPSG:4326")
    assert len(read_inventory(path, crs="EPSG:4326", layer="new")[0]) == 2


def test_texts_in_a_sheet_are_numbers_too(workbook):
    path = workbook(slides=pd.DataFrame({"lon": ["9.5", "9.6"], "lat": ["45.5", "45,6"]}))
    with pytest.raises(
        ValueError, match="lat in row 2 is 45,6, no number; write it with a decimal"
    ):
        read_inventory(path, crs="EPSG:4326")


KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}'
    "</Document></kml>"
)
FOLDER = "<Folder><name>{}</name>{}</Folder>"
PLACE = "<Placemark><Point><coordinates>{},45.5,0</coordinates></Point></Placemark>"
FOLDERS = KML.format(
    FOLDER.format("2010", "".join(PLACE.format(lon) for lon in (9.1, 9.2, 9.3)))
    + FOLDER.format("2015", PLACE.format(9.4) + FOLDER.format("late", PLACE.format(9.5)))
)


def write_kmz(path, text, name="doc.kml"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return path


@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_all_folders_of_a_kml_are_read(tmp_path, ending):
    path = tmp_path / f"slides.{ending}"
    path = write_kmz(path, FOLDERS) if ending == "kmz" else write(path, FOLDERS)
    landslides, _ = read_inventory(path)
    assert sorted(landslides.geometry.x) == [9.1, 9.2, 9.3, 9.4, 9.5]
    assert landslides.crs.to_epsg() == 4326
    old, others = read_inventory(path, label="folder", presence=["2010"])
    assert (len(old), len(others)) == (3, 2)


def test_waypoints_of_a_gpx_are_landslides(tmp_path):
    points = "".join(f'<wpt lat="45.5" lon="9.{row}"><name>s</name></wpt>' for row in range(1, 6))
    track = '<trk><trkseg><trkpt lat="45" lon="9"/><trkpt lat="46" lon="9"/></trkseg></trk>'
    head = '<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
    path = write(tmp_path / "slides.gpx", f"{head}{points}{track}</gpx>")
    landslides, _ = read_inventory(path)
    assert list(landslides.geometry.x) == [9.1, 9.2, 9.3, 9.4, 9.5]
    with pytest.raises(ValueError, match=r"has the layers .*track_points.*; name one of them"):
        read_inventory(write(path, f"{head}{track}</gpx>"))
