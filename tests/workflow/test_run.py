"""One small study from end to end, offline; then nothing is left to do."""

import json

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio

from .conftest import STUDY

TARGETS = ["birch", "cedar"]


@pytest.fixture(scope="module")
def finished(run_snakemake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    result = run_snakemake("--cores", "2", "--configfile", STUDY, folder=folder)
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture(scope="module")
def results(finished):
    return finished / "results" / "small"


def test_second_run_does_nothing(run_snakemake, finished):
    result = run_snakemake("--cores", "2", "--configfile", STUDY, folder=finished)
    assert result.returncode == 0, result.stdout
    assert "Nothing to be done" in result.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_maps_are_susceptibilities(results, target):
    with rasterio.open(results / "targets" / target / "susceptibility.tif") as source:
        values = source.read(1)
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    mapped = values[~np.isnan(values)]
    assert mapped.size > 0.5 * values.size
    assert 0 <= mapped.min() < mapped.max() <= 1
    with rasterio.open(results / "targets" / target / "classes.tif") as source:
        assert set(np.unique(source.read(1))) - {0} == {1, 2, 3, 4, 5}


def test_mosaic_covers_both_targets(results):
    with rasterio.open(results / "mosaic" / "susceptibility.tif") as mosaic:
        assert mosaic.crs.to_epsg() == 32632
        for target in TARGETS:
            with rasterio.open(results / "targets" / target / "susceptibility.tif") as single:
                left, bottom, right, top = single.bounds
            assert mosaic.bounds.left <= left and mosaic.bounds.right >= right
            assert mosaic.bounds.bottom <= bottom and mosaic.bounds.top >= top


def test_stage_two_sees_the_stated_shots_alone(results):
    shots = pd.read_parquet(results / "targets" / "birch" / "shots.parquet")
    assert shots["presence"].value_counts().to_dict() == {1: 8, 0: 8}


@pytest.mark.parametrize("target", TARGETS)
def test_lithology_serves_the_target_alone(results, target):
    selected = json.loads((results / "sources" / target / "factors_selected.json").read_text())
    assert "lithology" not in selected
    manifest = json.loads((results / "targets" / target / "model" / "manifest.json").read_text())
    assert manifest["target_classes"] == ["lithology"]
    classes = pd.read_csv(results / "targets" / target / "classes_seen.csv")
    assert set(classes["use"]) == {"target"}
    assert classes["area_share"].sum() == pytest.approx(1, abs=1e-5)


def test_tables_follow_the_contract(results):
    samples = pd.read_parquet(results / "regions" / "alder" / "samples.parquet")
    assert list(samples)[:5] == ["region", "x", "y", "block", "presence"]
    selected = json.loads((results / "sources" / "birch" / "factors_selected.json").read_text())
    assert set(selected) <= set(samples) and len(selected) > 10
    benchmark = pd.read_csv(results / "benchmark" / "transfer.csv")
    keys = ["target", "family", "method", "regime", "shots", "draw"]
    assert list(benchmark) == [*keys, "auc", "pr_auc", "brier"]
    curve = pd.read_csv(results / "targets" / "birch" / "rate_curve.csv")
    assert list(curve) == ["curve", "area_share", "landslide_share"]
    assert set(curve["curve"]) == {"success", "prediction"}
    assert len(geopandas.read_file(results / "regions" / "birch" / "inventory.gpkg")) == 60


def test_report_is_written(run_snakemake, finished):
    page = finished / "results" / "small" / "report" / "report.html"
    result = run_snakemake("--report", page, "--configfile", STUDY, folder=finished)
    assert result.returncode == 0, result.stdout
    assert "Susceptibility is a relative propensity" in page.read_text()
