"""A study through a real SLURM of two nodes: same bytes as on one machine, whatever fails."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from .conftest import ROOT, TINY
from .jobs import assert_same_results

CLUSTER = ROOT / "tests" / "slurm" / "cluster.sh"
# The nodes are small and share one disk, and there is no accounting to ask.
OPTIONS = (
    *("--cores", "2", "--resources", "mem_mb=8000", "--latency-wait", "5"),
    *("--default-resources", "slurm_partition=main", "runtime=10", "mem_mb=1000"),
    *("--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2"),
)
MINUTES = 30

pytestmark = pytest.mark.slurm


def control(*arguments):
    """Ask SLURM or the cluster's script; returns what it prints."""
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, check=True)
    return done.stdout


def wait_until(happened, what):
    deadline = time.monotonic() + 60 * MINUTES
    while not happened():
        assert time.monotonic() < deadline, f"{what}: not within {MINUTES} minutes"
        time.sleep(0.5)


class Submission:
    """A run of the study through the profile `slurm`, watched from outside."""

    def __init__(self, folder, *arguments):
        self.log = folder / "run.log"
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
            *("--directory", folder, "--configfile", TINY, "--workflow-profile", "slurm"),
            *OPTIONS,
            *arguments,
        ]
        with self.log.open("w") as stream:
            self.process = subprocess.Popen(
                list(map(str, command)),
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @property
    def printed(self):
        return self.log.read_text()

    def find_job(self, comment):
        """Find a running job by what it does: its SLURM id and its node, or nothing."""
        listed = control("squeue", "--noheader", "--states=running", "--format=%i|%N|%k")
        rows = [line.split("|", 2) for line in listed.splitlines()]
        return next(((job, node) for job, node, text in rows if comment in text), None)

    def finish(self):
        return self.process.wait(timeout=60 * MINUTES)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    if os.geteuid():
        pytest.skip("the test cluster has to be started by root")
    control(CLUSTER, "up")
    yield
    control(CLUSTER, "down")


@pytest.fixture(scope="module")
def local(run_snakemake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    result = run_snakemake("--cores", "2", "--configfile", TINY, folder=folder)
    assert result.returncode == 0, result.stdout
    return folder / "results" / "tiny"


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("submitted")
    run = Submission(folder)
    assert run.finish() == 0, run.printed
    return folder, run


def test_results_equal_those_of_one_machine(local, submitted):
    folder, run = submitted
    assert_same_results(local, folder / "results" / "tiny")
    # Two regions, one target, mosaic, benchmark, and the tables of the benchmark.
    assert run.printed.count("has been submitted with SLURM jobid") == 6


def test_dead_node_cancelled_job_and_lack_of_memory_are_overcome(local, tmp_path):
    run = Submission(
        tmp_path,
        "--set-resources",
        "run_transfer_benchmark:mem_mb=100 if attempt < 2 else 2000",
    )
    wait_until(lambda: run.find_job("rule_region"), "a region's job")
    _, node = run.find_job("rule_region")
    control(CLUSTER, "fail", node)
    wait_until(lambda: "down" in control("sinfo", "-N", "-h", "-n", node), f"{node} given up")
    control(CLUSTER, "up")
    wait_until(lambda: run.find_job("rule_target"), "the target's job")
    control("scancel", run.find_job("rule_target")[0])
    assert run.finish() == 0, run.printed
    assert "Trying to restart job" in run.printed
    assert_same_results(local, tmp_path / "results" / "tiny")


def test_lost_job_is_reported_and_the_rest_goes_on_without_a_drained_node(
    local, submitted, tmp_path
):
    folder = tmp_path / "run"
    shutil.copytree(submitted[0], folder)
    results = folder / "results" / "tiny"
    (results / "benchmark" / "birch.parquet").unlink()
    (results / "mosaic" / "classes.tif").unlink()
    control("scontrol", "update", "nodename=node1", "state=drain", "reason=test")
    run = Submission(
        folder, "--retries", "0", "--set-resources", "run_transfer_benchmark:mem_mb=100"
    )
    assert run.finish() != 0
    control("scontrol", "update", "nodename=node1", "state=resume")
    assert "Error in rule run_transfer_benchmark" in run.printed
    assert "OUT_OF_MEMORY" in run.printed or "FAILED" in run.printed
    assert not (results / "benchmark" / "birch.parquet").exists()
    assert_same_results(local / "mosaic", results / "mosaic")
