"""Every output of a study that has run, opened by tools that know nothing of Landshift.

`make test-results CONFIG=...` names the folder. GDAL is the system's own, another build than the
one of rasterio; styles are drawn by QGIS and pages opened in Chromium where these are installed.
"""

import csv
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pystac
import pytest
import rasterio
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rio_cogeo import cog_validate

pytestmark = pytest.mark.slow

STUDY = Path(os.environ.get("LANDSHIFT_RESULTS", ""))
if "LANDSHIFT_RESULTS" not in os.environ:
    pytest.skip("no study: run `make test-results`", allow_module_level=True)

MAPS = sorted(
    path
    for folder in ("targets/*", "mosaic")
    for path in STUDY.glob(f"{folder}/*.tif")
    if path.stem != "local_drivers"
)
FLOATS = [path for path in MAPS if path.stem not in ("classes", "applicability")]


def name(path):
    return str(path.relative_to(STUDY))


def run_gdal(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
    return done.stdout


def read_gdal(path):
    return json.loads(run_gdal("gdalinfo", "-json", "-checksum", path))


def test_the_study_has_maps():
    assert len(MAPS) >= 7, f"{STUDY}: run the study first"


@pytest.mark.parametrize("path", MAPS, ids=name)
def test_maps_are_cogs(path):
    valid, errors, warnings = cog_validate(path, strict=True)
    assert valid and not errors and not warnings


@pytest.mark.parametrize("path", MAPS, ids=name)
def test_gdal_reads_every_cell_and_finds_units_and_origin(path):
    told = read_gdal(path)
    [band] = told["bands"]
    assert "checksum" in band and band["noDataValue"] is not None
    tags = band["metadata"][""]
    assert tags["units"] and tags["long_name"]
    large = max(told["size"]) > 512
    assert bool(band.get("overviews")) == large
    assert told["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    assert told["coordinateSystem"]["wkt"].startswith("PROJCRS")
    if path.stem in ("classes", "applicability"):
        assert band["colorTable"]["count"] >= 2
    if path.stem == "susceptibility" and path.parent.name != "mosaic":
        assert {"prevalence", "sources", "software", "seed"} <= set(told["metadata"][""])


@pytest.mark.parametrize("path", FLOATS, ids=name)
def test_statistics_are_those_of_the_cells(path):
    stated = read_gdal(path)["bands"][0]["metadata"][""]
    with rasterio.open(path) as source:
        values = source.read(1, masked=True).compressed().astype(float)
    keys = ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")
    found = [values.min(), values.max(), values.mean(), values.std()]
    assert [float(stated[f"STATISTICS_{key}"]) for key in keys] == pytest.approx(found, rel=1e-5)


def test_maps_of_a_target_agree():
    for folder in sorted(STUDY.glob("targets/*")):
        maps = {}
        for path in sorted(folder.glob("*.tif")):
            if path in MAPS:
                with rasterio.open(path) as source:
                    maps[path.stem] = source.read(1)
                    if path.stem == "classes":
                        limits = [float(word) for word in source.tags()["breaks"].split(",")]
        values = maps["susceptibility"]
        known = ~np.isnan(values)
        assert ((values >= 0) & (values <= 1))[known].all()
        np.testing.assert_array_equal(maps["classes"] > 0, known)
        # limits are stated with six digits: a cell beside one may fall to either side
        codes = 1 + np.searchsorted(limits, values[known].astype(float))
        near = np.isclose(values[known][:, None], limits, rtol=1e-5).any(axis=1)
        np.testing.assert_array_equal(maps["classes"][known][~near], codes[~near])
        lower, upper = maps["susceptibility_lower"], maps["susceptibility_upper"]
        assert (lower[known] <= values[known]).all() and (values[known] <= upper[known]).all()
        assert (maps["uncertainty"][known] > 0).all()


def test_the_catalogue_passes_the_validator_and_its_files_are_there():
    validator = JsonSchemaSTACValidator()
    catalog = pystac.Catalog.from_file(str(STUDY / "catalog" / "catalog.json"))
    items = list(catalog.get_items())
    assert {item.id for item in items} == {path.name for path in STUDY.glob("targets/*")}
    for each in (catalog, *items):
        content = each.to_dict()
        kind = each.STAC_OBJECT_TYPE
        assert validator.validate_core(content, kind, content["stac_version"], None)
    for item in items:
        for asset in item.assets.values():
            assert Path(asset.get_absolute_href()).is_file()


def test_geopandas_reads_every_vector():
    paths = sorted([*STUDY.glob("regions/*/*.gpkg"), *STUDY.glob("targets/*/*.gpkg")])
    assert paths
    for path in paths:
        for layer in gpd.list_layers(path)["name"]:
            table = gpd.read_file(path, layer=layer)
            assert table.crs.is_projected, f"{path}: {layer}"
            # a region may have no later landslides to be validated with
            assert len(table) or path.stem == "validation", f"{path}: {layer}"
            assert table.geometry.is_valid.all(), f"{path}: {layer}"


def test_tables_are_whole():
    paths = sorted([*STUDY.glob("targets/*/*.csv"), *STUDY.glob("benchmark/*.csv")])
    for path in paths:
        with path.open(newline="") as stream:
            rows = list(csv.reader(stream))
        assert len(rows) > 1 and len({len(row) for row in rows}) == 1, path


def test_cards_state_data_scores_and_limits():
    for path in sorted(STUDY.glob("targets/*/model_card.md")):
        text = path.read_text()
        for part in ("How good it is", "where not to use it", "Data, dates and licences"):
            assert part in text, path
        assert "95 % interval" in text and "nan" not in re.findall(r"\w+", text), path


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    with zipfile.ZipFile(STUDY / "report" / "report.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder / "report"


def test_the_report_holds_every_figure(report):
    names = {path.name for path in report.rglob("*") if path.is_file()}
    expected = {path.name for path in (STUDY / "report").rglob("*.png")}
    assert expected and expected <= names


def open_page(page, tmp_path, *, ready):
    """Open a page in Chromium, and return what it asked for and complained of."""
    browser = os.environ.get("LANDSHIFT_BROWSER")
    if not browser:
        pytest.skip("no browser: run `make test-results`")
    command = [browser, Path(__file__).with_name("browse.py"), page, tmp_path / "view.png"]
    done = subprocess.run(
        [*command, ready], input="[]", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_viewer_opens_in_a_browser(tmp_path):
    seen = open_page(STUDY / "report" / "viewer.html", tmp_path, ready="body[data-shown]")
    assert seen["problems"] == [] and seen["requests"] == []


def test_the_report_opens_in_a_browser(report, tmp_path):
    seen = open_page(report / "report.html", tmp_path, ready="text=1 Summary")
    # Snakemake's own page warns of a library in it
    assert [text for text in seen["problems"] if "tailwindcss" not in text] == []
    assert seen["requests"] == []


@pytest.mark.parametrize("path", sorted(STUDY.glob("targets/*/*.qml")), ids=name)
def test_qgis_takes_every_style(path, tmp_path):
    python = os.environ.get("LANDSHIFT_QGIS")
    if not python:
        pytest.skip("no QGIS: run `make test-qgis` once")
    job = {"raster": path.with_suffix(".tif"), "style": path}
    job |= {"picture": tmp_path / "map.png", "sld": tmp_path / "map.sld"}
    done = subprocess.run(
        [python, Path(__file__).with_name("render.py")],
        input=json.dumps([{key: str(file) for key, file in job.items()}]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [said] = json.loads(done.stdout)
    assert said["loaded"] and said["exported"] and said["problems"] == []
    with rasterio.open(path.with_suffix(".tif")) as source:
        known = source.read_masks(1) > 0
        shape = source.shape
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        picture = rasterio.open(job["picture"])
    with picture:
        drawn = picture.read(4)
    assert drawn.shape == shape
    np.testing.assert_array_equal(drawn > 0, known)
