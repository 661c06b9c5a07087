"""From download to map by one command: a region that is a box, and one that is an inventory."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import yaml

from . import products
from .services import Services

ROOT = Path(__file__).parents[2]
DEM = Path(os.environ.get("LANDSHIFT_MIRROR", ROOT.parent / "shared/data"))
DEM /= "emilia_romagna_dem/dem_copernicus_10m_int16.tif"
TEMPLATE = yaml.safe_load((ROOT / "config/template.yaml").read_text())
SOURCE = {
    "role": "source",
    "virtual": {"origin": [600_000, 5_000_000], "crs": "EPSG:32632", "size": 96, "landslides": 60},
}
pytestmark = pytest.mark.slow


def write_study(folder, mirror, box, **changes):
    """Write the template's study of a target with twelve landslides in a box, without internet."""
    points = np.random.default_rng(5).uniform(box[:2], box[2:], (12, 2))
    rows = [f"{longitude:.5f},{latitude:.5f}" for longitude, latitude in points]
    (folder / "landslides.csv").write_text("\n".join(["longitude,latitude", *rows]) + "\n")
    inventory = {"file": "landslides.csv", "crs": "EPSG:4326"}
    target = TEMPLATE["regions"]["my_valley"] | {"inventory": inventory} | changes
    regions = {"my_valley": target, "neighbour": SOURCE}
    study = TEMPLATE | {"mirror": mirror, "regions": regions}
    (folder / "study.yaml").write_text(yaml.safe_dump(study))


def run(folder, *arguments):
    command = [
        sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile",
        "--directory", folder, "--cores", "2", *arguments, "--configfile", folder / "study.yaml",
    ]  # fmt: skip
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "home")}
    environment.pop("LANDSHIFT_MIRROR", None)
    result = subprocess.run(
        list(map(str, command)), cwd=ROOT, text=True, check=False, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    return result.stdout


def list_rules(plan):
    """List the rules in the table of jobs that Snakemake prints of a plan."""
    return set(re.findall(r"^(\w+) +\d+$", plan, re.MULTILINE))


def assert_map(results, *, covered):
    with rasterio.open(results / "targets/my_valley/susceptibility.tif") as source:
        values, crs = source.read(1), source.crs
        assert source.res == (30, 30)
    assert np.isfinite(values).mean() > covered
    assert 0 <= np.nanmin(values) < np.nanmax(values) <= 1
    return crs.to_epsg()


def read_ledger(results):
    return json.loads((results / "regions/my_valley/layers.json").read_text())["layers"]


@pytest.mark.skipif(
    not DEM.is_file(), reason="the mirror of real data is not beside the repository"
)
def test_a_box_on_four_real_tiles_becomes_a_map_while_services_fail(tmp_path):
    box = [11.97, 43.98, 12.02, 44.02]
    products.cut_elevation(tmp_path / "served", box, DEM)
    products.write_land_cover(tmp_path / "served", box)
    layers = {"dem": {"recipe": "copernicus_dem"}, "land_cover": {"recipe": "esa_worldcover"}}
    grid = {"box": box, "crs": "auto", "resolution_m": 30}
    with Services(tmp_path / "served", seed=3, share=0.15) as services:
        write_study(tmp_path, services.address, box, grid=grid, layers=layers)
        run(tmp_path)
        assert {status for _, _, status, _ in services.log} & {429, 500}
    results = tmp_path / "results/my_study"
    assert assert_map(results, covered=0.95) == 32632
    ledger = read_ledger(results)
    assert sorted(ledger) == ["dem", "inventory", "land_cover"]
    names = [source["address"].rpartition("/")[2] for source in ledger["dem"]["sources"]]
    assert names == [
        f"Copernicus_DSM_COG_10_{corner}_00_DEM.tif"
        for corner in ("N43_00_E011", "N43_00_E012", "N44_00_E011", "N44_00_E012")
    ]
    with rasterio.open(results / "regions/my_valley/layers/dem.tif") as source:
        assert source.tags(1)["resampling"] == "cubic" and source.tags(1)["units"] == "m"
        assert np.isfinite(source.read(1)).all()


def test_the_template_with_an_inventory_alone_becomes_a_map(served, box, tmp_path):
    grid = {"crs": "auto", "resolution_m": 30, "buffer_m": 500}
    with Services(served) as services:
        # within the tiles that are served, and so that edges lie beyond the landslides
        write_study(tmp_path, services.address, [10.97, 43.98, 11.01, 44.01], grid=grid)
        run(tmp_path)
        results = tmp_path / "results/my_study"
        assert assert_map(results, covered=0.95) == 32632
        with rasterio.open(results / "regions/my_valley/layers/dem.tif") as source:
            assert all(abs(edge - round(edge, -3)) < 30 for edge in source.bounds)
        inventory = read_ledger(results)["inventory"]["sources"][0]
        assert inventory["file"] == "landslides.csv" and len(inventory["sha256"]) == 64

        # landslides amid the others: the region stays as it is, and nothing is fetched again
        asked = len(services.log)
        table = tmp_path / "landslides.csv"
        table.write_text(table.read_text() + "10.99,43.995\n")
        planned = list_rules(run(tmp_path, "--dry-run"))
        assert planned >= {"acquire_inventory", "fine_tune_target"}
        assert not any(rule.startswith(("acquire_dem", "derive_")) for rule in planned)
        # one beyond its edge: the region grows
        table.write_text(table.read_text() + "11.025,43.995\n")
        assert "acquire_dem" in list_rules(run(tmp_path, "--dry-run"))
        assert len(services.log) == asked
