"""Class layers from the configuration to the report: one with a legend in common, one without."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml

from landshift.acquire.inventory.storage import write_inventory
from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.factors.table import FACTORS
from landshift.geodata.raster import read_factors, write_raster
from landshift.transfer.storage import load_model

STRIPS = [10, 30, 60]
OWN = {"units": "1", "long_name": "wetness of the soil"}
ROCKS = {1: "slate", 2: "granite", 3: "marl", 4: "gneiss"}


def write_region(folder, name, origin, **entry):
    """Write a region with land cover in strips, and the lithology of a virtual region."""
    region = generate_virtual_region(
        name, seed=3, origin=origin, crs="EPSG:32632", size=64, landslides=40
    )
    codes = np.repeat([10, 30, 60, 10], 16).astype(np.float32)
    if name == "birch":
        codes[:4] = 95  # mangroves, which no source has
    strips = region.layers.dem.copy(data=np.tile(codes, (64, 1)))
    layers = {}
    for layer in ("dem", "land_cover", "lithology"):
        path = folder / f"{name}_{layer}.tif"
        values = strips if layer == "land_cover" else region.layers[layer]
        write_raster(values.rename(layer), path)
        layers[layer] = {"file": str(path)} | ({} if layer == "dem" else {"kind": "class"})
    layers["land_cover"]["legend"] = "esa_worldcover"
    if name == "birch":
        layers["lithology"]["legend"] = "rocks"
        path = folder / "wetness.tif"
        write_raster(region.layers["rainfall"].rename("wetness"), path)
        layers["wetness"] = {"file": str(path), "factor": OWN}
    path = folder / f"{name}_landslides.gpkg"
    write_inventory(path, region.inventory)
    grid = {"resolution_m": 30}
    return {"grid": grid, "layers": layers, "inventory": {"file": str(path)}} | entry


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classes")
    regions = {
        "alder": write_region(folder, "alder", (600_000, 5_000_000), role="source"),
        "birch": write_region(
            folder, "birch", (650_000, 5_100_000), role="target", prevalence=0.05, shots=6
        ),
    }
    legend = folder / "rock.csv"
    rows = [f"{code},{name}" for code, name in ROCKS.items()]
    legend.write_text("\n".join(["code,name", *rows]))
    regions["birch"]["layers"]["lithology"]["classes"] = str(legend)
    return {
        "study": "classes",
        "regions": regions,
        "factors": {"groups": ["terrain", "surface", "ground"]},
        "transfer": {"learners": ["lr", "rf"], "target_factors": ["lithology", "wetness"]},
        "samples": {"background_cells": 300, "blocks": 4},
    }


@pytest.fixture(scope="module")
def finished(configuration, run_snakemake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(configuration))
    wanted = ("classes_seen.csv", "susceptibility.tif")
    result = run_snakemake(
        *(f"results/classes/targets/birch/{name}" for name in wanted),
        "--cores", "2", "--configfile", path,
        folder=folder,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture(scope="module")
def results(finished):
    return finished / "results" / "classes"


def test_factor_files_hold_codes_and_their_legend(results):
    with rasterio.open(results / "regions/birch/factors/land_cover.tif") as source:
        assert source.dtypes == ("int32",) and source.nodata == -1
        assert set(np.unique(source.read(1))) == {10, 30, 60, 95}
        assert source.tags(1)["legend"] == "esa_worldcover"
        named = json.loads(source.tags(1)["classes"])
    assert named["95"] == "mangroves"
    ground = read_factors([results / "regions/birch/factors/ground.tif"])
    assert list(ground) == ["lithology"]
    assert ground["lithology"].attrs["long_name"] == FACTORS["lithology"].long_name


def test_samples_hold_codes(results):
    samples = pd.read_parquet(results / "regions/alder/samples.parquet")
    assert set(samples["land_cover"]) <= {10.0, 30.0, 60.0}
    assert set(samples["lithology"]) <= {1.0, 2.0, 3.0, 4.0}


def test_a_common_legend_is_shared_and_other_codes_are_not(results):
    selected = json.loads((results / "sources/birch/factors_selected.json").read_text())
    assert "land_cover" in selected and "lithology" not in selected
    log = (results / "logs/select_factors/birch.log").read_text()
    assert "lithology is left out: its codes have no legend in common" in log
    manifest = json.loads((results / "sources/birch/rf/manifest.json").read_text())
    shared = manifest["class_scores"]["land_cover"]
    assert shared["legend"] == "esa_worldcover"
    assert sorted(map(int, shared["scores"])) == STRIPS


def test_codes_of_the_target_serve_its_fine_tuning(results):
    model = load_model(results / "targets/birch/model")
    assert model.target_kernel.classes == ("lithology",)
    assert model.factors[-1] == "lithology"
    assert set(model.classes_seen["lithology"]) <= {1, 2, 3, 4}
    manifest = json.loads((results / "targets/birch/model/manifest.json").read_text())
    assert manifest["target_classes"] == ["lithology"]
    assert manifest["target_factors"] == ["wetness"]
    assert manifest["classes_seen"]["land_cover"] == STRIPS


def test_unseen_classes_are_reported_with_their_share(results):
    unseen = json.loads((results / "targets/birch/unseen_classes.json").read_text())
    assert unseen["land_cover"] == {"codes": [95], "names": ["mangroves"], "area_share": 4 / 64}
    table = pd.read_csv(results / "targets/birch/classes_seen.csv")
    assert list(table) == ["factor", "use", "code", "name", "seen", "area_share"]
    shares = table.groupby("factor")["area_share"].sum()
    np.testing.assert_allclose(shares, 1, atol=1e-4)
    assert dict(zip(table["factor"], table["use"], strict=True)) == {
        "land_cover": "shared",
        "lithology": "target",
    }
    assert set(table.loc[table["use"] == "target", "name"]) <= {
        "slate",
        "granite",
        "marl",
        "gneiss",
    }
    log = (results / "logs/evaluate_class_coverage/birch.log").read_text()
    assert "land_cover: training has not seen the classes [95], 6.25 % of the map" in log


def test_unseen_classes_are_mapped(results):
    with rasterio.open(results / "targets/birch/susceptibility.tif") as source:
        assert np.isfinite(source.read(1)[:, :4]).all()


def test_a_code_without_a_name_is_refused(configuration, run_snakemake, tmp_path):
    birch = configuration["regions"]["birch"]
    layers = birch["layers"] | {
        "lithology": birch["layers"]["lithology"] | {"classes": {1: "slate"}}
    }
    regions = configuration["regions"] | {"birch": birch | {"layers": layers}}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(configuration | {"regions": regions}))
    result = run_snakemake(
        "results/classes/regions/birch/factors/ground.tif", "--cores", "1", "--configfile", path,
        folder=tmp_path,
    )  # fmt: skip
    assert result.returncode != 0
    log = tmp_path / "results/classes/logs/derive_class_factors/birch_ground.log"
    assert "birch, layer lithology: the codes [2, 3, 4] are not in the legend" in log.read_text()


def test_a_target_factor_that_no_target_has_is_refused(configuration, run_snakemake, tmp_path):
    transfer = configuration["transfer"] | {"target_factors": ["fault_distance"]}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(configuration | {"transfer": transfer}))
    result = run_snakemake("--dry-run", "--configfile", path, folder=tmp_path)
    assert result.returncode != 0
    assert "transfer.target_factors: no target has a factor fault_distance" in result.stdout
    assert "Traceback" not in result.stdout


def test_frozen_models_map_the_same_and_refuse_other_codes(
    configuration, run_snakemake, finished, results
):
    birch, models = configuration["regions"]["birch"], results / "sources" / "birch"
    sha256 = hashlib.sha256((models / "manifest.json").read_bytes()).hexdigest()
    frozen = {"folder": str(models), "sha256": sha256}
    transfer = configuration["transfer"] | {"frozen": frozen}
    path = finished / "frozen.yaml"

    def map_birch(layers):
        regions = {"birch": birch | {"layers": layers}}
        changes = {"study": "frozen", "regions": regions, "transfer": transfer}
        path.write_text(yaml.safe_dump(configuration | changes))
        wanted = "results/frozen/targets/birch/susceptibility.tif"
        return run_snakemake(wanted, "--cores", "2", "--configfile", path, folder=finished)

    run = map_birch(birch["layers"])
    assert run.returncode == 0, run.stdout
    mapped, expected = (
        finished / "results" / study / "targets/birch/susceptibility.tif"
        for study in ("frozen", "classes")
    )
    assert mapped.read_bytes() == expected.read_bytes()
    cover = birch["layers"]["land_cover"] | {"legend": "corine"}
    run = map_birch(birch["layers"] | {"land_cover": cover})
    assert run.returncode != 0
    assert "land_cover of the target holds codes of the legend corine, but" in run.stdout
