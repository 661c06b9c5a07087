"""A region that is a box and an inventory alone, from download to map by one command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import yaml

from .services import Services

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

BOX = [10.97, 43.97, 11.02, 44.01]


@pytest.fixture(scope="module")
def finished(served, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    generator = np.random.default_rng(5)
    points = generator.uniform((BOX[0], BOX[1]), (BOX[2], BOX[3]), (12, 2))
    rows = [f"{longitude:.5f},{latitude:.5f}" for longitude, latitude in points]
    (folder / "landslides.csv").write_text("\n".join(["longitude,latitude", *rows]) + "\n")
    virtual = {"origin": [600_000, 5_000_000], "crs": "EPSG:32632", "size": 96, "landslides": 60}
    inventory = {"x": "longitude", "y": "latitude", "crs": "EPSG:4326"}
    with Services(served) as services:
        study = {
            "study": "box",
            "mirror": services.address,
            "regions": {
                "alder": {"role": "source", "virtual": virtual},
                "valley": {
                    "role": "target",
                    "prevalence": 0.02,
                    "grid": {"box": BOX, "crs": "auto", "resolution_m": 30},
                    "layers": {
                        "dem": {"recipe": "copernicus_dem"},
                        "land_cover": {"recipe": "esa_worldcover"},
                    },
                    "inventory": {"file": str(folder / "landslides.csv"), **inventory},
                },
            },
            "samples": {"blocks": 4, "background_cells": 300},
            "transfer": {"learners": ["lr"], "background_cells": 60},
        }
        (folder / "study.yaml").write_text(yaml.safe_dump(study))
        command = [
            sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile",
            "--directory", folder, "--cores", "2", "--configfile", folder / "study.yaml",
        ]  # fmt: skip
        result = subprocess.run(
            list(map(str, command)), cwd=ROOT, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"XDG_CACHE_HOME": str(folder / "home")},
        )  # fmt: skip
    assert result.returncode == 0, result.stdout
    return folder / "results" / "box"


def test_a_box_becomes_a_map_by_one_command(finished):
    with rasterio.open(finished / "targets/valley/susceptibility.tif") as source:
        assert source.crs.to_epsg() == 32632 and source.res == (30, 30)
        values = source.read(1)
    assert np.isfinite(values).mean() > 0.8
    assert 0 <= np.nanmin(values) < np.nanmax(values) <= 1


def test_its_ledger_names_every_tile(finished):
    ledger = json.loads((finished / "regions/valley/layers.json").read_text())["layers"]
    assert sorted(ledger) == ["dem", "land_cover"]
    addresses = [source["address"] for source in ledger["dem"]["sources"]]
    assert len(addresses) == 4
    assert all(one.startswith("https://copernicus-dem-30m.s3.amazonaws.com/") for one in addresses)
    with rasterio.open(finished / "regions/valley/layers/dem.tif") as source:
        assert source.tags(1)["resampling"] == "bilinear" and source.tags(1)["units"] == "m"
