"""The workflow as a user runs it: Snakemake in a process of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "tests" / "slurm" / "cluster.sh"
STUDY = Path(__file__).with_name("study.yaml")
TINY = Path(__file__).with_name("tiny.yaml")
MIRROR = Path(os.environ.get("LANDSHIFT_MIRROR", ROOT.parent / "shared" / "data"))
STUDIES = {
    "small": [STUDY],
    "default": [ROOT / "config" / "config.yaml"],
    "benchmark": [ROOT / "config" / "benchmark.yaml", Path(__file__).with_name("few_draws.yaml")],
}
"""The configurations of studies of three sizes; a second one is laid over the first."""
needs_mirror = pytest.mark.skipif(
    not (MIRROR / "MANIFEST.sha256").is_file(), reason="needs LANDSHIFT_MIRROR, the public files"
)

CHECKOUT = ("Makefile", "Snakefile", "config", "docs", "envs", "profiles", "src", "workflow")

Snakemake = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="session")
def run_snakemake(tmp_path_factory) -> Snakemake:
    """Run Snakemake in a folder of its own; results appear below that folder.

    `root` may name another checkout, whose workflow and library are then the ones that run;
    `mirror` the folder that stands for the internet.
    """
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    environment.pop("LANDSHIFT_MIRROR", None)

    def run(
        *arguments: str | Path, folder: Path, root: Path = ROOT, mirror: Path | None = None
    ) -> subprocess.CompletedProcess:
        stated = {"LANDSHIFT_MIRROR": str(mirror)} if mirror else {}
        command = [sys.executable, "-m", "snakemake", "--snakefile", root / "Snakefile"]
        return subprocess.run(
            [*map(str, command), "--directory", str(folder), *map(str, arguments)],
            cwd=root,
            env=environment | stated | {"PYTHONPATH": str(root / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def cluster():
    """Start a SLURM of two nodes, one core each."""
    if os.geteuid():
        pytest.skip("the test cluster has to be started by root")
    subprocess.run([CLUSTER, "up"], check=True, capture_output=True)
    yield
    subprocess.run([CLUSTER, "down"], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path):
    """A fresh clone in which `make install` has been run."""
    folder = tmp_path / "landshift"
    folder.mkdir()
    for name in CHECKOUT:
        copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copied(ROOT / name, folder / name)
    for name in ("requirements.lock", "pyproject.toml"):
        (folder / name).touch()
    environment = folder / ".venv"
    environment.mkdir()
    (environment / "bin").symlink_to(Path(sys.prefix, "bin"))
    (environment / ".installed").touch()
    return folder
