"""Layers that a user brings along: bands, rainfall, lines, codes, and a raster of their own."""

import copy
import json
import subprocess
import sys

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import yaml

from landshift.acquire.inventory.storage import write_inventory
from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.raster import read_factors, write_raster

from .conftest import ROOT

OWN = {"units": "1", "long_name": "wetness of the soil"}
REFLECTANCE = {"blue": 1400, "red": 1500, "nir": 3000, "swir": 2500}
GROUPS = ["terrain", "drainage", "stability", "proximity", "surface", "climate", "ground"]


def write_region(folder, name, origin, *, lined):
    """Write the files of a region; returns its part of the configuration.

    The region without lines has no bands and no rainfall either.
    """
    region = generate_virtual_region(
        name, seed=3, origin=origin, crs="EPSG:32632", size=64, landslides=25
    )
    generator = np.random.default_rng(len(name))
    rasters = {"dem": region.layers.dem}
    if lined:
        rasters |= {layer: region.layers[layer] for layer in ("rainfall", "lithology")}
    for band, level in REFLECTANCE.items() if lined else ():
        rasters[band] = region.layers.dem.copy(
            data=generator.normal(level, 100, region.layers.dem.shape).astype(np.float32)
        )
    rasters["soil_wetness"] = region.layers.dem.copy(
        data=generator.random((64, 64), dtype=np.float32)
    ).coarsen(y=2, x=2).mean()  # fmt: skip
    layers = {}
    for layer, values in rasters.items():
        path = folder / f"{name}_{layer}.tif"
        write_raster(values.rename(layer), path)
        layers[layer] = {"file": str(path)}
    layers["soil_wetness"] |= {"factor": OWN, "resampling": "nearest"}
    if lined:
        layers["lithology"]["kind"] = "class"
        for band in REFLECTANCE:
            layers[band]["offset"] = -1000
        west, south = origin
        fault = shapely.LineString([(west, south), (west + 1900, south + 1900)])
        path = folder / f"{name}_faults.gpkg"
        geopandas.GeoDataFrame(geometry=[fault], crs="EPSG:32632").to_file(path)
        layers["faults"] = {"file": str(path)}
    path = folder / f"{name}_landslides.gpkg"
    write_inventory(path, region.inventory)
    return {
        "role": "source" if lined else "both",
        "prevalence": 0.05,
        "grid": {"resolution_m": 30},
        "layers": layers,
        "inventory": {"file": str(path)},
    }


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    return {
        "study": "layers",
        "regions": {
            "alder": write_region(folder, "alder", (600_000, 5_000_000), lined=True),
            "birch": write_region(folder, "birch", (650_000, 5_100_000), lined=False),
        },
        "factors": {"groups": GROUPS, "stability": {"recharge_mm_per_day": 80}},
        "samples": {"background_cells": 200, "blocks": 4},
    }


@pytest.fixture(scope="module")
def results(configuration, run_snakemake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(configuration))
    result = run_snakemake(
        "results/layers/sources/birch/factors_selected.json",
        "results/layers/regions/birch/factors/own.tif",
        "results/layers/regions/birch/factors/stability.tif",
        "--cores", "2", "--configfile", path,
        folder=folder,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    return folder / "results" / "layers"


def test_own_raster_is_a_factor_of_source_and_target(results):
    selected = json.loads((results / "sources/birch/factors_selected.json").read_text())
    assert {"soil_wetness", "factor_of_safety", "critical_rainfall"} <= set(selected)
    own = read_factors([results / "regions/birch/factors/own.tif"])["soil_wetness"]
    assert own.attrs == OWN | {"resampling": "nearest"}
    assert np.isfinite(own).all()


def test_what_the_target_lacks_is_left_out_with_the_reason(results):
    selected = json.loads((results / "sources/birch/factors_selected.json").read_text())
    left_out = {"fault_distance", "fault_density", "rainfall", "ndvi", "ndmi", "bsi"}
    left_out |= {"lithology"}
    assert not left_out & set(selected)
    samples = pd.read_parquet(results / "regions/alder/samples.parquet")
    assert left_out <= set(samples)
    log = (results / "logs/select_factors/birch.log").read_text()
    for name in left_out:
        assert f"{name} is left out: no such factor in birch" in log


def test_stability_states_its_soil(results):
    with rasterio.open(results / "regions/birch/factors/stability.tif") as source:
        assert source.descriptions == ("factor_of_safety", "critical_rainfall")
        assert source.tags()["recharge_mm_per_day"] == "80"
        assert source.tags()["cohesion_kpa"] == "2"


def test_offset_is_added_to_the_bands(results, configuration):
    given = configuration["regions"]["alder"]["layers"]
    with rasterio.open(given["nir"]["file"]) as nir, rasterio.open(given["red"]["file"]) as red:
        nir, red = nir.read(1) - 1000, red.read(1) - 1000
    ndvi = read_factors([results / "regions/alder/factors/surface.tif"])["ndvi"]
    np.testing.assert_allclose(ndvi, (nir - red) / (nir + red), rtol=1e-5)


def test_own_raster_with_the_name_of_a_factor_is_refused(configuration, run_snakemake, tmp_path):
    layers = configuration["regions"]["birch"]["layers"]
    wrong = layers | {"slope": layers["soil_wetness"]}
    regions = configuration["regions"] | {
        "birch": configuration["regions"]["birch"] | {"layers": wrong}
    }
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(configuration | {"regions": regions}))
    result = run_snakemake("--dry-run", "--configfile", path, folder=tmp_path)
    assert result.returncode != 0
    assert "regions.birch.layers.slope: the layer slope cannot be a factor" in result.stdout
    assert "Traceback" not in result.stdout


FREE = "</script><script>run()</script>"
"""Free text, as a stranger may put it into any key that takes some."""

PLAN = """
import sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as snakemake:
    workflow = snakemake.workflow(
        resource_settings=ResourceSettings(cores=1),
        config_settings=ConfigSettings(configfiles=[Path(sys.argv[2])]),
        snakefile=Path(sys.argv[1]),
        workdir=Path(sys.argv[2]).parent,
    )
    workflow.dag().execute_workflow(executor="dryrun")
    for job in workflow._workflow.dag.jobs:
        print(job.rule.name, *(f"{name}={value} {value!r}" for name, value in job.params.items()))
"""


def test_params_hold_no_free_text_and_no_path(configuration, tmp_path):
    """Snakemake writes them into a script of the report, and into tables and records."""
    study = copy.deepcopy(configuration)
    stated = {"licence": FREE, "citation": FREE}
    for region in study["regions"].values():
        region["inventory"] |= stated
        for layer in region["layers"].values():
            layer |= stated
        region["layers"]["soil_wetness"]["factor"] = {"units": FREE, "long_name": FREE}
    lines = study["regions"]["alder"]["layers"]["faults"]["file"]
    study["priorities"] = {
        "units": {"file": lines, "name": FREE},
        "corridors": {"road": {"file": lines}},
        "exposure": {"roads": {"file": lines}},
    }
    study["mosaic"] = {"crs": "+proj=utm +zone=32 +title=<b>", "resolution_m": 30}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(study))
    done = subprocess.run(
        [sys.executable, "-c", PLAN, ROOT / "Snakefile", path],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    planned = done.stdout.split("\n")
    slices = {line.split()[0] for line in planned if "=slice " in line}
    assert {"acquire_dem", "derive_own_factors", "fine_tune_target", "mosaic_maps"} <= slices
    assert {"evaluate_priorities", "evaluate_corridors", "write_configuration"} <= slices
    folders = [lines.rpartition("/")[0], str(tmp_path), str(ROOT)]
    assert not [line for line in planned if any(text in line for text in ("<", *folders))]
