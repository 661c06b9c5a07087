"""The STAC catalogue of a study: valid, movable, and true to its files."""

import json
import math
import shutil
from pathlib import Path

import pystac
import pytest
import rasterio
import shapely
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rasterio.transform import from_origin

from landshift.report.catalogue import Publication, write_catalogue


@pytest.fixture
def study(places, manifest, tmp_path):
    """Lay out a study of two targets, with its catalogue."""
    publications = []
    for place in places:
        folder = tmp_path / "study" / "targets" / place.name
        shutil.copytree(Path(place.dems[0]).parent, folder)
        (folder / "model").mkdir(exist_ok=True)
        (folder / "model" / "manifest.json").write_text(json.dumps(manifest))
        (folder / "model_card.md").write_text("card")
        maps = {kind: folder / Path(file).name for kind, file in place.maps.items()}
        card, model = folder / "model_card.md", folder / "model"
        publications.append(Publication(place.name, maps, model=model, card=card))
    path = tmp_path / "study" / "catalog" / "catalog.json"
    write_catalogue(path, publications, study="trial")
    return tmp_path / "study"


def read_items(study):
    catalog = pystac.Catalog.from_file(str(study / "catalog" / "catalog.json"))
    return {item.id: item for item in catalog.get_items()}


def test_catalogue_and_items_follow_the_specification(study):
    validator = JsonSchemaSTACValidator()
    files = sorted((study / "catalog").rglob("*.json"))
    assert [file.name for file in files] == ["ash.json", "catalog.json", "elm.json"]
    for file in files:
        content = json.loads(file.read_text())
        kind = "CATALOG" if content["type"] == "Catalog" else "ITEM"
        kind = pystac.STACObjectType[kind]
        assert validator.validate_core(content, kind, content["stac_version"], None)


def test_links_and_files_are_found_after_a_move(study, tmp_path):
    moved = study.rename(tmp_path / "moved")
    for item in read_items(moved).values():
        for asset in item.assets.values():
            assert Path(asset.get_absolute_href()).is_file()
        assert str(tmp_path) not in json.dumps(item.to_dict(transform_hrefs=False)["assets"])


def test_projection_is_that_of_the_maps(study):
    item = read_items(study)["ash"]
    with rasterio.open(item.assets["susceptibility"].get_absolute_href()) as source:
        assert item.properties["proj:code"] == "EPSG:32632"
        assert item.properties["proj:shape"] == list(source.shape)
        assert item.properties["proj:transform"] == list(source.transform)[:6]
        assert item.properties["proj:bbox"] == list(source.bounds)
        band = item.assets["susceptibility"].to_dict()["bands"][0]
        assert band["unit"] == "1" and band["nodata"] == "nan"
        assert band["statistics"]["maximum"] == pytest.approx(
            float(source.read(1, masked=True).max())
        )
    west, south, east, north = item.bbox
    assert 6.4 < west < east < 6.6 and 45.1 < south < north < 45.25


def test_origin_is_that_of_the_model(study, manifest):
    properties = read_items(study)["elm"].properties
    assert properties["landshift:sources"] == manifest["sources"]
    assert "at a prevalence of 0.02" in properties["description"]
    assert read_items(study)["elm"].get_single_link("license").href.endswith("model_card.md")


def test_a_map_across_180_degrees_is_of_two_parts_and_one_narrow_box(study, tmp_path):
    for file in (study / "targets" / "ash").glob("*.tif"):
        with rasterio.open(file, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as source:
            size = source.res[0]
            source.crs, source.transform = "EPSG:32760", from_origin(819_000, 8_140_000, size, size)
            width = source.width * size
    publication = Publication(
        "ash", {"susceptibility": study / "targets/ash/susceptibility.tif"},
        model=study / "targets/ash/model", card=study / "targets/ash/model_card.md",
    )  # fmt: skip
    write_catalogue(tmp_path / "new" / "catalog.json", [publication], study="trial")
    item = json.loads((tmp_path / "new" / "ash" / "ash.json").read_text())
    west, south, east, north = item["bbox"]
    assert 179.9 < west < 180 and -180 < east < -179.9 and -16.9 < south < north < -16.7
    degrees = width / 111_320 / math.cos(math.radians(16.8))
    assert east + 360 - west == pytest.approx(degrees, rel=0.05)
    parts = shapely.geometry.shape(item["geometry"])
    assert parts.geom_type == "MultiPolygon" and parts.area < 2 * degrees * (north - south)
