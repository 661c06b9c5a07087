"""A file of every kind that docs/data.md names, as other programs write it, with what is odd in it.

The kinds are those of the files with which geopandas, pyogrio and Fiona are tested.
"""

import re
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, box

from landshift.acquire.inventory.reading import read_inventory

pytestmark = pytest.mark.formats
ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/data.md").read_text().partition("| inventories |")[2].partition("\n\n")[0]
LISTED = set(
    re.findall(r"`(\.[\w.]+)`", "".join(row.split("|")[2] for row in TABLE.splitlines()[2:]))
)

DAYS = ["2010-05-01", "2011-01-02"]
POINTS = gpd.GeoDataFrame(
    {"name": ["é漢", "b"], "date": DAYS}, geometry=[Point(10, 45), Point(11, 46)], crs="EPSG:4326"
)
GPX = (
    '<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
    '<wpt lat="45" lon="10"/><wpt lat="46" lon="11"/></gpx>'
)


def write_text(path, separator=",", encoding="utf-8"):
    table = pd.DataFrame({"lon": [10, 11], "lat": [45, 46], "date": DAYS})
    table.to_csv(path, sep=separator, index=False, encoding=encoding)


def write_workbook(path):
    table = pd.DataFrame({"lon": [10, 11], "lat": [45, 46], "date": pd.to_datetime(DAYS)})
    pyogrio.write_dataframe(table, path, driver=path.suffix[1:].upper())


def write_vector(path, driver, table=POINTS, **options):
    pyogrio.write_dataframe(table, path, driver=driver, **options)


def write_zip(path):
    write_vector(path.with_suffix(".shp"), "ESRI Shapefile")
    with zipfile.ZipFile(path, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.[!z]*"):
            archive.write(part, part.name)


def write_geodatabase(path):
    folder = path.with_suffix("")
    write_vector(folder, "OpenFileGDB")
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, f"{folder.name}/{part.name}")


def write_mask(path):
    values = np.zeros((3, 3), np.uint8)
    values[0, 2] = values[2, 0] = 1
    with rasterio.open(
        path, "w", driver="GTiff", height=3, width=3, count=1, dtype="uint8", crs="EPSG:4326",
        transform=from_origin(9.75, 46.25, 0.5, 0.5),
    ) as sink:  # fmt: skip
        sink.write(values, 1)


KINDS = {
    ".csv": write_text,
    ".tsv": lambda path: write_text(path, "\t"),
    ".txt": lambda path: write_text(path, ";"),
    ".xlsx": write_workbook,
    ".ods": write_workbook,
    ".gpkg": lambda path: write_vector(path, "GPKG"),
    ".geojson": lambda path: write_vector(path, "GeoJSON"),
    ".json": lambda path: write_vector(path, "GeoJSON", RFC7946="YES"),
    ".geojsonl": lambda path: write_vector(path, "GeoJSONSeq"),
    ".shp": lambda path: write_vector(path, "ESRI Shapefile"),
    ".zip": write_zip,
    ".parquet": POINTS.to_parquet,
    ".geoparquet": POINTS.to_parquet,
    ".fgb": lambda path: write_vector(path, "FlatGeobuf"),
    ".gml": lambda path: write_vector(path, "GML"),
    ".tab": lambda path: write_vector(path, "MapInfo File", POINTS.drop(columns="name")),
    ".mif": lambda path: write_vector(path, "MapInfo File", POINTS.drop(columns="name")),
    ".gdb.zip": write_geodatabase,
    ".kml": lambda path: write_vector(path, "KML"),
    ".kmz": lambda path: write_vector(path, "LIBKML"),
    ".gpx": lambda path: path.write_text(GPX),
    ".tif": write_mask,
    ".tiff": write_mask,
}
UNDATED = {".gpx", ".tif", ".tiff"}


def test_every_kind_of_the_manual_is_here():
    assert set(KINDS) == LISTED


@pytest.mark.parametrize("ending", KINDS)
def test_a_file_of_every_kind_is_read(tmp_path, ending):
    path = tmp_path / f"slides{ending}"
    KINDS[ending](path)
    landslides, absences = read_inventory(path, crs="EPSG:4326")
    places = landslides.geometry.to_crs(32632).centroid.to_crs(4326)
    found = sorted((round(place.x, 3), round(place.y, 3)) for place in places)
    assert np.allclose(found, [(10, 45), (11, 46)], atol=1e-2) and absences is None
    wanted = [] if ending in UNDATED else DAYS
    assert sorted(landslides["date"].dropna()) == wanted


def gather(geometries, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs="EPSG:4326")


SQUARE = box(10, 45, 10.1, 45.1)
ODD = {
    "missing geometries": (gather([Point(10, 45), None]), ["Point", None]),
    "empty geometries": (gather([Point(10, 45), Point()]), ["Point", None]),
    "heights": (gather([Point(10, 45, 7), Point(11, 45, 8)]), ["Point", "Point"]),
    "several kinds": (gather([Point(10, 45), SQUARE]), ["Point", "Polygon"]),
    "several parts": (
        gather([MultiPoint([(10, 45), (11, 46)]), MultiPolygon([SQUARE])]),
        ["MultiPoint", "MultiPolygon"],
    ),
    "lines": (gather([LineString([(10, 45), (11, 46)])]), ["LineString"]),
    "collections": (
        gather([GeometryCollection([Point(10, 45), SQUARE])]), ["GeometryCollection"],
    ),
    "columns of all types": (
        gather([Point(10, 45)], a=[True], b=np.array([2**40]), c=[0.1], d=["漢"],
               e=pd.to_datetime(["2010-05-01"]), f=[None]),
        ["Point"],
    ),
    "a column named id": (gather([Point(10, 45)], id=[7]), ["Point"]),
}  # fmt: skip


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".parquet"])
@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_in_a_file_is_read(tmp_path, odd, ending):
    table, wanted = ODD[odd]
    path = tmp_path / f"slides{ending}"
    table.to_parquet(path) if ending == ".parquet" else table.to_file(path)
    landslides, _ = read_inventory(path)
    shapes = landslides.geometry
    kinds = [None if shape is None or shape.is_empty else shape.geom_type for shape in shapes]
    assert kinds == wanted and not shapes.has_z.any()
    assert list(landslides["id"]) == [str(row + 1) for row in range(len(wanted))]


def test_curves_become_polygons(tmp_path):
    path = tmp_path / "a.gml"
    path.write_text(
        '<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" '
        "xmlns:gml="
        '"http://www.opengis.net/gml/3.2"><ogr:featureMember><ogr:slide gml:id="s.0">'
        '<ogr:geometryProperty><gml:Polygon srsName="urn:ogc:def:crs:OGC:1.3:CRS84" gml:id="g">'
        '<gml:exterior><gml:Ring><gml:curveMember><gml:Curve gml:id="c"><gml:segments>'
        "<gml:ArcString><gml:posList>10 45 10.1 45.1 10.2 45 10.1 44.9 10 45</gml:posList>"
        "</gml:ArcString></gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior>"
        "</gml:Polygon></ogr:geometryProperty></ogr:slide></ogr:featureMember>"
        "</ogr:FeatureCollection>"
    )
    (circle,) = read_inventory(path)[0].geometry
    assert circle.geom_type == "Polygon" and np.isclose(circle.area, np.pi * 0.01, rtol=1e-2)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "big5"])
def test_texts_of_a_shapefile_in_its_own_encoding(tmp_path, encoding):
    word = {"utf-8": "漢é", "cp1252": "é", "big5": "漢"}[encoding]
    path = tmp_path / "slides.shp"
    table = gather([Point(10, 45)], kind=[word])
    pyogrio.write_dataframe(table, path, encoding=encoding)
    assert read_inventory(path, type="kind")[0]["type"][0] == word


def test_a_geometry_is_what_it_was(tmp_path):
    ring = shapely.Point(10, 45).buffer(0.1, quad_segs=64)
    path = tmp_path / "slides.gpkg"
    gather([ring]).to_file(path)
    assert shapely.equals_exact(read_inventory(path)[0].geometry[0], ring, tolerance=0)
