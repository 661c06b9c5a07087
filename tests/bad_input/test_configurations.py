"""Configurations that are wrong: each is refused before the first job, in one sentence."""

from datetime import date

import pytest
import yaml

from landshift.study.origins import list_files
from landshift.study.texts import MOST_NODES, check_file

from .conftest import check_text, explain, write_slides, write_tif

BIRCH = "regions.birch"

# path, value, the key in the message, and the sentence behind it
KEYS = [
    ("shotz", 5, "shotz", "unknown key; remove it, or choose from study, seed, mirror, lon,"),
    ("sample", {}, "sample", "unknown key; did you mean `samples`?"),
    (f"{BIRCH}.prevalense", 0.1, f"{BIRCH}.prevalense", "unknown key; did you mean `prevalence`?"),
    (f"{BIRCH}.grid.resolution", 30, f"{BIRCH}.grid.resolution",
     "unknown key; did you mean `resolution_m`?"),
    (f"{BIRCH}.layers.dem.path", "a", f"{BIRCH}.layers.dem.path", "unknown key; remove it, or "),
    (f"{BIRCH}.inventory.layers", "new", f"{BIRCH}.inventory.layers",
     "unknown key; did you mean `layer`?"),
    (f"{BIRCH}.inventory.layer", 2, f"{BIRCH}.inventory.layer",
     "2 must be a text: Of several layers of a file, or sheets of a workbook, the one that holds"),
    (f"{BIRCH}.inventory.untill", 2010, f"{BIRCH}.inventory.untill",
     "unknown key; did you mean `until`?"),
    ("samples.buffer", 100, "samples.buffer", "unknown key; did you mean `buffer_m`?"),
    ("samples.buffer_m", "100 m", "samples.buffer_m",
     "'100 m' must be a number, without a unit: Absences keep at least this distance from any "
     "landslide [m]"),
    ("samples.buffer_m", -5, "samples.buffer_m", "-5 must be at least 0: Absences keep"),
    ("samples.buffer_m", 0.001, "samples.buffer_m", "0.001 m looks like degrees; state metres"),
    ("samples.blocks", 2.5, "samples.blocks", "2.5 must be a whole number: Spatial blocks"),
    ("seed", "forty-two", "seed", "'forty-two' must be a whole number: Seed of every"),
    ("regions", [1], "regions", "[1] must be keys with values: Every region of the study once"),
    (f"{BIRCH}.role", "targt", f"{BIRCH}.role",
     "'targt' must be one of source, target, both; did you mean `target`?"),
    (f"{BIRCH}.grid.resolution_m", None, f"{BIRCH}.grid.resolution_m",
     "missing; state it: Cell size [m], such as 30; the same in all regions of a study"),
    (f"{BIRCH}.grid.resolution_m", 0.0003, f"{BIRCH}.grid.resolution_m",
     "0.0003 m is the size of a cell in degrees; state metres, such as 30"),
    (f"{BIRCH}.grid.bounds", [9.1, 44.2, 9.4, 44.6], f"{BIRCH}.grid.bounds",
     "[9.1, 44.2, 9.4, 44.6] look like degrees; state [xmin, ymin, xmax, ymax] in metres of the "
     "grid's CRS"),
    (f"{BIRCH}.grid.crs", "EPSG:4326", f"{BIRCH}.grid.crs", "EPSG:4326 is in degrees; name a proj"),
    (f"{BIRCH}.grid.crs", 32643, f"{BIRCH}.grid.crs", "32643 must be a text: Projected coordinate"),
    (f"{BIRCH}.prevalence", None, f"{BIRCH}.prevalence", "missing; a target must state the share"),
    (f"{BIRCH}.prevalence", 5, f"{BIRCH}.prevalence", 
     "5 is not a share of cells; state a number between 0 and 1"),
    (f"{BIRCH}.shots", 0, f"{BIRCH}.shots", 
     "0 landslides cannot fine-tune a model; state at least 1, or leave the key out to use all"),
    (f"{BIRCH}.inventory", None, f"{BIRCH}.inventory", "missing; name a `file` or a `url`"),
    (f"{BIRCH}.inventory.from", "last year", f"{BIRCH}.inventory.from",
     "'last year' is no time; state a year between 1500 and 2200, or a day in quotes, such as "
     "'2015-08-31'"),
    (f"{BIRCH}.inventory.types", ["slide"], f"{BIRCH}.inventory.type",
     "missing; `types` needs the column that holds them"),
    (f"{BIRCH}.inventory.presence", [1], f"{BIRCH}.inventory", "`label` (a column) and `presence`"),
    (f"{BIRCH}.inventory.file", "no/such.gpkg", f"{BIRCH}.inventory.file",
     "no/such.gpkg does not exist; correct the path of the file"),
    (f"{BIRCH}.layers.dem.file", "/", f"{BIRCH}.layers.dem.file",
     "/ holds no raster, such as a GeoTIFF; put one there"),
    (f"{BIRCH}.layers.dem.file", "no/such/*.tif", f"{BIRCH}.layers.dem.file",
     "no/such/*.tif holds no raster, such as a GeoTIFF; put one there"),
    (f"{BIRCH}.layers.dem.units", "furlong", f"{BIRCH}.layers.dem.units",
     "'furlong' must be one of m, dm, cm, mm, ft, us-ft"),
    (f"{BIRCH}.layers.rain", {"url": "https://example.org/a.tif", "sha256": "0" * 64,
     "units": "ft"}, f"{BIRCH}.layers.rain.units",
     "belongs to `dem`, which is brought to metres; remove this key"),
    (f"{BIRCH}.layers.faults", {"url": "https://example.org/a.gpkg", "sha256": "0" * 64,
     "nodata": 0.0}, f"{BIRCH}.layers.faults.nodata", "belongs to rasters; remove this key"),
    (f"{BIRCH}.layers.faults", {"recipe": "gem_faults", "nodata": 0.0},
     f"{BIRCH}.layers.faults.nodata",
     "belongs to `file` or `url` or `stac`, not to this entry; remove it"),
    (f"{BIRCH}.layers.dem", {}, f"{BIRCH}.layers.dem",
     "state where it comes from: `file`, `url`, `stac`"),
    (f"{BIRCH}.layers.rain", {"url": "ftp://example.org/a.tif"}, f"{BIRCH}.layers.rain.url",
     "'ftp://example.org/a.tif' is no public address; state one that begins with https:// or "
     "http://"),
    (f"{BIRCH}.layers.soil", {"url": "https://example.org/a.tif", "sha256": "0" * 64},
     f"{BIRCH}.layers.soil",
     "the cells of soil are codes, which must not be averaged; add `kind: class`"),
    ("maps.breaks", "equal", "maps.breaks",
     "'equal' must be one of quantile, natural"),
    ("maps.breaks", [0.1, 0.2, 2, 0.4], "maps.breaks",
     "[0.1, 0.2, 2, 0.4] does not make five classes; state four rising numbers between 0 and 1"),
    ("transfer.learners", ["rf", "rf"], "transfer.learners", "names something twice; remove"),
    ("transfer.learners", ["svm"], "transfer.learners[0]", "'svm' must be one of lr, rf, xgb, lg"),
    ("factors.groups", ["climate"], "factors.groups", "no region has a layer `rainfall` or"),
    ("mosaic", {"crs": "EPSG:32632"}, "mosaic.resolution_m",
     "missing; state it: Cell size of the mosaic [m]"),
    ("benchmark", {"targets": ["chile"]}, "benchmark.targets", "there is no region 'chile'; choo"),
]  # fmt: skip

NAME = "use letters, digits and underscores, a letter first"

KEYS += [
    ("study", "inje valley", "study", f"'inje valley' cannot name a folder; {NAME}"),
    ("study", "inje\n", "study", f"'inje\\n' cannot name a folder; {NAME}"),
    ("study", "a" * 101, "study", "must have at most 100 characters: Name of the study"),
    ("study", 7, "study", "7 must be a text: Name of the study"),
    (f"{BIRCH}.layers.Soil", {"recipe": "glim_lithology"}, f"{BIRCH}.layers.Soil",
     "'Soil' cannot name a layer; use small letters, digits and underscores, a letter first"),
    (f"{BIRCH}.layers.dem.sha256", "0" * 64 + "\n", f"{BIRCH}.layers.dem.sha256",
     "is no SHA-256 of a file; state its 64 hexadecimal digits"),
    (f"{BIRCH}.inventory.until", date(2015, 8, 31), f"{BIRCH}.inventory.until",
     "YAML reads 2015-08-31 as a date; put it in quotes"),
    (f"{BIRCH}.inventory.until", "2015-02-30", f"{BIRCH}.inventory.until", "is no time; state a"),
    (f"{BIRCH}.grid.bounds", [1, 2, 3], f"{BIRCH}.grid.bounds",
     "[1, 2, 3] is no box; state [xmin, ymin, xmax, ymax] in metres of the grid's CRS"),
    (f"{BIRCH}.inventory.surveyed", "all", f"{BIRCH}.inventory.surveyed",
     "'all' must be keys with values: Where landslides were looked for: polygons, or a raster"),
    (f"{BIRCH}.inventory.surveyed.file", 1, f"{BIRCH}.inventory.surveyed.file",
     "1 must be a text: Path of the file"),
    (f"{BIRCH}.grid.box", [11.2, 44.0, 10.9, 44.2], f"{BIRCH}.grid.box",
     "[11.2, 44.0, 10.9, 44.2] is no box; state [west, south, east, north] in degrees"),
    (f"{BIRCH}.grid.box", [179.5, -17.0, 180.2, -16.5], f"{BIRCH}.grid.box", "is no box; state"),
    ("samples.buffer_m", float("nan"), "samples.buffer_m", "nan must be a finite number: Absences"),
    ("samples", [], "samples", "[] must be keys with values: How labelled and unlabelled"),
    ("samples.blocks", True, "samples.blocks", "True must be a whole number: Spatial blocks"),
    ("lon", "east", "lon", "'east' must be a number: Longitude of a place"),
    ("regions", {}, "regions", "{} must be at least 1: Every region of the study once"),
    ("transfer.target_factors", ["slope"], "transfer.target_factors",
     "no target has a factor slope of its own; the targets have none. Add its layer"),
    ("benchmark", {"targets": ["birch"], "shots": [0]}, "benchmark.shots[0]",
     "0 landslides cannot fine-tune a model; state 1 or more"),
    ("benchmark", {"targets": ["birch"], "groups": ["pooled"]}, "benchmark.groups",
     "holds no `core`, which all others are compared with; add it"),
    ("priorities.exposure", {"rank": {"file": "a.gpkg"}}, "priorities.exposure.rank",
     "'rank' is a column of the table already; choose another name"),
    ("priorities.units", {"file": "no.gpkg", "name": "a"}, "priorities.units.file", "no.gpkg does"),
    ("priorities.exposure", {"roads": {"file": "/"}}, "priorities.exposure.roads.file",
     "/ is a folder; correct the path of the file"),
    ("priorities.corridors", {"road": {"file": "no.shp"}}, "priorities.corridors.road.file",
     "no.shp does not exist; correct the path of the file"),
    (f"{BIRCH}.layers.soil", {"url": "https://example.org/a.tif", "sha256": "0" * 64,
     "kind": "class", "classes": "no.csv"}, f"{BIRCH}.layers.soil.classes",
     "no.csv does not exist; correct the path of the file"),
    ("transfer.frozen", {"folder": "no/models", "sha256": "0" * 64}, "transfer.frozen.folder",
     "no/models holds no manifest.json; name a folder of published source models"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "key", "sentence"), KEYS, ids=[f"{case[0]}={case[1]}" for case in KEYS]
)
def test_a_wrong_key_is_one_line(spoil, path, value, key, sentence):
    lines = explain(check_text, yaml.safe_dump(spoil(path, value))).splitlines()
    assert lines[0] == "the study's configuration has one problem:"
    (line,) = lines[1:]
    assert line.startswith(f"  {key}: ") and sentence in line


def test_a_sound_study_passes(sound):
    check_text(yaml.safe_dump(sound))


def test_a_repeated_region_is_found(sound):
    text = yaml.safe_dump(sound)
    again = text.replace("  birch:", "  alder:")
    assert "regions.alder: stated twice, again in line 11; remove or rename one of them" in explain(
        check_text, again
    )


def test_a_source_that_is_the_target_is_found(spoil, sound):
    config = spoil("regions.copy", sound["regions"]["birch"] | {"role": "source"})
    assert "regions.copy: is the same place as regions.birch (same dem and inventory), so a" in (
        explain(check_text, yaml.safe_dump(config))
    )
    config["regions"]["birch"]["grid"]["bounds"] = [0, 0, 900, 900]
    config["regions"]["copy"]["grid"] = {"resolution_m": 30, "bounds": [900, 0, 1800, 900]}
    check_text(yaml.safe_dump(config))


def test_two_plain_targets_of_one_place_pass(spoil, sound):
    """No model learns from them, so that none is tested on what it has learned."""
    target = sound["regions"]["birch"]
    config = spoil("regions.copy", target | {"shots": 5})
    check_text(yaml.safe_dump(config))
    config["regions"]["copy"]["role"] = "both"
    assert "regions.copy: is the same place as regions.birch" in explain(
        check_text, yaml.safe_dump(config)
    )


def test_validation_on_the_training_landslides_is_found(spoil, sound):
    inventory = sound["regions"]["birch"]["inventory"]
    config = spoil("regions.birch.validation", inventory | {"from": 2011})
    assert "regions.birch.validation: is the inventory itself, so the map would be tested on" in (
        explain(check_text, yaml.safe_dump(config))
    )
    config["regions"]["birch"]["inventory"] = inventory | {"until": 2011}
    assert "regions.birch.validation: is the inventory itself" in (
        explain(check_text, yaml.safe_dump(config))
    )
    config["regions"]["birch"]["inventory"]["until"] = 2010
    check_text(yaml.safe_dump(config))


def test_a_period_that_ends_before_it_begins_is_found(spoil, sound):
    entry = sound["regions"]["birch"]["inventory"] | {"from": 2012, "until": "2010-05-01"}
    assert "regions.birch.inventory.until: 2010-05-01 is before `from` 2012; swap" in (
        explain(check_text, yaml.safe_dump(spoil("regions.birch.inventory", entry)))
    )


@pytest.mark.parametrize("ending", ["csv", "tsv", "txt", "xlsx", "ods"])
def test_a_table_without_a_crs_is_found(spoil, tmp_path, ending):
    path = tmp_path / f"slides.{ending}"
    path.touch()
    config = spoil("regions.birch.inventory", {"file": str(path)})
    assert "birch.inventory.crs: missing; a table of points needs the `crs` of its coord" in (
        explain(check_text, yaml.safe_dump(config))
    )


def test_a_shapefile_without_its_table_is_found(spoil, tmp_path):
    write_slides(tmp_path / "slides.shp")
    (tmp_path / "slides.dbf").unlink()
    config = spoil("regions.birch.inventory", {"file": str(tmp_path / "slides.shp")})
    assert "slides.shp is a part of a shapefile; put its .dbf next to it" in (
        explain(check_text, yaml.safe_dump(config))
    )


def test_a_folder_of_inventories_is_checked_file_by_file(spoil, tmp_path):
    folder = tmp_path / "slides"
    folder.mkdir()
    config = spoil("regions.birch.inventory", {"file": str(folder)})
    assert f"regions.birch.inventory.file: {folder} holds no inventory; put one there" in (
        explain(check_text, yaml.safe_dump(config))
    )
    write_slides(folder / "winter.gpkg")
    check_text(yaml.safe_dump(config))
    (folder / "part.shp").touch()
    assert "part.shp is a part of a shapefile; put its .shx and .dbf next to it" in (
        explain(check_text, yaml.safe_dump(config))
    )
    (folder / "part.shp").unlink()
    config["regions"]["birch"]["inventory"]["sha256"] = "0" * 64
    assert "inventory.sha256: belongs to a single file, but `file` is a folder; remove it" in (
        explain(check_text, yaml.safe_dump(config))
    )


def test_validation_within_the_folder_of_the_inventory_is_found(spoil, tmp_path):
    folder = tmp_path / "slides"
    folder.mkdir()
    later = write_slides(folder / "later.gpkg")
    config = spoil("regions.birch.inventory", {"file": str(folder)})
    config["regions"]["birch"]["validation"] = {"file": str(later)}
    assert "regions.birch.validation: is the inventory itself" in (
        explain(check_text, yaml.safe_dump(config))
    )


def test_regions_without_a_common_factor_are_found(sound, tmp_path):
    for name, layer in (("alder", "roads"), ("birch", "faults")):
        file = write_slides(tmp_path / f"{layer}.gpkg")
        sound["regions"][name]["layers"][layer] = {"file": str(file)}
    sound["factors"] = {"groups": ["proximity"]}
    assert "factors.groups: birch and its sources have no factor in common in proximity; add" in (
        explain(check_text, yaml.safe_dump(sound))
    )
    sound["factors"]["groups"].append("terrain")
    check_text(yaml.safe_dump(sound))


FETCHED = {"recipe": "copernicus_dem"}
ADDRESS = {"url": "https://example.org/a.gpkg", "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("grid", "inventory", "sentence"),
    [
        ({}, ADDRESS,
         "grid.box: missing; an inventory says where the region is only if it is a `file`: state "
         "[west, south, east, north] in degrees"),
        ({}, {"recipe": "nasa_landslides"},
         "grid.box: missing; an inventory says where the region is only if it is a `file`: state "
         "[west, south, east, north] in degrees"),
        ({"bounds": [500_000, 4_998_000, 502_000, 5_000_000]}, {},
         "grid.crs: `bounds` are metres of a system that `crs` must name; name it, or state a `box`"
         " in degrees"),
        ({"box": [9.0, 45.1, 9.1, 45.2], "buffer_m": 500}, {},
         "grid.buffer_m: belongs to a region of which only its inventory says where it is, but its "
         "`bounds`, its `box` or its elevation model do; remove one of them"),
        ({"buffer_m": 0.02}, {}, "grid.buffer_m: 0.02 m looks like degrees; state metres"),
    ],
)  # fmt: skip
def test_a_region_that_is_nowhere_is_found(sound, grid, inventory, sentence):
    birch = sound["regions"]["birch"]
    birch["layers"]["dem"] = FETCHED
    birch["grid"] |= grid
    birch["inventory"] = inventory or birch["inventory"]
    (line,) = explain(check_text, yaml.safe_dump(sound)).splitlines()[1:]
    assert line == f"  regions.birch.{sentence}"


@pytest.mark.parametrize(
    ("extent", "sentence"),
    [
        ({"file": "{dem}", "kind": "class"},
         "layers.extent: must be a raster, from a `file` or a `url`, and without `kind`; name one "
         "whose cells with data are the region"),
        (FETCHED,
         "layers.extent: must be a raster, from a `file` or a `url`, and without `kind`; name one "
         "whose cells with data are the region"),
        (None,
         "layers.dem: missing; every region needs an elevation model, or where there is none an "
         "`extent`: a raster whose cells with data are the region"),
    ],
)  # fmt: skip
def test_a_region_without_elevations_needs_an_extent(sound, tmp_path, extent, sentence):
    layers = sound["regions"]["birch"]["layers"]
    dem = layers.pop("dem")["file"]
    if extent is not None:
        layers["extent"] = {key: value.format(dem=dem) for key, value in extent.items()}
    lines = explain(check_text, yaml.safe_dump(sound)).splitlines()[1:]
    assert f"  regions.birch.{sentence}" in lines


def test_regions_without_elevations_share_other_factors(sound):
    for region in sound["regions"].values():
        region["layers"] = {"extent": region["layers"]["dem"]}
    lines = explain(check_text, yaml.safe_dump(sound)).splitlines()[1:]
    assert lines == [
        f"  factors.groups: no region has a layer `dem` for the group `{group}`; add one to its "
        "`layers` or remove the group"
        for group in ("drainage", "terrain")
    ]
    dem = sound["regions"]["alder"]["layers"]["extent"]
    sound["regions"]["alder"]["layers"] = {"dem": dem}
    assert (
        "factors.groups: birch and its sources have no factor in common in drainage, terrain"
        in (explain(check_text, yaml.safe_dump(sound)))
    )
    rain = {"file": dem["file"], "factor": {"units": "mm", "long_name": "rain of the storm"}}
    for region in sound["regions"].values():
        region["layers"]["storm"] = rain
    check_text(yaml.safe_dump(sound))


def test_the_surveyed_area_belongs_to_the_inventory(sound):
    birch = sound["regions"]["birch"]
    birch["inventory"] |= {"surveyed": {"file": "no/such.gpkg"}, "until": 2012}
    assert explain(check_text, yaml.safe_dump(sound)).splitlines()[1:] == [
        "  regions.birch.inventory.surveyed.file: no/such.gpkg does not exist; correct the path of "
        "the file"
    ]
    birch["validation"] = birch["inventory"] | {"from": 2013, "until": 2020}
    assert "regions.birch.validation.surveyed: belongs to `inventory`, of which absences are" in (
        explain(check_text, yaml.safe_dump(sound))
    )


def test_all_problems_are_told_at_once(spoil):
    config = spoil("samples.buffer", 3) | {"sed": 4}
    lines = explain(check_text, yaml.safe_dump(config)).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["samples.buffer", "sed"]


def test_every_part_tells_its_problems(spoil):
    config = spoil("samples.buffer", 3)
    config["regions"]["birch"]["role"] = "teacher"
    config["regions"]["alder"]["grid"]["crs"] = "EPSG:4326"
    del config["regions"]["alder"]["layers"]["dem"]
    lines = explain(check_text, yaml.safe_dump(config)).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        *("regions.alder.grid.crs", "regions.birch.role", "samples.buffer"),
    ]


SECRET = "holds a password, a key or a signature"


@pytest.mark.parametrize(
    "address",
    [
        "https://ana:hunter2@example.org/a.tif",
        "https://hunter2@example.org/a.tif",
        "https://example.org/a.tif?sig=hunter2",
        "https://example.org/a.tif?page=1&token=hunter2",
        "https://example.org/a.tif?X-Amz-Credential=hunter2",
        "https://example.org/a.tif?access_token=hunter2",
        "https://example.org/a.tif?api_key=hunter2",
        "s3://ana:hunter2@bucket/a.tif",
    ],
)
@pytest.mark.parametrize("path", ["mirror", f"{BIRCH}.layers.dem.file", f"{BIRCH}.inventory.url"])
def test_addresses_hold_no_secrets(spoil, path, address):
    sentence = explain(check_text, yaml.safe_dump(spoil(path, address)))
    assert f"  {path}: {SECRET}" in sentence and ".netrc" in sentence
    assert "hunter2" not in sentence


def test_addresses_may_hold_other_queries(spoil):
    address = "https://example.org/get?layer=dem&page=2&signed=no&author=a@b.org"
    entry = {"url": address, "sha256": "0" * 64}
    check_text(yaml.safe_dump(spoil(f"{BIRCH}.layers.dem", entry)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("study: a\nregions:\n\tb: 3\n", "line 3, column 1: a tab stands here; indent with spaces"),
        ("study: a\nregions:\n  b:\n    role: source\n   grid: 3\n",
         "line 5, column 4: this line is not indented like its neighbours"),
        ("study: a\nseed 7\nregions: {}\n",
         "line 2, column 1: this key has no colon; write `key: value`"),
        ("study: [a, b\n",
         "line 2, column 1: expected ',' or ']', but got '<stream end>'; correct"),
        ("study: \"a\n",
         "line 2, column 1: found unexpected end of stream; correct the YAML there"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: but found another document; correct the YAML"),
        ("a: \x00\n", "study.yaml: special characters are not allowed; correct the YAML there"),
        ("a: *b\n", "line 1: no study has more than"),
        ("a: &a {b: *a}\n", "line 1: no study has more than"),
        ("a: " + "[" * 5000 + "]" * 5000, "line 1: no study has more than"),
        ("a: " + "{a: " * 500 + "1" + "}" * 500, "line 1: no study has more than"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_study_names_its_line(text, sentence):
    assert sentence in explain(check_text, text)


@pytest.mark.parametrize("begin", ["[1, 1, 1]", "{a: 1, b: 2}"])
def test_aliases_of_aliases_are_not_unfolded(begin):
    lines = [f"x0: &x0 {begin}"]
    for number in range(1, 40):
        lines.append(f"x{number}: &x{number} [*x{number - 1}, *x{number - 1}]")
    sentence = explain(check_text, "\n".join(lines))
    assert f"no study has more than {MOST_NODES} keys and values" in sentence


def test_aliases_may_repeat_what_is_small(sound):
    text = yaml.safe_dump(sound).replace("grid:\n      resolution_m: 30", "grid: *g")
    check_text(text.replace("grid: *g", "grid: &g {resolution_m: 30}", 1))


def test_a_file_that_is_no_text_is_told(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_bytes(b"study: caf\xe9\n")
    assert f"{path}: byte 10 is no UTF-8; save it as UTF-8" == explain(check_file, path)
    path.with_suffix(".json").write_text('{\n\t"study": "a"\n}\n')
    check_file(path.with_suffix(".json"))


@pytest.mark.parametrize(
    "path",
    ["study", "seed", "samples", "maps.breaks", "transfer.learners", "regions.birch.layers.soil",
     "regions.birch.inventory.from", "regions.birch.inventory.types", "regions.birch.grid.box"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["a" * 10_000, ["a" * 100] * 5000, {"a" * 100: [[1] * 5000]}])
def test_values_of_any_size_are_shown_in_brief(spoil, path, value):
    sentence = explain(check_text, yaml.safe_dump(spoil(path, value)))
    assert len(sentence) < 8000 and path.rpartition(".")[0] in sentence


@pytest.mark.parametrize("key", ["lon", "regions.birch.shots", "regions.birch.layers"])
def test_null_is_no_value_of_a_key_that_may_be_left_out(sound, key):
    place, last = (sound["regions"]["birch"], key.split(".")[-1]) if "." in key else (sound, key)
    place[last] = None
    assert f"  {key}: None must be " in explain(check_text, yaml.safe_dump(sound))


def test_the_file_of_a_folder_of_cells_is_named(spoil, tmp_path):
    folder = tmp_path / "rec_eleva"
    folder.mkdir()
    config = spoil("regions.birch.layers.dem.file", str(folder))
    for name in ("hdr.adf", "w001001.adf", "prj.adf"):
        (folder / name).touch()
    assert f"is the folder of an ArcInfo grid; name {folder / 'hdr.adf'}" in (
        explain(check_text, yaml.safe_dump(config))
    )
    # all of them are inputs of the job
    assert list_files({"file": str(folder / "hdr.adf")}) == [
        str(folder / name) for name in ("hdr.adf", "prj.adf", "w001001.adf")
    ]


def test_tiles_and_members_of_a_vrt_are_checked_file_by_file(spoil, tmp_path):
    folder = tmp_path / "tiles"
    folder.mkdir()
    config = spoil("regions.birch.layers.dem", {"file": str(folder)})
    key = "regions.birch.layers.dem"
    assert f"{key}.file: {folder} holds no raster, such as a GeoTIFF; put one there" in (
        explain(check_text, yaml.safe_dump(config))
    )
    write_tif(folder / "a.tif")
    check_text(yaml.safe_dump(config))
    config["regions"]["birch"]["layers"]["dem"]["sha256"] = "0" * 64
    assert f"{key}.sha256: belongs to a single file, but `file` stands for several; remove" in (
        explain(check_text, yaml.safe_dump(config))
    )
    vrt = tmp_path / "dem.vrt"
    source = '<SourceFilename relativeToVRT="1">tiles/{}.tif</SourceFilename>'
    band = '<VRTDataset><VRTRasterBand band="1">{}</VRTRasterBand></VRTDataset>'
    config = spoil("regions.birch.layers.dem", {"file": str(vrt)})
    vrt.write_text(band.format(source.format("a")))
    check_text(yaml.safe_dump(config))
    vrt.write_text(band.format(source.format("a") + source.format("lost")))
    assert f"{key}.file: {vrt}: names tiles/lost.tif, which is no file; put it there, or" in (
        explain(check_text, yaml.safe_dump(config))
    )


def test_the_extent_of_the_landslides_may_be_what_was_surveyed(spoil):
    check_text(yaml.safe_dump(spoil("regions.birch.inventory.surveyed", "extent")))
