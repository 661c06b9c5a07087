"""Inventories of services: each feature once, whatever the service does, or a clear error."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landshift.acquire.fetch import features as asking
from landshift.acquire.fetch import policy as retrying
from landshift.acquire.fetch.features import Question, fetch_features
from landshift.acquire.fetch.ogc import ask_ogc, ask_wfs
from landshift.acquire.fetch.policy import PolicyError
from landshift.acquire.fetch.store import Store
from landshift.acquire.inventory.fetching import fetch_inventory
from landshift.acquire.inventory.reading import gather_inventory
from landshift.acquire.layer import Layer
from landshift.acquire.layers.areas import acquire_surveyed
from landshift.geodata.grids import find_box

from . import products
from .conftest import BOX
from .feature_services import DAY_MS, IN_BODY, FeatureServices
from .services import FAULTS, Services

RUNS = int(os.environ.get("LANDSHIFT_FAULT_RUNS", "6"))
ARCGIS = {"recipe": "arcgis_features", "service": "https://gis.example.org/a/FeatureServer/0"}
INSIDE = 20
"""Features that lie in the box; the others are far away."""


def make_features():
    """Squares with a hole in the box and others far from it, by number, with a date each."""
    places = np.random.default_rng(5).uniform(BOX[:2], BOX[2:], (INSIDE + 5, 2))
    places[INSIDE:] += 30
    squares = shapely.buffer(shapely.points(places), 0.0005, cap_style="square")
    holes = shapely.buffer(shapely.points(places), 0.0001, cap_style="square")
    return {
        number: (shape, {"Confidence": number % 9, "Date": (16_000 + number) * DAY_MS})
        for number, shape in enumerate(shapely.difference(squares, holes), 1)
    }


@pytest.fixture
def shapes():
    return make_features()


def fetch(entry, grid, cache, services):
    """Fetch an inventory from a stand-in; returns its landslides and what is known of them."""
    acquired, columns = fetch_inventory(Layer.parse(entry), grid, Store(cache, services.address))
    landslides, _ = gather_inventory(acquired.data, **columns)
    return landslides, acquired


def assert_all(landslides, shapes, numbers=range(1, INSIDE + 1)):
    """Check that landslides are these features, each once and unchanged."""
    expected = shapely.normalize([shapes[number][0] for number in numbers])
    found = shapely.normalize(landslides.geometry.array)
    order = [
        np.lexsort(shapely.get_coordinates(shapely.centroid(each)).T) for each in (expected, found)
    ]
    assert len(found) == len(expected)
    assert shapely.equals_exact(expected[order[0]], np.asarray(found)[order[1]], 1e-9).all()


@pytest.mark.parametrize(
    "quirks",
    [(), ("no paging",), ("no geojson",), ("no paging", "no geojson"), ("no flag",), ("no box",),
     ("lost on pages",), ("empty page",), ("no count",), ("no count", "no paging")],
    ids=str,
)  # fmt: skip
def test_every_feature_of_arcgis_comes_once(tmp_path, grid, shapes, quirks):
    with FeatureServices(tmp_path, dict(shapes), quirks=quirks) as services:
        landslides, acquired = fetch(ARCGIS | {"licence": "CC0"}, grid, tmp_path / "c", services)
    assert_all(landslides, shapes)
    # milliseconds since 1970 are days
    assert sorted(landslides["date"])[0] == "2013-10-23"
    (record,) = acquired.sources
    assert record["address"] == ARCGIS["service"] and record["features"] == INSIDE
    assert record["modified"] == "2023-11-14" and len(record["sha256"]) == 64
    assert acquired.origin == {"recipe": "arcgis_features", "licence": "CC0"}


@pytest.mark.parametrize(
    ("service", "part"),
    [("https://gis.example.org/a/FeatureServer", None),
     ("https://gis.example.org/a/FeatureServer", "0"),
     ("https://gis.example.org/sharing/rest/content/items/32b5", None)],
)  # fmt: skip
def test_a_layer_is_found_by_its_service_or_its_item(tmp_path, grid, shapes, service, part):
    entry = {"recipe": "arcgis_features", "service": service, "part": part}
    with FeatureServices(tmp_path, shapes) as services:
        assert_all(fetch(entry, grid, tmp_path / "c", services)[0], shapes)


def test_a_condition_says_what_it_leaves_out(tmp_path, grid, shapes, caplog):
    entry = {"recipe": "usgs_landslide_points", "service": ARCGIS["service"], "where": None}
    with FeatureServices(tmp_path, shapes) as services:
        _, acquired = fetch(entry, grid, tmp_path / "a", services)
        kept = [number for number in range(1, INSIDE + 1) if number % 9 >= 6]
        landslides, better = fetch(
            entry | {"where": "Confidence >= 6"}, grid, tmp_path / "b", services
        )
    assert acquired.sources[0]["where"] == "Confidence >= 3"
    assert_all(landslides, shapes, kept)
    assert better.sources[0] | {"counted": 20, "features": len(kept)} == better.sources[0]
    said = f"of 20 landslides in the region {len(kept)} are taken, of which `Confidence >= 6`"
    assert said in caplog.text


def test_an_answer_in_the_cache_is_not_asked_for_again(tmp_path, grid, shapes):
    with FeatureServices(tmp_path, shapes) as services:
        first, _ = fetch(ARCGIS, grid, tmp_path / "c", services)
        asked = len(services.log)
        again, _ = fetch(ARCGIS, grid, tmp_path / "c", services)
        assert len(services.log) == asked and again.equals(first)
        # one that was cut in the cache counts for nothing
        path = next((tmp_path / "c/features").glob("*.geojson"))
        path.write_text(path.read_text()[:-30])
        assert fetch(ARCGIS, grid, tmp_path / "c", services)[0].equals(first)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (ARCGIS | {"where": "Size > 3"}, "error 400: Cannot perform query. 'Invalid query"),
        (ARCGIS | {"service": "https://gis.example.org/none"}, "404"),
        ({"recipe": "wfs_features", "service": "https://a.example.org/wfs", "part": "other"},
         "the service answers: Unknown type other"),
        ({"recipe": "arcgis_features"}, "service is missing; state its address"),
    ],
)  # fmt: skip
def test_what_a_service_refuses_is_told(tmp_path, grid, shapes, entry, problem):
    with (
        FeatureServices(tmp_path, shapes) as services,
        pytest.raises((OSError, ValueError)) as said,
    ):
        fetch(entry, grid, tmp_path / "c", services)
    assert problem in str(said.value)


def test_a_region_without_landslides_says_so(tmp_path, grid, shapes):
    far = {number: shapes[number] for number in range(INSIDE + 1, INSIDE + 6)}
    with (
        FeatureServices(tmp_path, far) as services,
        pytest.raises(ValueError, match="no landslide in the region"),
    ):
        fetch(ARCGIS, grid, tmp_path / "c", services)


OGC = {"recipe": "ogc_features", "service": "https://ogc.example.org/api", "part": "slides"}
WFS = {"recipe": "wfs_features", "service": "https://ogc.example.org/wfs", "part": "slides"}


@pytest.mark.parametrize("quirks", [(), ("no box",)], ids=str)
def test_every_feature_of_an_ogc_api_comes_once(tmp_path, grid, shapes, quirks):
    with FeatureServices(tmp_path, shapes, quirks=quirks) as services:
        assert_all(fetch(OGC, grid, tmp_path / "c", services)[0], shapes)
        asked = [path for _, path, _, _ in services.log if "/collections/slides/items" in path]
    # pages of seven
    assert len(asked) == (4 if quirks else 3)


@pytest.mark.parametrize(
    "quirks",
    [(), ("no box",), ("no count",), ("latitude first",), ("takes longitude first",),
     ("takes longitude first", "latitude first"), ("no count", "latitude first")],
    ids=str,
)  # fmt: skip
def test_every_feature_of_a_wfs_comes_once_where_it_lies(tmp_path, grid, shapes, quirks):
    with FeatureServices(tmp_path, shapes, quirks=quirks) as services:
        assert_all(fetch(WFS, grid, tmp_path / "c", services)[0], shapes)


def test_a_wfs_without_pages_is_noticed(tmp_path, grid, shapes):
    with (
        FeatureServices(tmp_path, shapes, quirks=["same page"]) as services,
        pytest.raises(OSError, match="7 features came of 20"),
    ):
        fetch(WFS, grid, tmp_path / "c", services)
    whole = FeatureServices(tmp_path, shapes, quirks=["same page", "no count"], at_once=50)
    with whole as services:
        assert_all(fetch(WFS, grid, tmp_path / "d", services)[0], shapes)


@pytest.mark.attack
def test_pages_without_end_are_refused(tmp_path, grid, shapes, monkeypatch):
    monkeypatch.setattr(asking, "MOST_PAGES", 5)
    with (
        FeatureServices(tmp_path, shapes, quirks=["same page"]) as services,
        pytest.raises(PolicyError, match="goes on after 6 pages with 42 features"),
    ):
        fetch(OGC, grid, tmp_path / "c", services)


@pytest.mark.attack
def test_the_next_page_of_features_stays_on_its_host(tmp_path, grid, shapes, monkeypatch):
    answer = FeatureServices.answer_ogc

    def lead_away(self, name, asked):
        page = answer(self, name, asked)
        return page | {"links": [{"rel": "next", "href": "https://elsewhere.example.org/items"}]}

    monkeypatch.setattr(FeatureServices, "answer_ogc", lead_away)
    with (
        FeatureServices(tmp_path, shapes) as services,
        pytest.raises(PolicyError, match=r"next page lies on another host, https://elsewhere"),
    ):
        fetch(OGC, grid, tmp_path / "c", services)


@pytest.mark.attack
@pytest.mark.parametrize(
    "geometry",
    [{"type": "Polygon"}, {"type": "Polygon", "coordinates": "x"}, {"type": "Nothing"}, 7,
     {"type": "Polygon", "coordinates": [[[0, 0]]]}],
    ids=str,
)  # fmt: skip
def test_a_geometry_that_is_none_is_told(tmp_path, grid, geometry):
    question = Question("https://a.example.org", BOX)

    def ask(question, store):
        return [{"type": "Feature", "geometry": geometry}], {}

    with pytest.raises(OSError, match="sends a geometry that is none of GeoJSON"):
        fetch_features(question, ask, Store(tmp_path))


def test_a_mirror_folder_cannot_answer_questions(tmp_path, grid):
    (tmp_path / "mirror").mkdir()
    for ask, part in ((ask_ogc, "a"), (ask_wfs, "a")):
        question = Question("https://a.example.org/wfs", BOX, part)
        with pytest.raises(FileNotFoundError, match="is a folder, which cannot answer what"):
            ask(question, Store(tmp_path / "c", str(tmp_path / "mirror")))


# records of Zenodo and ScienceBase

ZENODO = "https://zenodo.org/api/records/77"


def write_record(folder, files, *, spoil=()):
    """Write a record of Zenodo with files by name; returns the folder."""
    listed = []
    for name, content in files.items():
        path = products.place(folder, f"https://zenodo.org/records/77/files/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digest = hashlib.md5(b"other" if name in spoil else content).hexdigest()
        listed.append({
            "key": name, "size": len(content), "checksum": f"md5:{digest}",
            "links": {"self": "http://10.0.0.1/secret"},
        })  # fmt: skip
    path = products.place(folder, ZENODO)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"files": listed, "metadata": {"license": {"id": "cc-by-4.0"}}}))
    return folder


def write_slides(folder, shapes):
    """Write landslides as a zipped shapefile and as a table; returns the files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    table = gpd.GeoDataFrame(geometry=[shape for shape, _ in shapes.values()], crs=4326)
    table.to_file(folder / "slides.shp")
    (folder / "pack").mkdir()
    for part in folder.glob("slides.*"):
        shutil.move(part, folder / "pack" / part.name)
    packed = shutil.make_archive(folder / "slides", "zip", folder / "pack")
    rows = [f"{shape.centroid.x},{shape.centroid.y}" for shape, _ in shapes.values()]
    files = {"slides.zip": Path(packed).read_bytes()}
    return files | {"points.csv": "\n".join(["lon,lat", *rows, ""]).encode(), "read.me": b"text"}


def test_files_of_a_record_are_found_by_name(tmp_path, grid, shapes):
    served = write_record(tmp_path / "served", write_slides(tmp_path / "w", shapes))
    entry = {"recipe": "record_file", "service": ZENODO, "part": "*.zip/*.shp"}
    with Services(served) as services:
        landslides, acquired = fetch(entry, grid, tmp_path / "c", services)
        table = {"recipe": "italica", "service": ZENODO}
        points, _ = fetch(table, grid, tmp_path / "c", services)
        with pytest.raises(FileNotFoundError, match=r"0 of its files are called 'a\.gpkg'; .*read"):
            fetch(entry | {"part": "a.gpkg"}, grid, tmp_path / "c", services)
    assert_all(landslides, shapes, shapes)
    assert len(points) == len(shapes) and points.crs.to_epsg() == 4326
    (record,) = acquired.sources
    assert record["address"] == "https://zenodo.org/records/77/files/slides.zip"
    assert record["record"] == ZENODO and acquired.origin["licence"] == "cc-by-4.0"


def test_a_file_with_another_checksum_than_its_record_states_is_refused(tmp_path, grid, shapes):
    files = write_slides(tmp_path / "w", shapes)
    served = write_record(tmp_path / "served", files, spoil=["points.csv"])
    entry = {"recipe": "italica", "service": ZENODO}
    with Services(served) as services, pytest.raises(OSError, match=r"points\.csv: MD5 should be"):
        fetch(entry, grid, tmp_path / "c", services)
    assert not list((tmp_path / "c").rglob("*.csv"))


def test_a_record_of_sciencebase_is_asked_by_name(tmp_path, grid, shapes):
    service = "https://www.sciencebase.gov/catalog/item/12ab"
    files = write_slides(tmp_path / "w", shapes)
    listed = [{"name": name, "url": "http://10.0.0.1/x", "checksum": None} for name in files]
    path = products.place(tmp_path / "served", service)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"files": listed}))
    for name, content in files.items():
        stored = products.place(
            tmp_path / "served", f"https://www.sciencebase.gov/catalog/file/get/12ab/{name}"
        )
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(content)
    entry = {"recipe": "earthquake_landslides", "service": service}
    with Services(tmp_path / "served") as services:
        landslides, _ = fetch(entry, grid, tmp_path / "c", services)
    assert_all(landslides, shapes, shapes)


def test_a_mapped_extent_is_where_landslides_were_looked_for(tmp_path, grid, shapes):
    west, south, east, north = find_box(grid)
    area = shapely.box(west - 1, south - 1, (west + east) / 2, north + 1)
    gpd.GeoDataFrame(geometry=[area], crs=4326).to_file(tmp_path / "Extent.shp")
    packed = write_slides(tmp_path / "w", shapes)
    (tmp_path / "pack").mkdir()
    for part in tmp_path.glob("Extent.*"):
        shutil.move(part, tmp_path / "pack" / part.name)
    archive = shutil.make_archive(tmp_path / "all", "zip", tmp_path / "pack")
    files = packed | {"all.zip": Path(archive).read_bytes()}
    served = write_record(tmp_path / "served", files)
    entry = {"recipe": "gorkha_extent", "service": ZENODO, "part": "all.zip/*xtent*.shp"}
    with Services(served) as services:
        store = Store(tmp_path / "c", services.address)
        acquired = acquire_surveyed(Layer.parse(entry), grid, store)
    inside = np.isfinite(acquired.data.to_numpy())
    assert inside[:, : inside.shape[1] // 2 - 2].all()
    assert not inside[:, inside.shape[1] // 2 + 2 :].any()
    assert acquired.origin["recipe"] == "gorkha_extent"


# faults

PASSING = (*FAULTS, IN_BODY)


@pytest.mark.parametrize("seed", range(RUNS))
def test_faults_of_services_end_in_all_landslides_or_a_clear_error(tmp_path, grid, shapes, seed):
    served = write_record(tmp_path / "served", write_slides(tmp_path / "w", shapes))
    entries = {
        "arcgis": ARCGIS, "ogc": OGC, "wfs": WFS,
        "record": {"recipe": "record_file", "service": ZENODO, "part": "*.zip"},
    }  # fmt: skip
    expected = {"record": len(shapes)}
    share = (0.1, 0.25, 0.5)[seed % 3]
    quirks = [["no paging"], ["no geojson"], []][seed % 3]
    services = FeatureServices(
        served, shapes, quirks=quirks, seed=seed, faults=PASSING, share=share
    )
    with services:
        for name, entry in entries.items():
            for _ in range(20):
                try:
                    landslides, _ = fetch(entry, grid, tmp_path / "cache", services)
                    break
                except OSError as error:
                    said = r"https?://\S+: .*(gave up after 6 attempts|run again later)"
                    assert re.search(said, str(error))
            else:
                pytest.fail(f"twenty runs did not bring {name}")
            numbers = shapes if name in expected else range(1, INSIDE + 1)
            assert_all(landslides, shapes, numbers)
    assert not list(tmp_path.rglob(".unfinished*"))


@pytest.mark.parametrize("fault", PASSING)
def test_a_service_that_always_fails_is_given_up(tmp_path, grid, shapes, fault, monkeypatch):
    monkeypatch.setattr(retrying, "ATTEMPTS", 2)
    services = FeatureServices(tmp_path, shapes, seed=1, faults=(fault,), share=1.0)
    with services:
        if fault == "slow":
            assert_all(fetch(ARCGIS, grid, tmp_path / "c", services)[0], shapes)
            return
        with pytest.raises(OSError, match=r"FeatureServer/0: .*gave up after 2 attempts"):
            fetch(ARCGIS, grid, tmp_path / "c", services)
    assert not list((tmp_path / "c").rglob("*.geojson"))
