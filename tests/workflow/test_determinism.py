"""The same bytes on one core and two, with small and large blocks; within the declared memory."""

import runpy

import pytest
import yaml

from .conftest import ROOT, STUDY
from .jobs import assert_same_results

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run_study(run_snakemake, tmp_path_factory):
    """Run the small study; its page of the configuration states the blocks and is left out."""

    def run(cores, block_size):
        folder = tmp_path_factory.mktemp("run")
        config = yaml.safe_load(STUDY.read_text())
        config["maps"]["block_size"] = block_size
        (folder / "study.yaml").write_text(yaml.safe_dump(config))
        result = run_snakemake(
            "--cores", cores, "--configfile", folder / "study.yaml", folder=folder
        )
        assert result.returncode == 0, result.stdout
        results = folder / "results" / "small"
        (results / "report" / "configuration.html").unlink()
        return results

    return run


@pytest.fixture(scope="module")
def on_one_core(run_study):
    return run_study("1", 512)


@pytest.mark.parametrize(("cores", "block_size"), [("2", 512), ("2", 64)])
def test_cores_and_blocks_change_no_byte(run_study, on_one_core, cores, block_size):
    assert_same_results(on_one_core, run_study(cores, block_size))


def test_rules_keep_to_their_memory(on_one_core):
    read_jobs = runpy.run_path(str(ROOT / "benchmarks/memory.py"))["read_jobs"]
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["set-resources"]
    first_attempts = {rule: int(stated["mem_mb"].split()[0]) for rule, stated in profile.items()}
    jobs = list(read_jobs(on_one_core))
    assert len(jobs) > 10
    for job in jobs:
        declared = min(job.declared_mb, first_attempts.get(job.rule, job.declared_mb))
        assert job.peak_mb <= declared, job
