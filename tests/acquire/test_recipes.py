"""One table of services: the schema, the checks of a study and the documents agree with it."""

import importlib.util
import json
from pathlib import Path

import pytest

from landshift.acquire.recipes import RECIPES, find_recipe, list_tiles

ROOT = Path(__file__).parents[2]


def test_editors_know_the_recipes():
    parts = json.loads((ROOT / "config/study.schema.json").read_text())["$defs"]
    known = {part: parts[part]["properties"]["recipe"] for part in ("Layer", "Inventory")}
    area = parts["SurveyedArea"]["properties"]["recipe"]["const"]
    assert {RECIPES[name].kind for name in known["Inventory"]["enum"]} == {"inventory"}
    assert RECIPES[area].kind == "area"
    listed = [*known["Layer"]["enum"], *known["Inventory"]["enum"], area]
    assert sorted(listed) == sorted(RECIPES)


def test_documents_equal_the_table():
    specification = importlib.util.spec_from_file_location(
        "describe_recipes", ROOT / "docs/describe_recipes.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    text = (ROOT / "docs/data.md").read_text()
    assert text == module.place(text, module.describe_recipes()), "run make recipe-docs"


@pytest.mark.parametrize(
    ("recipe", "box", "names"),
    [
        ("copernicus_dem", (6.2, 45.1, 6.4, 45.3), ["N45_00_E006"]),
        ("copernicus_dem", (-0.5, -0.5, 0.5, 0.5),
         ["S01_00_W001", "S01_00_E000", "N00_00_W001", "N00_00_E000"]),
        ("copernicus_dem", (-70.0, -34.0, -69.0, -33.0), ["S34_00_W070"]),
        ("copernicus_dem", (179.5, 10.2, 180.5, 10.4), ["N10_00_E179", "N10_00_W180"]),
        ("esa_worldcover", (8.9, 44.0, 9.1, 44.2), ["N42E006", "N42E009"]),
        ("esa_worldcover", (-0.1, -3.1, 0.1, -2.9), ["S06W003", "S06E000", "S03W003", "S03E000"]),
    ],
)  # fmt: skip
def test_tiles_are_named_by_their_south_west_corner(recipe, box, names):
    tiles = list_tiles(find_recipe(recipe), box)
    assert [name in tile for name, tile in zip(names, tiles, strict=True)] == [True] * len(names)


def test_an_unknown_recipe_lists_the_known():
    with pytest.raises(ValueError, match=r"no recipe 'srtm'; choose from copernicus_dem, esa_"):
        find_recipe("srtm")
