"""The workflow is planned where Snakemake is installed and nothing else."""

import os
import re
import subprocess
import sys

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.deploy

MODULE = f"""
configfile: "{ROOT}/config/config.yaml"


module landshift:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config
    prefix:
        "maps"


use rule * from landshift as landshift_*
"""


@pytest.fixture(scope="module")
def snakemake(tmp_path_factory):
    """Install the locked Snakemake, and nothing else, into a new environment."""
    folder = tmp_path_factory.mktemp("planner") / "venv"
    version = re.search(r"^snakemake==(\S+)", (ROOT / "requirements.lock").read_text(), re.M)[1]
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([folder / "bin/pip", "install", "--quiet", f"snakemake=={version}"], check=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*arguments, cwd):
        command = [str(folder / "bin/snakemake"), "--dry-run", "--cores", "1", *arguments]
        return subprocess.run(
            command, cwd=cwd, env=environment, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    return run


def test_nothing_else_is_installed(snakemake, tmp_path):
    (tmp_path / "Snakefile").write_text("import rasterio")
    assert "No module named 'rasterio'" in snakemake(cwd=tmp_path).stdout


@pytest.mark.parametrize("name", ["config", "benchmark"])
def test_a_clone_is_planned(snakemake, tmp_path, name):
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    planned = snakemake("--configfile", f"config/{name}.yaml", cwd=tmp_path / "clone")
    assert planned.returncode == 0, planned.stdout
    assert re.search(r"^map_susceptibility +\d", planned.stdout, re.M)


def test_a_module_of_another_workflow_is_planned_below_its_prefix(snakemake, tmp_path):
    (tmp_path / "Snakefile").write_text(MODULE)
    planned = snakemake("maps/results/default/targets/dogwood/susceptibility.tif", cwd=tmp_path)
    assert planned.returncode == 0, planned.stdout
    assert re.search(r"^landshift_map_susceptibility +1$", planned.stdout, re.M)


def test_a_module_runs_its_jobs(tmp_path):
    """In the environment of these tests; the package comes from the checkout."""
    (tmp_path / "Snakefile").write_text(MODULE)
    made = "maps/results/default/regions/alder/layers/dem.tif"
    ran = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", made], cwd=tmp_path, check=False,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    assert (tmp_path / made).is_file()
