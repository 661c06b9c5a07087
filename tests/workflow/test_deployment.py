"""The workflow is planned where Snakemake is installed and nothing else."""

import os
import re
import subprocess
import sys
import sysconfig

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.deploy

SNAKEDEPLOY = "snakedeploy==0.17.1"
TAG = "v0.0.0"
DEM = "results/default/regions/alder/layers/dem.tif"

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

    def run(*arguments, cwd, **variables):
        command = [folder / "bin/snakemake", "--dry-run", "--cores", "1", *arguments]
        return run_alone(command, cwd=cwd, **variables)

    return run


def run_alone(command, *, cwd, **variables):
    """Run a command that does not find the package of these tests."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment | variables, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.fixture
def repository(tmp_path):
    """Clone the project as a git host would hold it, with a tag."""
    folder = tmp_path / "github" / "owner" / "landshift"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    subprocess.run(["git", "-C", folder, "tag", TAG], check=True)
    return folder


@pytest.fixture
def bare(tmp_path):
    """Make an environment of the locked versions without the package itself."""
    folder = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (installed,) = folder.glob("lib/python*/site-packages")
    (installed / "locked.pth").write_text(sysconfig.get_path("purelib"))
    python = folder / "bin/python"
    assert "No module named" in run_alone([python, "-c", "import landshift"], cwd=tmp_path).stdout
    return python


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
    made = f"maps/{DEM}"
    ran = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", made], cwd=tmp_path, check=False,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    assert (tmp_path / made).is_file()


def test_a_module_of_a_git_repository_is_planned(snakemake, repository, tmp_path):
    address = f"git+file://{repository}/workflow/Snakefile@{TAG}"
    (tmp_path / "Snakefile").write_text(MODULE.replace(f"{ROOT}/Snakefile", address))
    for _ in range(2):
        planned = snakemake("maps/results/default/report/viewer.html", cwd=tmp_path)
        assert planned.returncode == 0, planned.stdout
        assert re.search(r"^landshift_map_susceptibility +1$", planned.stdout, re.M)
    (unpacked,) = (tmp_path / ".snakemake/landshift").iterdir()
    commit = subprocess.check_output(["git", "-C", repository, "rev-parse", TAG], text=True)
    assert unpacked.name == commit.strip()


def test_snakedeploy_deploys_it(snakemake, repository, bare, tmp_path):
    """What it writes names a public host, whose repositories are those of a folder here."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "deployer"], check=True)
    subprocess.run([tmp_path / "deployer/bin/pip", "install", "-q", SNAKEDEPLOY], check=True)
    deploy = [tmp_path / "deployer/bin/snakedeploy", "deploy-workflow", f"file://{repository}"]
    done = run_alone([*deploy, "deployed", "--tag", TAG], cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    deployed = tmp_path / "deployed"
    assert f'github("owner/landshift", path="workflow/Snakefile", tag="{TAG}")' in (
        (deployed / "workflow/Snakefile").read_text()
    )
    host = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/github/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    planned = snakemake(cwd=deployed, **host)
    assert planned.returncode == 0, planned.stdout
    assert re.search(r"^map_susceptibility +1$", planned.stdout, re.M)
    page = "results/default/report/methods.html"
    ran = run_alone([bare, "-m", "snakemake", "--cores", "1", DEM, page], cwd=deployed, **host)
    assert ran.returncode == 0, ran.stdout
    assert (deployed / DEM).is_file() and (deployed / page).is_file()
