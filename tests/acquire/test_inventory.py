import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import yaml
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from shapely import LineString, MultiPoint, Point, Polygon, box

from landshift.acquire.inventory.cleaning import REASONS, clean_inventory
from landshift.acquire.inventory.reading import read_inventory
from landshift.acquire.inventory.source_areas import source_points
from landshift.acquire.inventory.storage import load_inventory, write_inventory
from landshift.geodata.raster import open_raster

ROOT = Path(__file__).parents[2]
MIRROR = Path(os.environ.get("LANDSHIFT_MIRROR", ROOT.parent / "shared/data"))
needs_data = pytest.mark.skipif(
    not (MIRROR / "MANIFEST.sha256").is_file(),
    reason="the mirror of real data is not beside the repository",
)
CRS = "EPSG:32717"


@pytest.fixture
def elevation():
    """Ten by ten cells of 30 m, rising 1 m per cell to the north, no data in one corner."""
    values = np.repeat(np.arange(10.0, 0, -1)[:, None], 10, axis=1).astype(np.float32)
    values[0, 0] = np.nan
    return wrap_xr(values, GeoBox((10, 10), Affine(30, 0, 700000, 0, -30, 9560300), CRS))


def frame(*shapes, crs=CRS):
    names = [str(number) for number in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"id": names, "date": None}, geometry=list(shapes), crs=crs)


def at(row, column):
    """Centre of a cell."""
    return Point(700015 + 30 * column, 9560285 - 30 * row)


def write_csv(folder, text):
    path = folder / "points.csv"
    path.write_text(text)
    return path


def test_a_table_gives_landslides_and_absences(tmp_path):
    path = write_csv(tmp_path, "X,Y,slide,when\n1,2,TRUE,2010\n3,4,FALSE,\n5,6,TRUE,2015-08-31\n")
    landslides, absences = read_inventory(path, crs=CRS, label="slide", presence=1, date="when")
    assert list(landslides.columns) == ["id", "date", "geometry"] == list(absences.columns)
    assert list(landslides.id) == ["1", "3"] and list(absences.id) == ["2"]
    assert list(landslides.date) == ["2010", "2015-08-31"] and absences.date.isna().all()
    assert list(landslides.geometry) == [Point(1, 2), Point(5, 6)]
    assert landslides.crs.to_epsg() == 32717


def test_without_label_every_row_is_a_landslide(tmp_path):
    path = write_csv(tmp_path, "east,north\n1,2\n3,4\n")
    landslides, absences = read_inventory(path, crs=CRS, x="east", y="north")
    assert len(landslides) == 2 and absences is None and landslides.date.isna().all()


@pytest.mark.parametrize("presence", [1, "1", True, [1], ["yes", 1.0]])
def test_presence_is_compared_by_meaning(tmp_path, presence):
    path = write_csv(tmp_path, "x,y,c\n1,2,1\n3,4,0\n")
    landslides, absences = read_inventory(path, crs=CRS, label="c", presence=presence)
    assert len(landslides) == len(absences) == 1


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("x,y\n1,2\n", {"crs": None}, r"points.csv: states no CRS; give the inventory's crs"),
        ("x,y\n1,2\n", {"crs": "EPSG:999999"}, r"crs EPSG:999999 is unknown"),
        ("a,b\n1,2\n", {}, r"recognises no coordinates; name their columns .* of \['a', 'b'\]"),
        ("x,y,lon,lat\n1,2,3,4\n", {}, r"coordinates may be any of \[\('x', 'y'\), \('lon'"),
        ("x,y\n1,2\n", {"x": "east", "y": "y"}, r"column 'east' \(x\) is not there"),
        ("x,y\n1,2\n", {"x": "x"}, r"x and y belong together; name both columns, or neither"),
        ("x,y\n1,999\n", {"crs": "EPSG:4326"}, r"its coordinates are no degrees: they span"),
        ("x,y\n1,120\n", {"crs": "EPSG:4326"}, r"x and y are swapped: they span"),
        ("x,y,z\n1,2,a\n", {"elevation": "z"}, r"z in row 1 is 'a'; write metres as a number"),
        ("x,y\n1,2\n1,north\n", {}, r"y in row 2 is north, no number"),
        ("x,y\n1,2\n1,inf\n", {}, r"y in row 2 is inf, no number"),
        ("x,y\n1,2\n,2\n", {}, r"x in row 2 is empty; fill in or remove the row"),
        ("x,y,c\n1,2,1\n", {"label": "c"}, r"label is c but presence is missing"),
        ("x,y,c\n1,2,1\n", {"presence": 1}, r"presence is 1 but label is missing"),
        ("x,y,c\n1,2,1\n", {"label": "d", "presence": 1}, r"label names the column 'd', but there"),
        ("x,y,c\n1,2,1\n1,3,\n", {"label": "c", "presence": 1}, r"c is empty in 1 rows"),
        ("x,y,c\n1,2,a\n", {"label": "c", "presence": 1}, r"no c is 1; its values are \['a'\]"),
        ("x,y,d\n1,2,31/8/15\n", {"date": "d"}, r"d in row 1 is '31/8/15'; write dates as 2015"),
        ("x,y,d\n1,2,2015-13-31\n", {"date": "d"}, r"d in row 1 is '2015-13-31'; write dates"),
        ("x,y,d\n1,2,9999\n", {"date": "d"}, r"d in row 1 is .*9999.*; write dates"),
        ("x,y\n", {}, r"the inventory holds no landslide"),
        ("", {}, r"the file is empty; fetch or copy it again"),
    ],
)
def test_wrong_tables_are_named(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_inventory(write_csv(tmp_path, text), **{"crs": CRS} | options)
    assert "points.csv" in str(caught.value)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet"])
def test_vector_files_are_read_with_their_own_crs(tmp_path, suffix):
    path = tmp_path / f"slides.{suffix}"
    shapes = gpd.GeoDataFrame(
        {"year": [2005, 0]}, geometry=[box(0, 0, 1, 1), box(2, 2, 3, 3)], crs=4326
    )
    shapes.to_parquet(path) if suffix == "parquet" else shapes.to_file(path)
    landslides, _ = read_inventory(path, date="year")
    assert landslides.crs.to_epsg() == 4326 and (landslides.geom_type == "Polygon").all()
    assert landslides.date[0] == "2005" and landslides.date.isna()[1]
    assert len(read_inventory(path, crs="EPSG:4326")[0]) == 2
    with pytest.raises(ValueError, match=r"its own CRS is .*, but crs says EPSG:32717"):
        read_inventory(path, crs="EPSG:32717")


def test_wrong_vector_files_are_named(tmp_path):
    path = tmp_path / "page.gpkg"
    path.write_text("<html>")
    with pytest.raises(ValueError, match=r"page.gpkg: is a web page and no inventory"):
        read_inventory(path)
    with pytest.raises(FileNotFoundError, match=r"absent.shp does not exist"):
        read_inventory(tmp_path / "absent.shp")
    for name in ("a", "b"):
        frame(at(1, 1)).to_file(tmp_path / "two.gpkg", layer=name)
    with pytest.raises(ValueError, match=r"has the layers \['a', 'b'\]; name one of them by layer"):
        read_inventory(tmp_path / "two.gpkg")


def test_cleaning_counts_what_it_drops(elevation):
    bow_tie = Polygon([(700100, 9560100), (700160, 9560160), (700160, 9560100), (700100, 9560160)])
    landslides = frame(
        at(5, 5), at(5, 5), None, Point(), LineString([(0, 0), (1, 1)]), Point(0, 0), at(0, 0),
        box(700060, 9560000, 700120, 9560060), box(699000, 9560000, 699010, 9560010), bow_tie,
        Point(700300, 9560000),
    )  # fmt: skip
    kept, counts = clean_inventory(landslides, elevation)
    assert counts == dict.fromkeys(REASONS, 0) | {
        "read": 11, "no_geometry": 2, "not_point_or_polygon": 1, "duplicate": 1, "outside": 3,
        "no_data": 1, "kept": 3,
    }  # fmt: skip
    assert list(counts) == list(REASONS)
    assert list(kept.id) == ["1", "8", "10"] and kept.geometry.is_valid.all()
    assert list(kept.index) == [0, 1, 2]


def test_cleaning_brings_landslides_into_the_region(elevation):
    degrees = frame(at(3, 4)).to_crs(4326)
    kept, _ = clean_inventory(degrees, elevation)
    assert kept.crs.to_epsg() == 32717
    assert kept.geometry[0].distance(at(3, 4)) < 0.001


def test_swapped_coordinates_are_suspected(elevation):
    swapped = frame(*(Point(point.y, point.x) for point in (at(1, 1), at(2, 2))))
    with pytest.raises(ValueError, match=r"Balakot: none of 2 .* whether x and y are swapped"):
        clean_inventory(swapped, elevation, origin="Balakot")
    with pytest.raises(ValueError, match=r"none of 1 .* left: 1 where the elevation model"):
        clean_inventory(frame(at(0, 0)), elevation)


def test_neighbouring_points_become_one_patch(elevation):
    landslides = frame(
        at(1, 1), at(8, 8), at(1, 2), box(700060, 9560000, 700120, 9560060), at(1, 3)
    )
    kept, counts = clean_inventory(landslides, elevation, merge_m=31)
    assert counts["merged"] == 2 and list(kept.id) == ["1", "2", "4"]
    assert kept.geometry[0].equals(MultiPoint([at(1, 1), at(1, 2), at(1, 3)]))
    assert kept.geometry[1] == at(8, 8)


def test_the_source_lies_at_the_quantile_of_elevation(elevation):
    # Elevations 1 to 10 in one column, the corner of no data aside: 80 % of them lie below 8.2.
    column = box(700030, 9560000, 700060, 9560300)
    exact = Point(700021, 9560011)
    sources = source_points(frame(column, exact), elevation)
    assert sources.geometry[0] == at(2, 1) and sources.geometry[1] == exact
    assert list(sources.id) == ["1", "2"] and sources.crs.to_epsg() == 32717


def test_the_source_of_a_patch_and_of_a_sliver(elevation):
    patch = MultiPoint([at(row, 4) for row in range(5, 10)])
    sliver = box(700091, 9560091, 700093, 9560093)
    sources = source_points(frame(patch, sliver), elevation)
    assert sources.geometry[0] == at(6, 4) and sources.geometry[1] == at(6, 3)
    with pytest.raises(ValueError, match="landslide 1 lies on no cell with elevation"):
        source_points(frame(box(0, 0, 9, 9)), elevation)


def test_the_source_on_level_ground_is_the_middle(elevation):
    level = elevation.where(elevation.isnull(), 1.0)
    patch = MultiPoint([at(row, 4) for row in range(5, 10)])
    assert source_points(frame(patch), level).geometry[0] == at(7, 4)


def test_sources_ignore_cells_without_data(elevation):
    corner = box(700000, 9560240, 700030, 9560300)
    assert source_points(frame(corner), elevation).geometry[0] == at(1, 0)


def test_equal_inventories_give_equal_bytes(tmp_path):
    landslides = frame(at(1, 1), box(700060, 9560000, 700120, 9560060))
    for name in ("one", "two"):
        write_inventory(tmp_path / name / "inventory.gpkg", landslides, frame(at(5, 5)))
    first, second = (tmp_path / name / "inventory.gpkg" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in first.parent.iterdir()] == ["inventory.gpkg"]


def test_a_written_inventory_is_loaded_as_it_was(tmp_path):
    landslides = frame(at(1, 1), box(700060, 9560000, 700120, 9560060)).assign(date=["2005", None])
    path = tmp_path / "inventory.gpkg"
    write_inventory(path, landslides)
    loaded, absences = load_inventory(path)
    assert absences is None and loaded.crs == landslides.crs
    assert list(loaded.columns) == ["id", "date", "geometry"] and list(loaded.id) == ["1", "2"]
    assert loaded.date[0] == "2005" and loaded.date.isna()[1]
    assert shapely.equals(loaded.geometry.values, landslides.geometry.values).all()
    write_inventory(path, landslides, frame(at(5, 5), at(6, 6)))
    assert len(load_inventory(path)[1]) == 2
    with pytest.raises(ValueError, match="holds no landslide"):
        write_inventory(path, landslides[:0])
    frame(at(1, 1)).to_file(tmp_path / "other.gpkg", layer="points")
    with pytest.raises(ValueError, match=r"no layer landslides, only \['points'\]"):
        load_inventory(tmp_path / "other.gpkg")


@needs_data
def test_ecuador():
    folder = MIRROR / "ecuador_rbsf"
    landslides, absences = read_inventory(
        folder / "rsaga_landslides_1535.csv", crs=CRS, label="lslpts", presence=[1]
    )
    assert (len(landslides), len(absences)) == (175, 1360)
    elevation = open_raster(folder / "dem_rsaga_10m.tif")
    assert clean_inventory(landslides, elevation)[1]["kept"] == 175
    assert clean_inventory(absences, elevation)[1]["kept"] > 1340


@needs_data
def test_balakot():
    folder = MIRROR / "balakot_lsat"
    landslides, _ = read_inventory(folder / "landslides.shp", crs="EPSG:32643", date="Year_obs")
    assert len(landslides) == 3820 and set(landslides.date) <= {str(y) for y in range(2000, 2015)}
    elevation = open_raster(folder / "AW3D30.tif")
    kept, counts = clean_inventory(landslides, elevation)
    assert counts["kept"] >= 3800 and counts["duplicate"] == 6
    assert not kept.geometry.has_z.any()
    sources = source_points(kept, elevation)
    # A source lies in its landslide, but for those narrower than a cell.
    assert sources.geometry.distance(kept.geometry).max() < 28.6
    large = kept.area > 10 * 28.6**2
    assert large.sum() > 100 and sources.geometry[large].within(kept.geometry[large]).all()


@needs_data
@pytest.mark.parametrize(
    ("layer", "file"), [("lithology", "Geology.tif"), ("land_cover", "Landcover.tif")]
)
def test_legends_of_balakot_name_every_code(layer, file):
    study = yaml.safe_load((ROOT / "config/benchmark.yaml").read_text())
    classes = study["regions"]["balakot"]["layers"][layer]["classes"]
    with rasterio.open(MIRROR / "balakot_lsat" / file) as source:
        codes = np.unique(source.read(1, masked=True).compressed()).astype(int).tolist()
    assert codes == list(classes) and len(set(classes.values())) == len(classes)


@needs_data
def test_korea():
    folder = MIRROR / "korea_inje"
    landslides, absences = read_inventory(folder / "Landslides_updated.shp", crs="EPSG:5186")
    assert len(landslides) == 842 and absences is None
    elevation = open_raster(folder / "tingrid.tif")
    kept, counts = clean_inventory(landslides, elevation, merge_m=15)
    assert counts["kept"] + counts["merged"] == 842 and counts["merged"] > 0
    assert len(source_points(kept, elevation)) == counts["kept"]


@needs_data
def test_a_desktop_database_s_empty_date_is_no_date():
    landslides, _ = read_inventory(MIRROR / "chile_maipo/dflow_runout_ply.shp", date="Fecha_even")
    assert len(landslides) == 6 and landslides.date.isna().all()
