"""One small study from end to end, offline; then nothing is left to do."""

import hashlib
import json
import re
import zipfile

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml

from landshift.__main__ import main
from landshift.transfer.storage import load_model

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


def test_it_is_known_to_be_finished(finished):
    assert main(["study", str(STUDY), "--finished", "--results", str(finished / "results")]) == 0


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


def test_classes_of_the_mosaic_lie_between_those_of_its_targets(results):
    def read_breaks(folder):
        with rasterio.open(folder / "classes.tif") as source:
            return [float(limit) for limit in source.tags()["breaks"].split(", ")]

    single = np.array([read_breaks(results / "targets" / target) for target in TARGETS])
    joined = np.array(read_breaks(results / "mosaic"))
    # of the sources, and so not fifths of the area of either target
    assert (single[0] != single[1]).all()
    assert (single.min(axis=0) < joined).all() and (joined < single.max(axis=0)).all()


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
    areas = ["auc", "auc_buffer", "auc_near", "top_5", "top_10"]
    assert list(benchmark) == [*keys, *areas, "pr_auc", "brier", "ece", "log_score"]
    dominance = pd.read_csv(results / "benchmark" / "dominance.csv")
    assert set(benchmark["method"]) == set(dominance["method"]) >= {"fine_tuned", "continued"}
    curve = pd.read_csv(results / "targets" / "birch" / "rate_curve.csv")
    assert list(curve) == ["curve", "area_share", "landslide_share"]
    assert set(curve["curve"]) == {"success", "prediction"}
    assert len(geopandas.read_file(results / "regions" / "birch" / "inventory.gpkg")) == 60


def test_frozen_source_models_map_a_target_without_the_sources(run_snakemake, finished, results):
    study = yaml.safe_load(STUDY.read_text())
    manifest = results / "sources" / "cedar" / "manifest.json"
    study |= {
        "study": "frozen",
        "regions": {"cedar": study["regions"]["cedar"] | {"role": "target"}},
        "mosaic": None,
        "benchmark": None,
    }
    del study["maps"]["breaks"]  # of sources that this study does not have
    study["transfer"]["frozen"] = {
        "folder": str(manifest.parent),
        "sha256": hashlib.sha256(manifest.read_bytes()).hexdigest(),
    }
    path = finished / "frozen.yaml"
    path.write_text(yaml.safe_dump(study))
    run = run_snakemake("--cores", "2", "--configfile", path, folder=finished)
    assert run.returncode == 0, run.stdout
    frozen = finished / "results" / "frozen"
    assert {path.name for path in (frozen / "sources").iterdir()} == {"frozen"}
    mapped, known = (
        load_model(folder / "targets" / "cedar" / "model") for folder in (frozen, results)
    )
    # without the sources' data no trees learn from them, and all else is the same
    assert list(known.models) == ["means", "pooled"]
    cells = pd.read_parquet(results / "regions" / "cedar" / "background.parquet")
    values = cells[list(mapped.factors)].to_numpy(np.float32)
    np.testing.assert_array_equal(mapped.predict(values).logit, known.means.predict(values).logit)
    assert (frozen / "targets" / "cedar" / "susceptibility.tif").is_file()
    # how far the target is from the sources is unknown without their data
    assert not list(frozen.glob("*/cedar/applicability.*"))
    assert (frozen / "report" / "cedar" / "bivariate.png").is_file()


@pytest.mark.parametrize("target", TARGETS)
def test_maps_say_how_far_they_can_be_trusted(results, target):
    def read(name):
        with rasterio.open(results / "targets" / target / f"{name}.tif") as source:
            assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            return source.read(1), source.tags()

    index, tags = read("dissimilarity")
    mask, _ = read("applicability")
    inside = index <= np.float32(tags["threshold"])
    np.testing.assert_array_equal(mask, np.where(np.isnan(index), 255, inside))
    assert 0.5 < inside.sum() / np.isfinite(index).sum() <= 1
    lower, middle, upper = (
        read(name)[0] for name in ("susceptibility_lower", "susceptibility", "susceptibility_upper")
    )
    mapped = np.isfinite(middle)
    assert np.all(lower[mapped] < middle[mapped]) and np.all(middle[mapped] < upper[mapped])


def test_tables_explain_the_map(results):
    folder = results / "targets" / "birch"
    classes = pd.read_csv(folder / "classes.csv")
    assert classes["area_share"].sum() == pytest.approx(1, abs=1e-3)
    assert classes["used"].sum() == 8 and classes["held_out"].sum() == 40
    drivers = pd.read_csv(folder / "drivers.csv")
    assert {"map", "class 1", "class 5", "source alder", "source cedar"} <= set(drivers["scope"])
    np.testing.assert_allclose(drivers.groupby("scope")["share"].sum(), 1, rtol=1e-3)
    assert len(pd.read_csv(folder / "shot_influence.csv")) == 16
    units = geopandas.read_file(folder / "priorities.gpkg")
    assert units["rank"].is_monotonic_increasing
    with rasterio.open(folder / "classes.tif") as source:
        high = int((source.read(1) >= 4).sum())
    assert units["susceptible_km2"].sum() == pytest.approx(high * 0.0009)


def test_site_is_described(run_snakemake, finished, results):
    place = ["lon=9.0199", "lat=46.9658"]
    result = run_snakemake(
        "site", "--cores", "1", "--configfile", STUDY, "--config", *place, folder=finished
    )
    assert result.returncode == 0, result.stdout
    assert "What makes it so" in result.stdout
    described = json.loads((results / "sites" / "9.0199_46.9658.json").read_text())
    assert described["target"] == "birch" and described["lower"] < described["upper"]


def test_site_needs_a_place(run_snakemake, finished):
    result = run_snakemake("site", "--cores", "1", "--configfile", STUDY, folder=finished)
    assert result.returncode != 0
    assert "add --config lon=... lat=..." in result.stdout


def test_report_is_written(run_snakemake, finished):
    report = finished / "results" / "small" / "report" / "report.zip"
    result = run_snakemake("--report", report, "--configfile", STUDY, folder=finished)
    assert result.returncode == 0, result.stdout
    assert main(["seal", str(report)]) == 0
    with zipfile.ZipFile(report) as archive:
        files = {name.rsplit("/", 1)[-1]: archive.read(name) for name in archive.namelist()}
    page = files["report.html"].decode()
    assert "Susceptibility is a relative propensity" in page
    parts = ["Summary", "Maps", "Evidence", "Drivers", "Priorities", "Methods"]
    parts += ["Data and licences", "Configuration"]
    for number, part in enumerate(parts, start=1):
        assert f'"{number} {part}"' in page
    # every figure and page is there, and what a page shows is in it
    pages = {"summary.html", "methods.html", "data.html", "configuration.html", "model_card.html"}
    figures = {"susceptibility.png", "skill.png", "bivariate.png", "drivers.png"}
    assert pages | figures <= set(files)
    assert b"data:image/png;base64," in files["summary.html"]
    assert not re.search(rb'(?:src|href)="https?://', page.encode())
    assert str(finished) not in page and "Content-Security-Policy" in page
