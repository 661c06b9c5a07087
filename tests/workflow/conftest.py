"""The workflow as a user runs it: Snakemake in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUDY = Path(__file__).with_name("study.yaml")

Snakemake = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="session")
def run_snakemake(tmp_path_factory) -> Snakemake:
    """Run Snakemake in a folder of its own; results appear below that folder."""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    environment.pop("LANDSHIFT_MIRROR", None)

    def run(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
        return subprocess.run(
            [*map(str, command), "--directory", str(folder), *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run
