"""The same bytes on one core and two, with large and small blocks; within the declared memory."""

import runpy

import pytest
import yaml

from .conftest import MIRROR, ROOT, STUDIES, needs_mirror
from .jobs import assert_same_results

pytestmark = pytest.mark.slow


@pytest.fixture(
    scope="module", params=["small", "default", pytest.param("benchmark", marks=needs_mirror)]
)
def run_study(request, run_snakemake, tmp_path_factory):
    """Run a study; its page of the configuration states the blocks and is left out."""

    def run(cores, block_size):
        folder = tmp_path_factory.mktemp("run")
        (folder / "blocks.yaml").write_text(yaml.safe_dump({"maps": {"block_size": block_size}}))
        files = [*STUDIES[request.param], folder / "blocks.yaml"]
        result = run_snakemake(
            "--cores", cores, "--configfile", *files, folder=folder, mirror=MIRROR
        )
        assert result.returncode == 0, result.stdout
        results = folder / "results" / request.param
        (results / "report" / "configuration.html").unlink()
        return results

    return run


@pytest.fixture(scope="module")
def on_one_core(run_study):
    return run_study("1", 512)


def test_cores_and_blocks_change_no_byte(run_study, on_one_core):
    assert_same_results(on_one_core, run_study("2", 64))


def test_rules_keep_to_their_memory(on_one_core):
    read_jobs = runpy.run_path(str(ROOT / "benchmarks/memory.py"))["read_jobs"]
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["set-resources"]
    first_attempts = {
        rule: int(stated["mem_mb"].split()[0])
        for rule, stated in profile.items()
        if "mem_mb" in stated
    }
    jobs = list(read_jobs(on_one_core))
    assert len(jobs) > 10
    for job in jobs:
        declared = min(job.declared_mb, first_attempts.get(job.rule, job.declared_mb))
        assert job.peak_mb <= declared, job
