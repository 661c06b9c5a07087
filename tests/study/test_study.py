"""The model of a study: what its keys take, what spans several keys, and what the manual says."""

import copy
import importlib.util
import inspect
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.evaluation.benchmark.methods import GROUPS
from landshift.factors.stability import SOIL_LIMITS, derive_stability_factors
from landshift.factors.table import FACTORS
from landshift.study.checks import check_study
from landshift.study.learners import LEARNERS
from landshift.study.model import Study, fill_defaults
from landshift.transfer.prediction import PREVALENCE_LIMITS

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "config/study.schema.json").read_text())
PARTS = SCHEMA["$defs"]
SHIPPED = sorted(set((ROOT / "config").glob("*.yaml")) - {ROOT / "config/evidence.yaml"})
"""All but what is laid over another configuration."""

SHA256 = "0" * 64

VIRTUAL = {"role": "source", "virtual": {"origin": [0, 0], "crs": "EPSG:32632"}}
REAL = {
    "role": "target",
    "grid": {"crs": "EPSG:32643", "resolution_m": 30},
    "layers": {"dem": {"file": "dem.tif"}},
    "inventory": {"file": "landslides.gpkg"},
    "prevalence": 0.02,
}
STUDY = {
    "study": "small",
    "regions": {"alder": VIRTUAL, "birch": copy.deepcopy(VIRTUAL), "balakot": REAL},
}


def change(path, value):
    """Copy the study with one key set, or removed where the value is None."""
    config = copy.deepcopy(STUDY)
    *parents, last = path.split(".")
    place = config
    for key in parents:
        place = place.setdefault(key, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return config


def find_problems(config):
    """Return the problems of a study, of whose files none is looked for."""
    try:
        check_study(config, files=False)
    except ValueError as error:
        return [line.strip() for line in str(error).splitlines()[1:]]
    return []


def list_keys():
    """Yield every key of the schema: its part, its name and what is said of it."""
    for part, described in {"Study": SCHEMA, **PARTS}.items():
        for name, key in described["properties"].items():
            yield part, name, key


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_configurations_are_valid(path):
    config = yaml.safe_load(path.read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(config)
    check_study(config, files=False)


def test_sound_study_has_no_problems():
    assert find_problems(STUDY) == []


@pytest.mark.parametrize(
    ("path", "value", "problem", "remedy"),
    [
        ("study", "my study", "study", "letters, digits and underscores"),
        ("regions.mosaic", VIRTUAL, "regions.mosaic", "choose another"),
        ("regions.kash-mir", VIRTUAL, "regions.kash-mir", "letters, digits and underscores"),
        ("regions.Alder", VIRTUAL, "regions.alder", "rename one"),
        ("regions.balakot", None, "regions", "role: target"),
        ("regions.balakot.inventory", None, "regions.balakot.inventory", "name a `file`"),
        ("regions.balakot.prevalence", None, "regions.balakot.prevalence", "0.02"),
        ("regions.balakot.prevalence", 1.5, "regions.balakot.prevalence", "between 0 and 1"),
        ("regions.balakot.shots", 0, "regions.balakot.shots", "at least 1"),
        ("regions.balakot.layers.dem", None, "regions.balakot.layers.dem", "elevation model"),
        ("regions.balakot.grid.resolution_m", None, "regions.balakot.grid.resolution_m", "[m]"),
        ("regions.balakot.grid", None, "regions.balakot.grid.resolution_m", "metres, such as 30"),
        ("regions.balakot.grid.crs", "EPSG:4326", "regions.balakot.grid.crs", "UTM zone"),
        ("regions.balakot.grid.crs", "epsg:4258", "regions.balakot.grid.crs", "UTM zone"),
        (
            "regions.balakot.grid.crs",
            "+proj=longlat +datum=WGS84",
            "regions.balakot.grid.crs",
            "UTM zone",
        ),
        ("regions.balakot.grid.crs", "EPSG:3857", "regions.balakot.grid.crs", "stretches"),
        ("regions.balakot.grid.bounds", [5, 0, 1, 9], "regions.balakot.grid.bounds", "xmin"),
        ("regions.alder.layers", {}, "regions.alder.layers", "`virtual`"),
        ("regions.alder.inventory", {"file": "a"}, "regions.alder.inventory", "`virtual`"),
        (
            "regions.balakot.layers.lithology",
            {"file": "geology.tif"},
            "regions.balakot.layers.lithology",
            "kind: class",
        ),
        (
            "regions.balakot.layers.dem",
            {"file": "dem.tif", "kind": "class"},
            "regions.balakot.layers.dem",
            "remove `kind: class`",
        ),
        (
            "regions.balakot.layers.dem",
            {"file": "dem.tif", "url": "https://example.org/dem.tif"},
            "regions.balakot.layers.dem",
            "`stac` or `recipe`, and only one of them",
        ),
        ("regions.balakot.layers.rain", {}, "regions.balakot.layers.rain", "`stac` or `recipe`"),
        (
            "regions.balakot.layers.dem",
            {"url": "https://example.org/dem.tif", "sha256": "abc"},
            "regions.balakot.layers.dem.sha256",
            "64 hexadecimal digits",
        ),
        (
            "regions.balakot.layers.dem",
            {"file": "dem.tif", "sidecars": {"tfw": SHA256}},
            "regions.balakot.layers.dem.sidecars",
            "remove it",
        ),
        (
            "regions.balakot.inventory",
            {"url": "https://example.org/a.shp", "sha256": SHA256, "sidecars": {"shx": SHA256}},
            "regions.balakot.inventory.sidecars",
            "dbf, prj",
        ),
        (
            "regions.balakot.inventory",
            {"file": "landslides.csv", "x": "lon", "y": "lat"},
            "regions.balakot.inventory.crs",
            "EPSG:4326 for degrees",
        ),
        (
            "regions.balakot.inventory",
            {"file": "landslides.gpkg", "label": "type"},
            "regions.balakot.inventory",
            "add the other",
        ),
        (
            "regions.balakot.validation",
            {"file": "a.gpkg", "url": "https://example.org/a.gpkg"},
            "regions.balakot.validation",
            "`file`, `url` or `recipe`, and only one of them",
        ),
        ("regions.balakot.grid.resolution_m", 10, "regions.*.grid.resolution_m", "one cell size"),
        ("factors.groups", ["terrain", "proximity"], "factors.groups", "layer of lines"),
        ("factors.groups", ["surface"], "factors.groups", "`blue`, `red`, `nir` and `swir`"),
        ("factors.groups", ["surface"], "factors.groups", "nor `land_cover`"),
        (
            "regions.balakot.layers.dem",
            {"file": "dem.tif", "legend": "rock"},
            "regions.balakot.layers.dem.legend",
            "`kind: class`",
        ),
        (
            "regions.balakot.layers.soil",
            {"file": "soil.tif", "kind": "class", "classes": {"peat": "1"}},
            "regions.balakot.layers.soil.classes",
            "integers from 0",
        ),
        (
            "regions.balakot.layers.soil",
            {"file": "soil.tif", "kind": "class", "classes": "soil.xlsx"},
            "regions.balakot.layers.soil.classes",
            ".csv nor a .json",
        ),
        (
            "regions.balakot.layers.soil",
            {"file": "soil.tif", "kind": "class", "resampling": "average"},
            "regions.balakot.layers.soil.resampling",
            "`mode`",
        ),
        (
            "regions.balakot.layers.soil",
            {"file": "soil.tif", "kind": "class", "offset": 1},
            "regions.balakot.layers.soil.offset",
            "remove this key",
        ),
        (
            "regions.balakot.layers.soil",
            {"file": "soil.tif", "kind": "class", "factor": {"units": "1", "long_name": "soil"}},
            "regions.balakot.layers.soil.factor",
            "remove this key",
        ),
        (
            "regions.balakot.layers.block",
            {"file": "a.tif", "factor": {"units": "1", "long_name": "block"}},
            "regions.balakot.layers.block.factor",
            "rename the layer",
        ),
        (
            "regions.balakot.layers.block",
            {"file": "a.tif", "kind": "class"},
            "regions.balakot.layers.block",
            "rename the layer",
        ),
        ("regions.balakot.grid.box", [73, 35, 74, 34], "regions.balakot.grid.box", "[west, south"),
        (
            "regions.balakot.grid.terrain_resolution_m",
            20,
            "regions.balakot.grid.terrain_resolution_m",
            "20 m does not divide the cells of 30 m; state such as 15",
        ),
        (
            "regions.balakot.grid.buffer_m",
            500,
            "regions.balakot.grid.buffer_m",
            "a region of which only its inventory says where it is",
        ),
        (
            "regions.balakot.layers.extent",
            {"file": "a.tif"},
            "regions.balakot.layers.extent",
            "belongs to a region without `dem`; remove one of them",
        ),
        (
            "regions.balakot.layers.roads",
            {"recipe": "osm_roads"},
            "regions.balakot.layers.roads.extract",
            "europe/italy/nord-est",
        ),
        (
            "regions.balakot.layers.blue",
            {"recipe": "sentinel2"},
            "regions.balakot.layers.blue.dates",
            "first and the last day",
        ),
        (
            "regions.balakot.layers.blue",
            {"recipe": "sentinel2", "dates": ["2023-09-30", "2023-06-01"]},
            "regions.balakot.layers.blue.dates",
            "no span of time",
        ),
        (
            "regions.balakot.layers.haze",
            {"recipe": "sentinel2", "dates": ["2023-06-01", "2023-09-30"]},
            "regions.balakot.layers.haze",
            "rename the layer",
        ),
        (
            "regions.balakot.layers.rain",
            {"recipe": "chirps_rainfall", "extract": "asia"},
            "regions.balakot.layers.rain.extract",
            "remove it",
        ),
        (
            "regions.balakot.layers.rain",
            {"recipe": "nasa_landslides"},
            "regions.balakot.layers.rain.recipe",
            "is an inventory",
        ),
        (
            "regions.balakot.layers.rain",
            {"recipe": "gorkha_extent"},
            "regions.balakot.layers.rain.recipe",
            "name it in `surveyed`",
        ),
        (
            "regions.balakot.inventory",
            {"recipe": "arcgis_features"},
            "regions.balakot.inventory.service",
            "state the address of the service",
        ),
        (
            "regions.balakot.inventory",
            {"recipe": "wfs_features", "service": "https://example.org/wfs"},
            "regions.balakot.inventory.part",
            "name the collection or the type",
        ),
        (
            "regions.balakot.inventory",
            {"recipe": "italica", "where": "a > 1"},
            "regions.balakot.inventory.where",
            "remove it",
        ),
        (
            "regions.balakot.inventory",
            {
                "url": "https://example.org/a.zip",
                "sha256": "0" * 64,
                "served": {"sha256": "0" * 64, "part": "a.gpkg"},
            },
            "regions.balakot.inventory.conversion",
            "state how the file differs",
        ),
        (
            "regions.balakot.layers.rain",
            {
                "stac": "https://example.org",
                "collection": "a",
                "dates": ["2023-06-01", "2023-09-30"],
            },
            "regions.balakot.layers.rain.asset",
            "name the asset",
        ),
        ("benchmark.targets", ["chile"], "benchmark.targets", "alder, balakot, birch"),
        ("benchmark", {"targets": ["alder"], "shots": [0]}, "benchmark.shots[0]", "1 or more"),
        ("maps.breaks", [0.1, 0.3, 0.2, 0.4], "maps.breaks", "rising"),
        ("maps.breaks", [0.1, 0.2, 0.3], "maps.breaks", "four"),
        ("mosaic", {"crs": "EPSG:4326", "resolution_m": 30}, "mosaic.crs", "projected"),
    ],
)
def test_names_the_key_and_the_remedy(path, value, problem, remedy):
    found = find_problems(change(path, value))
    assert len(found) == 1
    assert found[0].startswith(f"{problem}: ")
    assert remedy in found[0]


def test_study_without_sources():
    config = {"study": "small", "regions": {"balakot": REAL}}
    assert find_problems(config) == [
        "regions: no region is a source; give one with many landslides `role: source`"
    ]


def test_target_that_is_the_only_source():
    config = {"study": "small", "regions": {"balakot": REAL | {"role": "both"}}}
    config["benchmark"] = {"targets": ["balakot"]}
    found = find_problems(config)
    assert [line.split(":")[0] for line in found] == ["benchmark.targets", "regions.balakot.role"]


def test_all_problems_at_once():
    config = change("regions.balakot.inventory", None)
    config["benchmark"] = {"targets": ["chile", "peru"]}
    config["regions"]["alder"]["roles"] = "both"
    config["regions"]["birch"]["virtual"]["sise"] = 64
    config["regions"]["birch"]["virtual"]["resolution_m"] = 10
    found = find_problems(config)
    assert [line.split(":")[0] for line in found] == [
        *("benchmark.targets", "benchmark.targets", "regions.*.grid.resolution_m"),
        *("regions.alder.roles", "regions.balakot.inventory", "regions.birch.virtual.sise"),
    ]


def test_one_legend_names_a_code_once():
    soil = {"file": "soil.tif", "kind": "class", "legend": "fao", "classes": {1: "peat", 2: "loam"}}
    config = change("regions.balakot.layers.soil", soil)
    other = soil | {"classes": {2: "clay"}}
    layers = REAL["layers"] | {"dem": {"file": "korea.tif"}, "ground": other}
    config["regions"]["korea"] = REAL | {"layers": layers}
    assert find_problems(config) == [
        "regions.korea.layers.ground.classes: code 2 of the legend fao is 'clay' here and "
        "'loam' in regions.balakot; correct one, or name two legends"
    ]
    other["legend"] = "local"
    assert find_problems(config) == []


def test_classes_are_named_by_integers_or_a_file():
    for classes in ({1: "peat"}, "soil.csv"):
        entry = {"file": "soil.tif", "kind": "class", "classes": classes}
        config = change("regions.balakot.layers.soil", entry)
        jsonschema.Draft202012Validator(SCHEMA).validate(config)
        assert find_problems(config) == []


def test_frozen_models_cannot_settle_classes_by_the_sources():
    config = change("transfer.frozen", {"folder": "models", "sha256": SHA256})
    config["maps"] = {"breaks": "sources"}
    assert any(line.startswith("maps.breaks: `sources` needs") for line in find_problems(config))


def test_frozen_models_need_no_source():
    config = change("transfer.frozen", {"folder": "models", "sha256": SHA256})
    config["regions"] = {"balakot": REAL}
    assert find_problems(config) == []
    jsonschema.validate(config, SCHEMA)


def test_groups_of_the_schema_are_those_of_the_library():
    assert tuple(PARTS["Benchmark"]["properties"]["groups"]["items"]["enum"]) == GROUPS


@pytest.mark.parametrize("config", [{}, None, [], "study", {1: 2}])
def test_what_is_no_study_is_reported_not_crashed(config):
    assert find_problems(config)


@pytest.mark.parametrize(
    "path",
    [
        "shotz",
        "samples.bufer_m",
        "regions.alder.roles",
        "regions.alder.virtual.relief",
        "regions.balakot.grid.resolution",
        "regions.balakot.layers.dem.path",
        "regions.balakot.inventory.xx",
        "maps.size",
    ],
)
def test_unknown_keys_are_refused_also_by_editors(path):
    config = change(path, 1)
    (problem,) = find_problems(config)
    assert problem.startswith(f"{path}: unknown key; ")
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(config)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", -1),
        ("seed", "forty-two"),
        ("samples.buffer_m", "100 m"),
        ("regions.balakot.role", "teacher"),
        ("regions.balakot.shots", 0),
        ("regions.balakot.prevalence", 2),
        ("transfer.learners", ["svm"]),
        ("transfer.learners", ["rf", "rf"]),
        ("factors.groups", []),
        ("maps.breaks", "equal"),
        ("regions.balakot.layers.dem", {"url": "ftp://example.org/dem.tif"}),
    ],
)
def test_wrong_values_are_refused_also_by_editors(path, value):
    config = change(path, value)
    (problem,) = find_problems(config)
    assert problem.startswith(path)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(config)


def test_every_part_is_closed_and_every_key_described():
    assert all(part["additionalProperties"] is False for part in (SCHEMA, *PARTS.values()))
    for part, name, key in list_keys():
        parts = [PARTS[each["$ref"].rsplit("/", 1)[-1]] for each in (key, *key.get("anyOf", []))
                 if "$ref" in each]  # fmt: skip
        assert any("description" in each for each in (key, *parts)), f"{part}.{name}"


def test_every_number_states_its_unit():
    for part, name, key in list_keys():
        if key.get("type") in ("integer", "number") and name != "seed":
            assert "[" in key["description"], f"{part}.{name}"


def test_schema_equals_the_library():
    learners = PARTS["Transfer"]["properties"]["learners"]
    assert learners["items"]["enum"] == list(LEARNERS)
    groups = PARTS["Factors"]["properties"]["groups"]["items"]["enum"]
    assert set(groups) <= {factor.group for factor in FACTORS.values()}


def test_prevalence_is_one_that_maps_can_show():
    stated = PARTS["Region"]["properties"]["prevalence"]
    assert (stated["minimum"], stated["maximum"]) == PREVALENCE_LIMITS


def test_virtual_keys_equal_the_arguments_of_the_generator():
    parameters = inspect.signature(generate_virtual_region).parameters
    expected = {
        name: list(value.default) if isinstance(value.default, tuple) else value.default
        for name, value in parameters.items()
        if name not in {"name", "seed"}
    }
    stated = PARTS["Virtual"]["properties"]
    assert expected == {
        name: key.get("default", inspect.Parameter.empty) for name, key in stated.items()
    }


def test_own_factors_have_one_unit():
    config = copy.deepcopy(STUDY)
    second = config["regions"]["nepal"] = copy.deepcopy(REAL)
    second["inventory"]["file"] = "other.gpkg"
    for region, units in ((config["regions"]["balakot"], "m/s2"), (second, "g")):
        region["layers"]["pga"] = {"file": "a.tif", "factor": {"units": units, "long_name": "pga"}}
    (problem,) = find_problems(config)
    assert problem.startswith("regions.nepal.layers.pga.factor.units: g differs from m/s2")


def test_rainfall_is_of_one_version():
    config = copy.deepcopy(STUDY)
    second = config["regions"]["nepal"] = copy.deepcopy(REAL)
    second["inventory"]["file"] = "other.gpkg"
    config["regions"]["balakot"]["layers"]["rainfall"] = {"recipe": "chirps3"}
    second["layers"]["rainfall"] = {"recipe": "chirps_rainfall"}
    (problem,) = find_problems(config)
    assert problem.startswith("regions.nepal.layers.rainfall.recipe: chirps_rainfall is another")
    assert "name one of them in all regions" in problem
    second["layers"]["rainfall"] = {"recipe": "chirps3"}
    assert find_problems(config) == []


def test_rainfall_is_of_the_version_that_frozen_models_know(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"recipes": {"rainfall": "chirps3"}}))
    config = copy.deepcopy(STUDY)
    config["transfer"] = {"frozen": {"folder": str(tmp_path), "sha256": "0" * 64}}
    config["regions"]["balakot"]["layers"]["rainfall"] = {"recipe": "chirps_rainfall"}
    with pytest.raises(ValueError, match=r"rainfall\.recipe: chirps_rainfall is another version"):
        check_study(config)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ValueError, match=r"dem\.tif") as caught:
        check_study(config)
    assert "another version" not in str(caught.value)


def test_default_soil_equals_that_of_the_library():
    parameters = inspect.signature(derive_stability_factors).parameters
    stated = PARTS["Stability"]["properties"]
    assert {name: part["default"] for name, part in stated.items()} == {
        name: value.default
        for name, value in parameters.items()
        if value.default is not inspect.Parameter.empty
    }
    for name, part in stated.items():
        assert (part["minimum"], part["maximum"]) == SOIL_LIMITS[name]


def test_defaults_are_filled_in_and_what_is_stated_stays():
    config = copy.deepcopy(STUDY)
    config["priorities"] = {"corridors": {"road": {"file": "a.gpkg"}}, "grid_m": 500}
    fill_defaults(config, Study.model_validate(config))
    assert config["seed"] == 42
    assert config["samples"]["buffer_m"] == 100
    assert config["factors"]["stability"]["recharge_mm_per_day"] == 50
    assert config["transfer"]["learners"] == ["lr", "rf", "xgb", "lgbm"]
    assert config["transfer"]["frozen"] is None and config["mosaic"] is None
    assert config["regions"]["alder"]["virtual"]["size"] == 256
    assert config["priorities"]["corridors"]["road"] == {
        **{"file": "a.gpkg", "buffer_m": 50, "step_m": 100},
    }
    balakot = config["regions"]["balakot"]
    assert balakot["inventory"] == {"file": "landslides.gpkg", "merge_m": 0}
    assert balakot["grid"] == REAL["grid"] | {"buffer_m": 2000}
    assert "shots" not in balakot and "lon" not in config
    # A whole number stays one: a rule would run again for 30.0 in place of 30.
    assert isinstance(balakot["grid"]["resolution_m"], int)
    assert isinstance(config["priorities"]["grid_m"], int)


def test_filled_in_defaults_belong_to_their_study_alone():
    first, second = copy.deepcopy(STUDY), copy.deepcopy(STUDY)
    for config in (first, second):
        fill_defaults(config, Study.model_validate(config))
    first["transfer"]["learners"].clear()
    assert second["transfer"]["learners"] == Study.model_validate(STUDY).transfer.learners


def test_a_checked_study_with_its_defaults_is_sound():
    config = copy.deepcopy(STUDY)
    fill_defaults(config, check_study(config, files=False))
    jsonschema.Draft202012Validator(SCHEMA).validate(config)
    again = copy.deepcopy(config)
    again["regions"]["balakot"]["grid"].pop("buffer_m")  # the one default that is refused there
    fill_defaults(again, check_study(again, files=False))
    assert again == config


def test_template_explains_every_key():
    template = (ROOT / "config/template.yaml").read_text()
    keys = {name for part, name, _ in list_keys() if part != "Virtual"}
    assert {key for key in keys - {"virtual"} if f"{key}:" not in template} == set()


def load_generator():
    """Load what writes the manual and the schema."""
    path = ROOT / "docs/describe_configuration.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_manual_and_schema_equal_the_model(tmp_path):
    load_generator().main(tmp_path)
    for path in tmp_path.iterdir():
        assert (ROOT / "config" / path.name).read_text() == path.read_text(), "run `make docs`"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_configurations_name_their_schema(path):
    assert path.read_text().startswith("# yaml-language-server: $schema=study.schema.json\n")
