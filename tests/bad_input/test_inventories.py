"""Inventories and lines that are wrong: real files, handed to the scripts that acquire them."""

import json
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from rasterio.transform import from_origin
from shapely import LineString, Point, Polygon

from landshift.acquire.fetch.store import Store
from landshift.acquire.inventory.reading import gather_inventory

from .conftest import (
    CRS,
    NORTH,
    WEST,
    explain,
    load_main,
    make_hills,
    write_document,
    write_slides,
    write_tif,
)

UNREADABLE = (
    ": no inventory that can be read; give CSV, Excel (.xlsx), ODS, GeoPackage, GeoJSON, shapefile"
    " (with .shx, .dbf, .prj next to it), GeoParquet, KML, KMZ, GPX or a GeoTIFF of landslide"
    " cells ("
)


def acquire(path, tmp_path, **entry):
    dem = tmp_path / "dem.tif"
    if not dem.is_file():
        write_tif(dem)
    load_main("acquire_inventory")(
        entry={"file": str(path), "merge_m": 0} | entry, dem=dem, store=Store(tmp_path),
        inventory=tmp_path / "out/inventory.gpkg", cleaning=tmp_path / "out/cleaning.csv",
        record=tmp_path / "out/inventory.json",
    )  # fmt: skip


def write_table(path, text):
    path.write_text(text)


def swap(path):
    points = [Point(NORTH - step, WEST + step) for step in (100, 200)]
    gpd.GeoDataFrame(geometry=points, crs=CRS).to_file(path)


def state_feet(path):
    hills = make_hills()
    steps = np.arange(12) * 80.0 + 100.0
    cells = (steps // 30).astype(int)
    write_slides(path, elevation=list(hills[cells, cells] / 0.3048))


# file name, how it is made, further keys, and the sentence behind its name
CASES = {
    "missing": ("a.csv", lambda path: None, {}, " does not exist; correct the path"),
    "empty file": (
        "a.csv", lambda path: write_table(path, ""), {},
        ": the file is empty; fetch or copy it again",
    ),
    "not UTF-8": (
        "a.csv", lambda path: path.write_bytes(b"x,y\n\xff\xfe,2\n"), {},
        ": x in row 1 is ÿþ, no number; correct or remove the row",
    ),
    "header alone": (
        "a.csv", lambda path: write_table(path, "x,y\n"), {"crs": CRS},
        ": the inventory holds no landslide; give a file with at least one",
    ),
    "no CRS": (
        "a.csv", lambda path: write_table(path, "lon,lat\n9,45\n"), {},
        ": states no CRS; give the inventory's crs, such as EPSG:32717, or EPSG:4326 for degrees "
        "of WGS 84",
    ),
    "unknown CRS": (
        "a.csv", lambda path: write_table(path, "x,y\n1,2\n"), {"crs": "EPSG:99"},
        ": crs EPSG:99 is unknown; give one such as EPSG:32717",
    ),
    "no coordinates": (
        "a.csv", lambda path: write_table(path, "name,size\na,2\n"), {"crs": CRS},
        ": recognises no coordinates; name their columns with x and y, out of ['name', 'size']",
    ),
    "two pairs of coordinates": (
        "a.csv", lambda path: write_table(path, "x,y,lon,lat\n1,2,3,4\n"), {"crs": CRS},
        ": coordinates may be any of [('x', 'y'), ('lon', 'lat')]; name their columns with x and y,"
        " out of ['x', 'y', 'lon', 'lat']",
    ),
    "no such column": (
        "a.csv", lambda path: write_table(path, "x,y\n1,2\n"), {"crs": CRS, "x": "e", "y": "n"},
        ": column 'e' (x) is not there; name the columns of the coordinates with x and y, out of "
        "['x', 'y']",
    ),
    "decimal commas": (
        "a.csv", lambda path: write_table(path, "x;y\n1,5;2,5\n"), {"crs": CRS},
        ": x in row 1 is 1,5, no number; write it with a decimal point and nothing between "
        "thousands, such as 351000.5",
    ),
    "degrees that are none": (
        "a.csv", lambda path: write_table(path, "x,y\n500100,4999900\n"), {"crs": "EPSG:4326"},
        ": its coordinates are no degrees: they span [500100.0, 4999900.0, 500100.0, 4999900.0], "
        "and the CRS is EPSG:4326; correct the columns or the CRS",
    ),
    "swapped degrees": (
        "a.csv", lambda path: write_table(path, "x,y\n45,120\n"), {"crs": "EPSG:4326"},
        ": x and y are swapped: they span [45.0, 120.0, 45.0, 120.0], and the CRS is EPSG:4326; "
        "correct the columns or the CRS",
    ),
    "degrees for metres": (
        "a.csv", lambda path: write_table(path, "x,y\n9,45\n9.1,45.1\n"), {"crs": CRS},
        ": none of 2 landslides is left: 2 outside the region; they span [9.0, 45.0, 9.1, 45.1] in "
        "EPSG:32632, the region [500000.0, 4998800.0, 501200.0, 5000000.0] in EPSG:32632; they look"
        " like degrees, so state crs: EPSG:4326",
    ),
    "swapped metres": (
        "a.gpkg", swap, {},
        ": none of 2 landslides is left: 2 outside the region; they span [4999800.0, 500100.0, "
        "4999900.0, 500200.0] in EPSG:32632, the region [500000.0, 4998800.0, 501200.0, 5000000.0] "
        "in EPSG:32632; check the CRS and whether x and y are swapped",
    ),
    "wrong zone": (
        "a.gpkg", lambda path: write_slides(path, 2, crs="EPSG:32633"), {},
        ": none of 2 landslides is left: 2 outside the region; they span [500100.0, 4999820.0, "
        "500180.0, 4999900.0] in EPSG:32633, the region [500000.0, 4998800.0, 501200.0, 5000000.0] "
        "in EPSG:32632; check the CRS and whether x and y are swapped",
    ),
    "contradicted CRS": (
        "a.gpkg", write_slides, {"crs": "EPSG:4326"},
        ": its own CRS is EPSG:32632, but crs says EPSG:4326; remove crs if the file is right, else"
        " correct the file",
    ),
    "web page": (
        "a.gpkg", lambda path: write_table(path, "<html>"), {},
        ": is a web page and no inventory, as servers send where a file is gone or a login is "
        "needed; fetch the file itself",
    ),
    "cut GeoPackage": (
        "a.gpkg", lambda path: path.write_bytes(write_slides(path).read_bytes()[:9000]), {},
        UNREADABLE,
    ),
    "cut GeoParquet": (
        "a.parquet", lambda path: path.write_bytes(write_slides(path).read_bytes()[:500]), {},
        UNREADABLE,
    ),
    "table without geometry": (
        "a.parquet", lambda path: pd.DataFrame({"a": [1]}).to_parquet(path), {}, UNREADABLE,
    ),
    "wrong date": (
        "a.gpkg", lambda path: write_slides(path, 2, when=["2015", "31/8/15"]), {"date": "when"},
        ": when in row 2 is '31/8/15'; write dates as 2015 or 2015-08-31",
    ),
    "no such date column": (
        "a.gpkg", write_slides, {"date": "when"},
        ": date names the column 'when', but there are ['year']",
    ),
    "nothing in the period": (
        "a.gpkg", lambda path: write_slides(path, 2), {"from": 2012},
        ": none of 2 landslides is left: 2 before or after the period; correct the inventory, its "
        "period or its types",
    ),
    "no dates for a period": (
        "a.gpkg", lambda path: write_slides(path, 2, size=[1, 2]), {"from": 2012},
        ": none of 2 landslides is left: 2 without a date that tells whether they lie in the "
        "period; correct the inventory, its period or its types",
    ),
    "no such type": (
        "a.gpkg", lambda path: write_slides(path, 2, kind=["fall", "flow"]),
        {"type": "kind", "types": ["slide"]},
        ": no landslide is of the types ['slide']; there are ['fall', 'flow']",
    ),
    "label without values": (
        "a.gpkg", lambda path: write_slides(path, 2, kind=["a", "b"]), {"label": "kind"},
        ": label is kind but presence is missing; state which values are landslides",
    ),
    "no such presence": (
        "a.gpkg", lambda path: write_slides(path, 2, kind=["a", "b"]),
        {"label": "kind", "presence": [1]},
        ": no kind is [1]; its values are ['a', 'b'], correct presence",
    ),
    "feet": (
        "a.gpkg", state_feet, {},
        ": its elevations are 3.28 times those of the elevation model, so the unit of the "
        "inventory's elevations seems to be feet; bring both to metres",
    ),
    "mask of measurements": (
        "a.tif", write_tif, {},
        ": the cells are float32, but a mask holds whole numbers, 0 where there is no landslide; "
        "convert it",
    ),
    "empty mask": (
        "a.tif", lambda path: write_tif(path, np.zeros((40, 40), np.uint8)), {},
        ": the inventory holds no landslide; give a file with at least one",
    ),
    "lines": (
        "a.gpkg",
        lambda path: gpd.GeoDataFrame(
            geometry=[LineString([(WEST, NORTH), (WEST + 9, NORTH)])], crs=CRS
        ).to_file(path),
        {},
        ": none of 1 landslides is left: 1 neither points nor polygons; correct the inventory, its "
        "period or its types",
    ),
    "polygons that enclose nothing": (
        "a.gpkg",
        lambda path: gpd.GeoDataFrame(
            geometry=[Polygon([(WEST, NORTH), (WEST + 9, NORTH), (WEST, NORTH)])], crs=CRS
        ).to_file(path),
        {},
        ": none of 1 landslides is left: 1 polygons that enclose nothing; correct the inventory, "
        "its period or its types",
    ),
}  # fmt: skip


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
FEATURE = {
    "type": "Feature",
    "properties": {},
    "geometry": {"type": "Point", "coordinates": [9, 45]},
}
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
TRACK = (
    '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg><trkpt '
    'lat="45" lon="9"/><trkpt lat="45.1" lon="9"/></trkseg></trk></gpx>'
)
SHEET = pd.DataFrame({"x": [WEST + 100.0], "y": [NORTH - 100.0]})
LOST = Point(-1.7976931348623157e308, -1.7976931348623157e308)


def write_layers(path):
    for name in ("old", "new"):
        points = gpd.GeoDataFrame(geometry=[Point(WEST + 100, NORTH - 100)], crs=CRS)
        points.to_file(path, layer=name)


def write_sheets(path):
    for number, name in enumerate(("old", "new")):
        pyogrio.write_dataframe(SHEET, path, layer=name, driver="XLSX", append=number > 0)


def write_features(path, *coordinates):
    features = [FEATURE | {"geometry": {"type": "Point", "coordinates": at}} for at in coordinates]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def write_archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)


CASES |= {
    "pointer of Git LFS": (
        "a.gpkg", lambda path: write_table(path, LFS), {},
        ": is a pointer of Git LFS and no inventory; run git lfs pull",
    ),
    "table that is a pointer of Git LFS": (
        "a.csv", lambda path: write_table(path, LFS), {"crs": CRS},
        ": is a pointer of Git LFS and no table; run git lfs pull",
    ),
    "empty GeoPackage": (
        "a.gpkg", lambda path: path.touch(), {}, ": the file is empty; fetch or copy it again",
    ),
    "table that is a web page": (
        "a.csv", lambda path: write_table(path, "<!DOCTYPE html><html>"), {"crs": CRS},
        ": is a web page and no table, as servers send where a file is gone or a login is needed; "
        "fetch the file itself",
    ),
    "answer of a server": (
        "a.geojson", lambda path: write_table(path, "<?xml version='1.0'?><Error>No</Error>"), {},
        ": is a web page and no inventory, as servers send where a file is gone or a login is "
        "needed; fetch the file itself",
    ),
    "empty header": (
        "a.csv", lambda path: write_table(path, "\n\n,,\n"), {"crs": CRS},
        ": is empty; give a table with a header",
    ),
    "more fields than the header": (
        "a.csv", lambda path: write_table(path, "id,lon,lat\n0,9.1,45\n1,9,1,45,2\n"),
        {"crs": "EPSG:4326"},
        ": row 2 has 5 fields, the header 3; put what holds a ',' in quotes",
    ),
    "thousands": (
        "a.csv", lambda path: write_table(path, "x;y\n500,100.5;4,999,900\n"), {"crs": CRS},
        ": x in row 1 is 500,100.5, no number; write it with a decimal point and nothing between "
        "thousands, such as 351000.5",
    ),
    "thousands by spaces": (
        "a.csv", lambda path: write_table(path, "x,y\n1,4 999 900\n"), {"crs": CRS},
        ": y in row 1 is 4 999 900, no number; write it with a decimal point and nothing between "
        "thousands, such as 351000.5",
    ),
    "degrees, minutes and seconds": (
        "a.csv", lambda path: write_table(path, "lon,lat\n9°0'5\"\"E,45\n"), {"crs": "EPSG:4326"},
        ": lon in row 1 is 9°0'5\"\"E, no number; write decimal degrees, such as 45.2083 for "
        "45°12'30\"N",
    ),
    "degrees with a letter": (
        "a.csv", lambda path: write_table(path, "lon,lat\n9.1,45.2N\n"), {"crs": "EPSG:4326"},
        ": lat in row 1 is 45.2N, no number; write decimal degrees, such as 45.2083 for "
        "45°12'30\"N",
    ),
    "coordinate that is missing": (
        "a.csv", lambda path: write_table(path, "x,y\n500100,4999900\n500200,\n"), {"crs": CRS},
        ": y in row 2 is empty; fill in or remove the row",
    ),
    "table of no text": (
        "a.csv", lambda path: path.write_bytes(b"x,y\n1\0,2\n"), {"crs": CRS},
        ": is no text; save the table as CSV in UTF-8",
    ),
    "workbook under another name": (
        "a.csv", lambda path: write_archive(path, a="b"), {"crs": CRS},
        ": is a zip archive and no text; a workbook needs its ending .xlsx or .ods",
    ),
    "absences without a label": (
        "a.gpkg", lambda path: write_slides(path, 2, landslide=[1, 0]), {},
        ": landslide holds 1 and 0, and rows of 0 may be no landslides; state label: landslide and "
        "presence: [1], or presence: [1, 0] if every row is a landslide",
    ),
    "quote that nobody closes": (
        "a.csv", lambda path: write_table(path, 'x,y,name\n1,2,a\n3,4,"b\n5,6,c\n'), {"crs": CRS},
        ": cannot be read up to line 4 (unexpected end of data); correct its quotes",
    ),
    "shape that is none": (
        "a.csv", lambda path: write_table(path, 'WKT\n"POINT (1 2)"\n"POLYGON ((1 2, 3"\n'),
        {"crs": CRS},
        ": WKT in row 2 is 'POLYGON ((1 2, 3', no shape in well-known text; write such as POINT "
        "(10.5 45.2), or name the columns x and y",
    ),
    "folder of a geodatabase": (
        "a.gdb", lambda path: path.mkdir(), {},
        ": is the folder of a geodatabase; pack it into a.gdb.zip, or export its layer as "
        "GeoPackage",
    ),
    "several layers": (
        "a.gpkg", write_layers, {},
        ": has the layers ['old', 'new']; name one of them by layer",
    ),
    "no such layer": (
        "a.gpkg", write_layers, {"layer": "now"},
        ": layer is 'now', but there are ['old', 'new']",
    ),
    "several sheets": (
        "a.xlsx", write_sheets, {"crs": CRS},
        ": has the sheets ['old', 'new']; name one of them by layer",
    ),
    "no such sheet": (
        "a.xlsx", write_sheets, {"crs": CRS, "layer": "now"},
        ": layer is 'now', but there are the sheets ['old', 'new']",
    ),
    "workbook that is none": (
        "a.xlsx", lambda path: write_table(path, "x,y"), {"crs": CRS},
        ": is cut or damaged (File is not a zip file); copy it again",
    ),
    "workbook of another program": (
        "a.xlsx", lambda path: write_archive(path, a="b"), {"crs": CRS},
        ": is no workbook that can be read ('{path}' not recognized as being in a supported file "
        "format.); save it anew, or as CSV",
    ),
    "workbook without rows": (
        "a.ods", lambda path: write_document(path, SHEET[:0]), {"crs": CRS},
        ": is empty; give a table with a header",
    ),
    "workbook without a CRS": (
        "a.xlsx", lambda path: write_document(path, SHEET), {},
        ": states no CRS; give the inventory's crs, such as EPSG:32717, or EPSG:4326 for degrees "
        "of WGS 84",
    ),
    "workbook that unpacks without end": (
        "a.xlsx", lambda path: write_archive(path, sheet_xml=bytes(200_000_001)), {"crs": CRS},
        ": becomes 200 MB when it is read, more than 200; save it as GeoPackage or CSV",
    ),
    "workbook that unfolds without end": (
        "a.ods",
        lambda path: write_archive(path, content_xml='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        {"crs": CRS},
        ": holds definitions of XML, which can unfold without end; export it anew",
    ),
    "KML that names a file": (
        "a.kml",
        lambda path: path.write_text(
            '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + KML.format("&a;"),
            "utf-16",
        ),
        {},
        ": holds definitions of XML, which can unfold without end; export it anew",
    ),
    "KML without places": (
        "a.kml", lambda path: write_table(path, KML.format("")), {},
        ": holds no layer; give {formats}",
    ),
    "KMZ that is cut": (
        "a.kmz", lambda path: path.write_bytes(write_document(path).read_bytes()[:300]), {},
        ": is cut or damaged (File is not a zip file); copy it again",
    ),
    "KMZ without a KML": (
        "a.kmz", lambda path: write_archive(path, a="b"), {}, UNREADABLE,
    ),
    "GPX of a track": (
        "a.gpx", lambda path: write_table(path, TRACK), {},
        ": has the layers ['tracks', 'track_points']; name one of them by layer",
    ),
    "features one after the other": (
        "a.geojson", lambda path: write_table(path, json.dumps(FEATURE, indent=1) * 2), {},
        ": holds several features one after the other; write each into a line of its own, or all "
        "into a FeatureCollection",
    ),
    "metres in a GeoJSON": (
        "a.geojson", lambda path: write_features(path, [500_100, 4_999_900]), {},
        ": its coordinates are no degrees: they span [500100.0, 4999900.0, 500100.0, 4999900.0], "
        "and the CRS is EPSG:4326; a GeoJSON without the member crs means degrees, so state the "
        "inventory's crs",
    ),
    "degrees in a GeoJSON of another CRS": (
        "a.geojson", lambda path: write_features(path, [9, 45]), {"crs": CRS},
        ": its own CRS is EPSG:4326, but crs says EPSG:32632; remove crs if the file is right, else"
        " correct the file",
    ),
    "empty points of ESRI": (
        "a.shp", lambda path: gpd.GeoDataFrame(geometry=[LOST, LOST], crs=CRS).to_file(path), {},
        ": none of 2 landslides is left: 2 without a place; correct the inventory, its period or "
        "its types",
    ),
    "range of dates that ends before it begins": (
        "a.gpkg", lambda path: write_slides(path, 2, when=["2015", "2015-05-02/2015-05-01"]),
        {"date": "when"},
        ": when in row 2 is '2015-05-02/2015-05-01'; write dates as 2015 or 2015-08-31",
    ),
    "time that is none": (
        "a.gpkg", lambda path: write_slides(path, 2, when=["2015", "2015-05-02 or later"]),
        {"date": "when"},
        ": when in row 2 is '2015-05-02 or later'; write dates as 2015 or 2015-08-31",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_inventory_is_named(name, tmp_path):
    file, make, entry, sentence = CASES[name]
    path = tmp_path / file
    make(path)
    found = explain(acquire, path, tmp_path, **entry).removeprefix("file: ")
    if sentence.endswith("("):
        assert found.startswith(f"{path}{sentence}")
        assert "\n" not in found
    else:
        formats = UNREADABLE.partition("give ")[2].removesuffix(" (")
        wanted = sentence.replace("{path}", str(path)).replace("{formats}", formats)
        assert found == f"{path}{wanted}"
    assert not (tmp_path / "out").exists()


def acquire_lines(path, tmp_path):
    load_main("acquire_lines")(
        entry={"file": str(path)}, dem=write_tif(tmp_path / "dem.tif"), store=Store(tmp_path),
        lines=tmp_path / "out/lines.gpkg", record=tmp_path / "out/lines.json",
    )  # fmt: skip


LINES = {
    "pointer of Git LFS": (
        lambda path: write_table(path, LFS),
        ": is a pointer of Git LFS and no lines; run git lfs pull",
    ),
    "nothing at all": (
        lambda path: path.touch(),
        ": the file is empty; fetch or copy it again",
    ),
    "several layers": (
        write_layers,
        ": has the layers ['old', 'new']; keep one of them in the file",
    ),
    "web page": (
        lambda path: write_table(path, "<html>"),
        ": is a web page and no lines, as servers send where a file is gone or a login is needed; "
        "fetch the file itself",
    ),
    "no CRS": (
        lambda path: write_slides(path, crs=None),
        ": states no CRS; put the .prj next to it, or state it in the file",
    ),
    "nothing": (
        lambda path: gpd.GeoDataFrame({"a": [1]}, geometry=[None], crs=CRS).to_file(path),
        ": holds no lines; give a file with some, or remove it from the configuration",
    ),
    "elsewhere": (
        lambda path: write_slides(path, east=200_000),
        ": lies 199 km from the region; check its CRS, or remove the layer",
    ),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_wrong_layer_of_lines_is_named(name, tmp_path):
    make, sentence = LINES[name]
    path = tmp_path / "lines.gpkg"
    make(path)
    found = explain(acquire_lines, path, tmp_path)
    assert (
        found.startswith(f"{path}{sentence}")
        if sentence.endswith("(")
        else (found == f"{path}{sentence}")
    )


def acquire_from_taiwan(tmp_path, grid_crs, places):
    """Read landslides of the Taiwan Datum 1967: positions, cleaning and record."""
    points = gpd.GeoSeries(gpd.points_from_xy(*np.transpose(places)), crs="EPSG:3828")
    here = points.to_crs(3826).to_crs(grid_crs).total_bounds.round(-2)
    place = from_origin(here[0] - 2000, here[3] + 2000, 30, 30)
    dem = write_tif(tmp_path / "dem.tif", make_hills(400), crs=grid_crs, transform=place)
    path = tmp_path / "slides.gpkg"
    gpd.GeoDataFrame(geometry=points).to_file(path)
    outputs = {name: tmp_path / f"out.{name}" for name in ("gpkg", "csv", "json")}
    load_main("acquire_inventory")(
        entry={"file": str(path), "merge_m": 0}, dem=dem, store=Store(tmp_path / "cache"),
        inventory=outputs["gpkg"], cleaning=outputs["csv"], record=outputs["json"],
    )  # fmt: skip
    kept = gpd.read_file(outputs["gpkg"], layer="landslides")
    table = pd.read_csv(outputs["csv"]).set_index("what")
    return kept, table["value"], json.loads(outputs["json"].read_text())


TAIWAN_1967 = np.array([[250_000.0, 2_670_000.0], [251_500, 2_671_200], [252_800, 2_669_500]])


def test_a_known_shift_of_the_datum_is_made_and_recorded(tmp_path):
    kept, cleaning, record = acquire_from_taiwan(tmp_path, "EPSG:3826", TAIWAN_1967)
    # the formula of four parameters that the surveyors of Taiwan publish
    a, b = 1.549e-5, 6.521e-6
    x, y = TAIWAN_1967.T
    truth = np.column_stack([x + 807.8 + a * x + b * y, y - 248.6 + a * y + b * x])
    np.testing.assert_allclose(kept.get_coordinates(), truth, atol=10)
    assert float(cleaning["datum_accuracy_m"]) == 7 and "notes" not in record


def test_a_shift_of_the_datum_that_nobody_knows_is_told(tmp_path, caplog):
    _, cleaning, record = acquire_from_taiwan(tmp_path, "EPSG:32651", TAIWAN_1967)
    assert cleaning["datum_accuracy_m"] == "unknown"
    told = f"{tmp_path / 'slides.gpkg'}: is brought from EPSG:3828 to EPSG:32651 with an unknown"
    assert [each for each in record["notes"] if each.startswith(told)]
    assert [each for each in caplog.messages if each.startswith(told)]


def test_files_of_a_folder_that_lie_on_different_datums_are_told(tmp_path, caplog):
    folder = tmp_path / "slides"
    folder.mkdir()
    for name, crs in (("a", "EPSG:32651"), ("b", "EPSG:3828"), ("c", "EPSG:3826")):
        points = gpd.points_from_xy([250_000.0], [2_670_000.0])
        gpd.GeoDataFrame(geometry=points, crs=crs).to_file(folder / f"{name}.gpkg")
    gather_inventory(folder)
    (told,) = caplog.messages
    assert told.startswith("a file of the folder is brought from EPSG:3828 to EPSG:32651 with an ")


def test_a_code_names_the_crs_of_a_file_that_has_none(tmp_path):
    nameless = "+proj=tmerc +lat_0=38 +lon_0=127 +k=1 +x_0=200000 +y_0=600000 +ellps=GRS80"
    path = write_slides(tmp_path / "slides.gpkg", crs=nameless)
    landslides, _ = gather_inventory(path, crs="EPSG:5186")
    assert landslides.crs.to_epsg() == 5186
    with pytest.raises(ValueError, match="but crs says EPSG:5187"):
        gather_inventory(path, crs="EPSG:5187")
