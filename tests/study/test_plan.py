"""What of each region, group, factor and legend is made, without Snakemake."""

import copy

import pytest

from landshift.factors.table import FACTORS, factor_names
from landshift.study.checks import check_study
from landshift.study.model import fill_defaults
from landshift.study.outputs import list_maps, list_outputs, list_records, list_shared
from landshift.study.plan import Plan, place_grids

SHA256 = "0" * 64
VIRTUAL = {"role": "source", "virtual": {"origin": [0, 0], "crs": "EPSG:32632"}}


def read(name, **layers):
    """Describe a region whose layers are files of their names, but for what is stated."""
    layers = {"dem": {}} | layers
    stated = {
        layer: entry if {"recipe", "file"} & set(entry) else {"file": f"{name}_{layer}.tif"} | entry
        for layer, entry in layers.items()
    }
    return {
        "role": "both",
        "prevalence": 0.02,
        "grid": {"resolution_m": 30},
        "layers": stated,
        "inventory": {"file": f"{name}.gpkg"},
    }


def plan_of(regions, *, frozen_factors=(), **parts):
    """Plan a study, of whose files none is looked for."""
    config = {"study": "small", "regions": regions, **parts}
    return Plan(check_study(config, files=False), frozen_factors)


CODES = {"kind": "class"}
LINES = {"file": "faults.gpkg"}
PGA = {"factor": {"units": "m/s2", "long_name": "peak acceleration"}}
EVERYTHING = ["terrain", "drainage", "stability", "proximity", "surface", "climate", "ground"]
BANDS = {band: {} for band in ("blue", "red", "nir", "swir")}


@pytest.fixture
def rich():
    """Two regions of which one has every kind of layer; relief is all they share at first."""
    oak = read(
        "oak",
        rainfall={},
        faults=LINES,
        lithology=CODES,
        land_cover={"recipe": "esa_worldcover"},
        pga=PGA,
        **BANDS,
    )
    return {"ash": read("ash"), "oak": oak}


def test_parts_of_regions():
    regions = {
        "cedar": VIRTUAL,
        "alder": read("alder"),
        "birch": read("birch") | {"role": "target"},
    }
    plan = plan_of(regions, benchmark={"targets": ["cedar", "alder"]})
    assert plan.sources == ["alder", "cedar"]
    assert plan.targets == ["alder", "birch"]
    assert plan.all_targets == ["alder", "birch", "cedar"]
    assert plan.sources_of("alder") == ["cedar"]
    assert plan.regions_of("birch") == ["birch", "alder", "cedar"]
    assert plan.real_regions_of("birch") == ["birch", "alder"]
    assert (plan.virtual, plan.real) == (["cedar"], ["alder", "birch"])


def test_groups_are_those_that_a_region_has_layers_for(rich):
    plan = plan_of(rich, factors={"groups": EVERYTHING})
    measured = ["terrain", "drainage", "stability"]
    assert plan.list_groups("ash") == measured
    assert plan.list_groups("oak") == [
        *(*measured, "proximity", "surface", "climate", "ground", "land_cover", "own")
    ]
    assert plan.list_layers("oak", "surface") == ["blue", "red", "nir", "swir", "land_cover"]


def test_groups_are_those_that_the_study_uses(rich):
    plan = plan_of(rich, factors={"groups": ["terrain"]})
    assert plan.list_groups("oak") == ["terrain", "own"]
    assert plan.list_class_factors("oak") == []
    assert plan.list_factors("ash") == set(factor_names("terrain"))


def test_one_band_short_of_the_surface(rich):
    del rich["oak"]["layers"]["nir"]
    plan = plan_of(rich, factors={"groups": ["terrain", "surface"]})
    assert plan.list_groups("oak") == ["terrain", "land_cover", "own"]
    assert plan.list_layers("oak", "surface") == ["land_cover"]


def test_a_virtual_region_has_rain_and_rock():
    regions = {"alder": VIRTUAL, "birch": VIRTUAL | {"role": "target", "prevalence": 0.1}}
    plan = plan_of(regions, factors={"groups": ["terrain", "climate", "ground"]})
    assert plan.list_groups("birch") == ["terrain", "climate", "ground"]
    assert plan.list_optional_factors("birch") == {"rainfall", "lithology"}
    # its codes mean other rocks in every region
    assert plan.explain_left_out("birch") == {
        "lithology": "its codes have no legend in common in alder, birch"
    }


def test_reasons_of_what_is_left_out(rich):
    plan = plan_of(rich, factors={"groups": EVERYTHING})
    reasons = plan.explain_left_out("ash")
    bands = {name for name in factor_names("surface") if not FACTORS[name].classes}
    assert set(reasons) == bands | {
        *("rainfall", "fault_distance", "fault_density", "lithology", "land_cover", "pga")
    }
    assert set(reasons.values()) == {"no such factor in ash"}
    assert plan.list_shared_factors("ash") == {
        name for group in ("terrain", "drainage", "stability") for name in factor_names(group)
    }


@pytest.mark.parametrize(
    ("own", "other", "shared"),
    [
        ({"legend": "local"}, {"legend": "local"}, {"lithology": "local"}),
        ({"legend": "local"}, {"legend": "other"}, {}),
        ({"legend": "local"}, {}, {}),
        ({}, {}, {}),
        ({"recipe": "glim_lithology"}, {"legend": "other"}, {}),
    ],
)
def test_codes_are_shared_by_their_legend(own, other, shared):
    regions = {
        "ash": read("ash", lithology=CODES | own),
        "oak": read("oak", lithology=CODES | other),
    }
    plan = plan_of(regions, factors={"groups": ["terrain", "ground"]})
    assert plan.find_shared_legends("ash") == shared
    assert ("lithology" in plan.explain_left_out("ash")) == (not shared)
    assert plan.list_model_classes("ash") == list(shared)


def test_a_recipe_has_its_own_legend():
    rock = {"recipe": "glim_lithology"}
    known = {"legend": "glim_lithology"} | CODES
    regions = {"ash": read("ash", lithology=rock), "oak": read("oak", lithology=known)}
    plan = plan_of(regions, factors={"groups": ["terrain", "ground"]})
    assert plan.find_shared_legends("oak") == {"lithology": "glim_lithology"}


def test_a_target_keeps_factors_of_its_own(rich):
    names = ["lithology", "fault_distance", "pga"]
    plan = plan_of(rich, factors={"groups": EVERYTHING}, transfer={"target_factors": names})
    chosen = plan.choose_target_factors("oak", plan.list_left_out("oak"))
    assert chosen == {
        "target_factors": ["fault_distance", "pga"],
        "target_classes": ["lithology"],
    }
    assert plan.list_model_classes("oak") == ["lithology"]
    nothing = {"target_factors": [], "target_classes": []}
    assert plan.choose_target_factors("ash", plan.list_left_out("ash")) == nothing
    assert plan.choose_target_factors("oak", []) == nothing


def test_relief_is_optional_where_a_region_has_none(rich):
    oak = rich["oak"]
    plan = plan_of(rich)
    assert "slope" not in plan.list_optional_factors("oak")
    extent = read("ash", pga=PGA)
    extent["layers"]["extent"] = extent["layers"].pop("dem")
    plan = plan_of({"ash": extent, "oak": oak})
    assert plan.list_groups("ash") == ["own"]
    assert plan.explain_left_out("oak")["slope"] == "no such factor in ash"
    assert plan.list_shared_factors("oak") == {"pga"}


def test_frozen_models_leave_out_what_they_do_not_know():
    frozen = {"frozen": {"folder": "models", "sha256": SHA256}}
    regions = {"oak": read("oak", pga=PGA) | {"role": "target"}}
    known = ("slope", "hand")
    plan = plan_of(regions, frozen_factors=known, transfer=frozen)
    assert not plan.knows_sources
    left_out = plan.list_left_out("oak")
    assert "pga" in left_out and not set(known) & set(left_out)
    assert set(left_out) | set(known) == plan.list_factors("oak")


def test_units_of_own_factors_and_files_of_legends():
    soil = CODES | {"classes": "soil.csv", "legend": "fao"}
    rock = CODES | {"classes": {1: "slate"}}
    regions = {
        "ash": read("ash", pga=PGA, storm={"factor": {"units": "mm", "long_name": "storm"}}),
        "oak": read("oak", pga=PGA, soil=soil, lithology=rock),
    }
    plan = plan_of(regions, factors={"groups": ["terrain", "ground"]})
    assert plan.list_own_units(["oak", "ash"]) == {"pga": "m/s2", "storm": "mm"}
    assert plan.describe_classes("oak", "ground") == {
        "lithology": {"classes": {1: "slate"}},
        "soil": {"legend": "fao", "classes": "soil.csv"},
    }
    assert plan.list_legend_files("oak", "ground") == ["soil.csv"]
    assert plan.list_legends("oak") == {"lithology": None, "soil": "fao"}
    assert plan.list_class_layers("oak", "land_cover") == []


def test_grids_are_those_stated_without_what_only_places_them():
    regions = {"alder": VIRTUAL, "oak": read("oak")}
    config = {"study": "small", "regions": copy.deepcopy(regions)}
    study = check_study(config, files=False)
    fill_defaults(config, study)
    assert place_grids(study, config["regions"]) == {"oak": {"resolution_m": 30}}


def test_an_inventory_that_says_where_a_region_is_must_be_there():
    config = {"study": "small", "regions": {"alder": VIRTUAL, "oak": read("oak")}}
    config["regions"]["oak"]["layers"]["dem"] = {"recipe": "copernicus_dem"}
    study = check_study(config, files=False)
    assert study.regions["oak"].follows_inventory
    fill_defaults(config, study)
    with pytest.raises(ValueError, match=r"^regions\.oak\.inventory: .*oak\.gpkg"):
        place_grids(study, config["regions"])


def test_outputs_follow_what_the_study_asks_for():
    target = VIRTUAL | {"role": "target", "prevalence": 0.1}
    regions = {"alder": VIRTUAL, "birch": target}
    least = list_outputs(plan_of(regions))
    assert len(set(least)) == len(least)
    assert {"targets/birch/truth.csv", "report/birch/drivers.png"} <= set(least)
    mosaic = {"crs": "EPSG:32632", "resolution_m": 30}
    more = plan_of(
        regions,
        mosaic=mosaic,
        priorities={"corridors": {"road": {"file": "road.gpkg"}}},
    )
    assert set(list_outputs(more)) - set(least) == {
        *("mosaic/susceptibility.tif", "mosaic/classes.tif", "targets/birch/priorities.csv"),
        "report/birch/corridors.png",
    }
    frozen = plan_of(regions, transfer={"frozen": {"folder": "models", "sha256": SHA256}})
    assert {path.split("/")[-1] for path in set(least) - set(list_outputs(frozen))} == {
        *("applicability.tif", "dissimilarity.tif", "truth.csv", "drivers.csv", "similarity.csv"),
        *("factors_selected.json", "lr", "rf", "xgb", "lgbm"),
        *("drivers.png", "dependence.png", "applicability.png"),
    }
    assert list_maps(frozen)[-1] == "targets/birch/classes.tif"


def test_records_are_those_of_layers_and_inventories(rich):
    rich["oak"]["inventory"]["surveyed"] = {"file": "area.gpkg"}
    records = list_records(plan_of(rich), "oak")
    assert "regions/oak/layers/faults.gpkg.json" in records
    assert "regions/oak/layers/lithology.tif.json" in records
    assert records[-2:] == ["regions/oak/inventory.gpkg.json", "regions/oak/surveyed.tif.json"]
    assert list_records(plan_of(rich), "ash") == [
        *("regions/ash/layers/dem.tif.json", "regions/ash/inventory.gpkg.json")
    ]


def test_recipes_of_regions_are_listed_by_layer(rich):
    plan = plan_of(rich)
    assert plan.list_recipes(["ash", "oak"]) == {"land_cover": "esa_worldcover"}
    assert plan.list_recipes(["ash"]) == {}


FIJI = [179.5, -17.0, -179.8, -16.5]
WEST_AND_EAST = [[10.0, 44.0, 10.2, 44.2], [10.2, 44.0, 10.4, 44.2]]


@pytest.mark.parametrize(
    ("own", "other", "shared"),
    [
        ({}, {}, True),
        ({"box": WEST_AND_EAST[0]}, {"box": WEST_AND_EAST[1]}, False),
        ({"box": WEST_AND_EAST[0]}, {"box": [10.1, 44.1, 10.3, 44.3]}, True),
        ({"box": WEST_AND_EAST[0]}, {}, True),
        ({"box": FIJI}, {"box": [-179.9, -17.0, -179.7, -16.0]}, True),
        ({"box": FIJI}, {"box": [179.6, -17.0, -179.95, -16.0]}, True),
        ({"box": FIJI}, {"box": [-179.8, -17.0, -179.7, -16.0]}, False),
        ({"bounds": [0, 0, 900, 900]}, {"bounds": [900, 0, 1800, 900]}, False),
        ({"bounds": [0, 0, 900, 900]}, {"bounds": [600, 0, 1800, 900]}, True),
    ],
)
def test_a_source_that_may_lie_on_the_targets_ground_is_kept_apart(own, other, shared):
    regions = {"ash": read("ash"), "oak": read("oak"), "alder": VIRTUAL}
    for name, stated in (("ash", own), ("oak", other)):
        regions[name]["grid"] = {"resolution_m": 30} | stated
    plan = plan_of(regions)
    assert plan.may_share_ground("ash", "oak") is shared
    assert not plan.may_share_ground("ash", "alder")
    assert list_shared(plan, "ash") == ["targets/ash/sources/oak/shared.json"] * shared
    assert ("targets/ash/sources/oak/samples.parquet" in list_outputs(plan)) is shared
    assert plan.placed_sources_of("ash") == ["oak"]
