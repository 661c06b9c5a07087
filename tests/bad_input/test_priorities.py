"""Units, exposure and corridors that cannot be read: a sentence with the file and the remedy."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio.transform import from_origin

from landshift.geodata.raster import write_raster
from landshift.report.priorities.exposure import read_exposure

from .conftest import CRS, NORTH, WEST, explain, load_main, write_tif

GRID = GeoBox((4, 6), from_origin(WEST, NORTH, 100, 100), CRS)
SQUARE = shapely.box(WEST, NORTH - 100, WEST + 100, NORTH)
POINT, LINE = SQUARE.centroid, shapely.LineString([(0, 0), (1, 0)])


def frame(*shapes, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


@pytest.fixture
def classes(tmp_path):
    """Write a map of classes."""
    values = wrap_xr(np.ones(GRID.shape, np.uint8), GRID, nodata=0)
    write_raster(values.rename("classes"), tmp_path / "classes.tif")
    return tmp_path / "classes.tif"


def rank(path, classes):
    load_main("evaluate_priorities")(
        classes=classes, units=str(path), name="name", grid_m=None,
        exposure={}, susceptible_from=4, layer=path.with_name("out.gpkg"),
        table=path.with_name("out.csv"),
    )  # fmt: skip


WRONG_UNITS = {
    "no such column": (
        lambda path: frame(SQUARE, key=[1], town=[2]).to_file(path),
        ": has no column 'name' to name the units by; set priorities.units.name to one of key, to",
    ),
    "no column": (lambda path: frame(SQUARE).to_file(path), ": has no column 'name' to name"),
    "no CRS": (
        lambda path: frame(SQUARE, crs=None, name=["a"]).to_file(path),
        ": states no CRS; put the .prj next to it, or state it in the file",
    ),
    "no geometry": (
        lambda path: frame(None, name=["a"]).to_file(path),
        ": holds no units; give a file with some, or remove it from the configuration",
    ),
    "points": (
        lambda path: frame(POINT, name=["a"]).to_file(path),
        ": holds no polygon to rank; give areas, such as communes, or remove priorities.units",
    ),
    "web page": (
        lambda path: path.write_text("<html>"),
        ": is a web page and no units, as servers send where a file is gone",
    ),
    "table.csv": (
        lambda path: path.write_text("name,area\na,3\n"),
        ": has no geometry; give GeoPackage, GeoJSON, shapefile (with .shx, .dbf, .prj next to it)",
    ),
}


@pytest.mark.parametrize("case", WRONG_UNITS)
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_wrong_units_are_named(classes, tmp_path, case):
    make, sentence = WRONG_UNITS[case]
    path = tmp_path / (case if case.endswith(".csv") else "units.gpkg")
    make(path)
    assert explain(rank, path, classes).startswith(f"{path}{sentence}")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("roads.gpkg", ": states no CRS; put the .prj next to it"),
        ("page.gpkg", ": is a web page and no exposure, as servers send"),
        ("page.tif", ": is a web page and no raster"),
        ("people.tif", ": states no CRS; state it in the file"),
    ],
)
def test_wrong_exposure_is_named(tmp_path, file, sentence):
    path = tmp_path / file
    if file == "roads.gpkg":
        frame(POINT, crs=None).to_file(path)
    elif file == "people.tif":
        write_tif(path, crs=None)
    else:
        path.write_text("<html>")
    assert explain(read_exposure, path, GRID).startswith(f"{path}{sentence}")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize(
    ("shapes", "crs", "sentence"),
    [
        (
            [LINE, shapely.LineString([(5, 5), (6, 5)])],
            CRS,
            "priorities.corridors.valley: {}: a corridor is one line whose parts join end to end, "
            "but this is LineString of 2 parts; give each line its own file",
        ),
        ([SQUARE], CRS, "priorities.corridors.valley: {}: a corridor is one line whose parts "
         "join end to end, but this is Polygon of 1 parts; give each line its own file"),
        ([LINE], None, "{}: states no CRS; put the .prj next to it, "
         "or state it in the file"),
    ],
)  # fmt: skip
def test_wrong_corridors_are_named(tmp_path, shapes, crs, sentence):
    path = tmp_path / "valley.gpkg"
    frame(*shapes, crs=crs).to_file(path)
    found = explain(
        load_main("evaluate_corridors"), susceptibility=write_tif(tmp_path / "map.tif"),
        corridors={"valley": {"file": str(path), "buffer_m": 9, "step_m": 9}}, table=tmp_path / "a",
    )  # fmt: skip
    assert found == sentence.format(path)
