"""From the file of an inventory to a map, by the two commands, with the library or without."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.raster import open_raster, write_raster

ROOT = Path(__file__).parents[2]


def run(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "landshift", *words], cwd=folder, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valley")
    region = generate_virtual_region(
        "valley", seed=1, origin=(500000, 5000010), crs="EPSG:32632", size=96, landslides=40
    )
    write_raster(region.layers["dem"], folder / "dem.tif")
    region.inventory.to_file(folder / "slides.gpkg")
    return folder


@pytest.mark.slow
def test_two_commands_make_a_map_of_one_file(valley):
    started = run(valley, "start", "slides.gpkg", "--dem", "dem.tif", "--name", "valley")
    assert started.returncode == 0, started.stdout
    ended = run(valley, "run", "valley", "--cores", "2")
    assert ended.returncode == 0, ended.stdout
    results = valley / "results" / "valley"
    named = [line.split()[-1] for line in ended.stdout.splitlines()[-4:]]
    assert all((valley / file).is_file() for file in named) and len(named) == 4
    assert "jobs done, about" in ended.stdout
    target = results / "targets" / "valley"
    values = open_raster(target / "susceptibility.tif")
    assert float(values.mean()) == pytest.approx(40 / 96**2, rel=0.5)
    card = (target / "model_card.md").read_text()
    assert "Learned in: library_ecuador, library_korea" in card
    assert "CC0-1.0" in card and "Apache-2.0" in card
    assert pd.read_csv(results / "sources" / "valley" / "similarity.csv")["source"].nunique() == 2
    assert (target / "applicability.tif").is_file() and (target / "drivers.csv").is_file()


@pytest.mark.slow
def test_without_sources_there_is_a_map_and_the_card_says_so(valley):
    run(valley, "start", "slides.gpkg", "--dem", "dem.tif", "--name", "alone")
    path = valley / "config" / "alone.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {
        "transfer": {"sources": "none"}
    }))  # fmt: skip
    ended = run(valley, "run", "alone", "--no-report")
    assert ended.returncode == 0, ended.stdout
    target = valley / "results" / "alone" / "targets" / "alone"
    assert "Learned in: no other region" in (target / "model_card.md").read_text()
    assert not (target / "applicability.tif").exists()


@pytest.mark.slow
def test_a_run_that_fails_says_why_and_goes_on(valley):
    run(valley, "start", "slides.gpkg", "--dem", "dem.tif", "--name", "broken")
    dem = valley / "dem.tif"
    content = dem.read_bytes()
    dem.write_bytes(content[: len(content) // 2])
    ended = run(valley, "run", "broken", "--no-report")
    dem.write_bytes(content)
    assert ended.returncode == 1
    assert "dem.tif" in ended.stdout and "the whole log: results/broken/run.log" in ended.stdout
    assert "Traceback" not in ended.stdout
