import geopandas as gpd
import pandas as pd
import pytest
import rasterio
import yaml
from rasterio.vrt import WarpedVRT
from shapely.geometry import Point, box

from landshift.__main__ import main
from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.raster import write_raster
from landshift.study.library import add_library
from landshift.study.starting import choose_name, choose_prevalence, start_study, write_study


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valley")
    region = generate_virtual_region(
        "valley", seed=1, origin=(500000, 5000010), crs="EPSG:32632", size=64, landslides=12
    )
    write_raster(region.layers["dem"], folder / "dem.tif")
    region.inventory.to_file(folder / "My slides.gpkg")
    return folder


def test_a_study_of_one_file_and_an_elevation_model(valley):
    start = start_study(valley / "My slides.gpkg", dem=valley / "dem.tif")
    config = yaml.safe_load(start.text)
    region = config["regions"]["my_slides"]
    assert config["study"] == start.name == "my_slides"
    assert region["grid"] == {"resolution_m": 30}
    # 12 cells of 64 x 64
    assert region["prevalence"] == pytest.approx(12 / 64**2, abs=5e-5)
    assert any("12 landslides (12 points), dated 20" in line for line in start.found)
    assert any("learns from the library: library_ecuador, library_korea" in line
               for line in start.decided)  # fmt: skip
    assert all(f"# - {line}\n" in start.text for line in start.decided)
    assert "takes about" in start.decided[-1]


def test_the_study_that_is_written_has_no_problem(valley, monkeypatch, capsys):
    monkeypatch.chdir(valley)
    assert main(["start", "My slides.gpkg", "--dem", "dem.tif", "--name", "Inn valley"]) == 0
    shown = capsys.readouterr().out
    assert "landshift run inn_valley" in shown and "Found:" in shown and "Decided:" in shown
    assert main(["study", "config/inn_valley.yaml"]) == 0
    assert "nothing is wrong; 3 regions" in capsys.readouterr().out
    assert main(["start", "My slides.gpkg", "--dem", "dem.tif", "--name", "Inn valley"]) == 1
    assert "is there already; give another --name" in capsys.readouterr().err


def test_without_an_elevation_model_it_is_fetched_around_the_landslides(valley):
    start = start_study(valley / "My slides.gpkg")
    region = yaml.safe_load(start.text)["regions"]["my_slides"]
    assert region["layers"] == {"dem": {"recipe": "copernicus_dem"}}
    add_library(config := {"regions": {"my_slides": region}})
    assert len(config["regions"]) == 3
    assert "2 km around them; EPSG:32632" in start.decided[0]


def test_tables_without_a_crs_and_landslides_elsewhere_are_told(valley, tmp_path):
    places = pd.DataFrame({"x": [10.0, 10.1], "y": [50.0, 50.1]})
    places.to_csv(tmp_path / "points.csv", index=False)
    with pytest.raises(ValueError, match="EPSG:4326"):
        start_study(tmp_path / "points.csv", dem=valley / "dem.tif")
    with pytest.raises(ValueError, match="none of its 2 landslides lies on"):
        start_study(tmp_path / "points.csv", dem=valley / "dem.tif", crs="EPSG:4326")


def test_what_is_found_is_counted(valley, tmp_path):
    inventory = gpd.read_file(valley / "My slides.gpkg")
    far = inventory.iloc[:3].set_geometry(inventory.iloc[:3].translate(50_000, 0))
    pd.concat([inventory, inventory.iloc[:2], far]).to_file(tmp_path / "all.gpkg")
    start = start_study(tmp_path / "all.gpkg", dem=valley / "dem.tif")
    assert start.found[0].startswith("14 landslides (14 points)")
    assert "3 more lie outside the elevation model" in start.found
    assert "2 stand twice at the same place and count once" in start.found


@pytest.mark.parametrize(
    ("shapes", "cells", "prevalence", "words"),
    [
        ([Point(0, 0)] * 20, 10_000, 0.002, "one cell per point"),
        ([box(0, 0, 300, 300)], 10_000, 0.01, "their area"),
        ([box(0, 0, 300, 300)], 123, 0.2, "their area"),
        ([Point(0, 0)] * 5, 1_000_000, 0.01, "so few are surely not all"),
    ],
)
def test_prevalence_is_the_share_of_the_landslides(shapes, cells, prevalence, words):
    landslides = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:32632")
    chosen, why = choose_prevalence(landslides, cells)
    assert chosen == prevalence and words in why


@pytest.mark.parametrize(
    ("text", "name"),
    [("Größe!", "gr_e"), ("", "region"), ("7 hills", "region_7_hills"), ("A" * 90, "a" * 40)],
)
def test_names(text, name):
    assert choose_name(text) == name


def test_a_study_that_is_there_stays(valley, tmp_path):
    start = start_study(valley / "My slides.gpkg", dem=valley / "dem.tif")
    path = tmp_path / "one.yaml"
    write_study(start, path)
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_study(start, path)
    assert path.read_text() == "mine"


def test_an_elevation_model_in_degrees_gets_a_zone(valley, tmp_path):
    with rasterio.open(valley / "dem.tif") as dem, WarpedVRT(dem, crs="EPSG:4326") as warped:
        profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": dem.nodata}
        shape = {"crs": warped.crs, "transform": warped.transform}
        with rasterio.open(
            tmp_path / "degrees.tif", "w", width=warped.width, height=warped.height,
            **profile, **shape,
        ) as written:  # fmt: skip
            written.write(warped.read())
    start = start_study(valley / "My slides.gpkg", dem=tmp_path / "degrees.tif")
    region = yaml.safe_load(start.text)["regions"]["my_slides"]
    assert region["grid"] == {"resolution_m": 30, "crs": "auto"}


def test_parts_of_one_feature_are_counted(valley, tmp_path):
    inventory = gpd.read_file(valley / "My slides.gpkg")
    inventory.dissolve().to_file(tmp_path / "all.gpkg")
    start = start_study(tmp_path / "all.gpkg", dem=valley / "dem.tif")
    assert start.found[0].startswith("12 landslides (12 points)")


def test_what_tells_absences_is_asked_for_and_written(valley, tmp_path, monkeypatch, capsys):
    inventory = gpd.read_file(valley / "My slides.gpkg")
    inventory.assign(landslide=[1] * 8 + [0] * 4).to_file(tmp_path / "samples.gpkg")
    monkeypatch.chdir(tmp_path)
    begin = ["start", "samples.gpkg", "--dem", str(valley / "dem.tif")]
    assert main(begin) == 1
    assert "state label: landslide and presence: [1]" in capsys.readouterr().err
    assert main([*begin, "--label", "landslide", "--presence", "1"]) == 0
    assert "8 landslides (8 points)" in capsys.readouterr().out
    entry = yaml.safe_load((tmp_path / "config/samples.yaml").read_text())["regions"]["samples"]
    assert entry["inventory"] == {
        "file": "samples.gpkg", "label": "landslide", "presence": ["1"],
    }  # fmt: skip
