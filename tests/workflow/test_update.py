"""A further inventory in the folder of a target: one command maps it and says what changed."""

import os
import re
import subprocess
import time
from resource import RUSAGE_CHILDREN, getrusage

import pandas as pd
import pytest
import yaml

from landshift.acquire.inventory.storage import write_inventory
from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.raster import write_raster

CONFIG = "config/rolling.yaml"
MOST_SECONDS = 120
"""What the command may take [s of CPU]: a minute of both cores."""


def make_study(checkout):
    """Write the default study with its target read from files; returns its later landslides."""
    config = yaml.safe_load((checkout / "config" / "config.yaml").read_text())
    dogwood = config["regions"]["dogwood"]
    region = generate_virtual_region("dogwood", seed=config["seed"], **dogwood.pop("virtual"))
    for name in ("dem", "rainfall"):
        write_raster(region.layers[name], checkout / "data" / f"{name}.tif")
    write_inventory(checkout / "data" / "inventories" / "first.gpkg", region.inventory)
    dogwood["grid"] = {"resolution_m": 30}
    dogwood["layers"] = {name: {"file": f"data/{name}.tif"} for name in ("dem", "rainfall")}
    dogwood["inventory"] = {"file": "data/inventories"}
    (checkout / CONFIG).write_text(yaml.safe_dump(config | {"study": "rolling"}))
    return region.validation


def run(checkout, *command):
    environment = os.environ | {"PYTHONPATH": str(checkout / "src")}
    return subprocess.run(
        command, cwd=checkout, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def measure_cpu():
    spent = getrusage(RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


@pytest.mark.slow
def test_a_further_inventory_is_mapped_within_a_minute(checkout):
    later = make_study(checkout)
    made = run(checkout, ".venv/bin/snakemake", "--configfile", CONFIG, "--cores", "2")
    assert made.returncode == 0, made.stdout
    update = ("make", "update", f"CONFIG={CONFIG}")
    arrived = checkout / "data" / "inventories" / "winter.gpkg"

    # The first update meets a file that is still being copied.
    arrived.write_bytes(b"SQLite format 3")
    failed = run(checkout, *update)
    assert failed.returncode != 0
    assert "winter.gpkg: no inventory that can be read" in failed.stdout

    write_inventory(arrived, later)
    began, spent = time.monotonic(), measure_cpu()
    updated = run(checkout, *update)
    seconds = measure_cpu() - spent
    print(f"updated in {time.monotonic() - began:.0f} s, {seconds:.0f} s of CPU")
    assert updated.returncode == 0, updated.stdout
    check_jobs(dict(re.findall(r"^(\w+) +(\d+)$", updated.stdout, flags=re.MULTILINE)))
    check_results(checkout / "results" / "rolling")
    assert seconds < MOST_SECONDS


def check_jobs(jobs):
    assert (
        jobs["acquire_inventory"] == jobs["fine_tune_target"] == jobs["map_susceptibility"] == "1"
    )
    spared = ("derive_", "generate_", "pretrain_", "select_", "run_transfer_", "acquire_dem")
    assert not [rule for rule in jobs if rule.startswith(spared)]


def check_results(results):
    change = pd.read_csv(results / "diff" / "summary.csv").set_index("target").loc["dogwood"]
    assert change["correlation"] < 0.99
    cleaning = pd.read_csv(results / "regions" / "dogwood" / "inventory_cleaning.csv")
    assert float(cleaning.set_index("what")["value"]["kept"]) > 150
    assert (results / "before").is_dir() and not (results / "updating").exists()
