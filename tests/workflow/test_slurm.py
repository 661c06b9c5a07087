"""A study through a real SLURM of two nodes: same bytes as on one machine, whatever fails."""

import os
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.raster import open_raster, write_factors, write_raster
from landshift.terrain import derive_terrain_factors

from .conftest import ROOT, TINY
from .jobs import assert_same_results

CLUSTER = ROOT / "tests" / "slurm" / "cluster.sh"
# The nodes are small and share one disk, and there is no accounting to ask.
OPTIONS = (
    *("--cores", "1", "--resources", "mem_mb=8000", "--latency-wait", "5"),
    *("--default-resources", "slurm_partition=main", "runtime=10", "mem_mb=1000"),
    *("--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2"),
)
MINUTES = 60

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


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """An elevation model of many blocks, and the terrain factors that one process derives."""
    folder = tmp_path_factory.mktemp("region")
    grid = GeoBox.from_bbox((0, 0, 36_000, 36_000), "EPSG:32632", resolution=30)
    heights = np.random.default_rng(5).uniform(200, 900, grid.shape).astype(np.float32)
    dem, factors = folder / "dem.tif", folder / "factors.tif"
    write_raster(wrap_xr(heights, grid).rename("dem"), dem)
    write_factors(derive_terrain_factors(open_raster(dem)), factors)
    return dem, factors


def spread(dem, factors, *arguments):
    """Run tests/slurm/spread.py as a job of one core; returns its exit code and its log."""
    program = [sys.executable, ROOT / "tests" / "slurm" / "spread.py", dem, factors, *arguments]
    job = ["srun", "--ntasks=1", "--cpus-per-task=1", "--mem=1000", *program]
    done = subprocess.run(list(map(str, job)), capture_output=True, check=False, timeout=600)
    return done.returncode, factors.with_name(f"{factors.name}.log").read_text()


def test_region_is_shared_by_the_jobs_of_two_nodes(region, tmp_path):
    dem, expected = region
    failed, log = spread(dem, tmp_path / "factors.tif", 1000)
    assert not failed, log
    assert (tmp_path / "factors.tif").read_bytes() == expected.read_bytes()
    shares = re.search("tasks by worker: (.*)", log).group(1).split(", ")
    assert len(shares) == 2
    assert all(int(share.rsplit(" ", 1)[1]) > 0 for share in shares)


def test_region_survives_the_loss_of_a_job_that_helps(region, tmp_path):
    dem, expected = region
    failed, log = spread(dem, tmp_path / "factors.tif", 1000, "lose")
    assert not failed, log
    assert (tmp_path / "factors.tif").read_bytes() == expected.read_bytes()


def test_help_that_no_node_can_give_is_refused(region, tmp_path):
    failed, log = spread(region[0], tmp_path / "factors.tif", 10_000_000)
    assert failed
    assert "SLURM takes no such job" in log
    assert "leave worker_jobs out" in log
    assert not (tmp_path / "factors.tif").exists()
