"""A study through a real SLURM of two nodes: same bytes as on one machine, whatever fails."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from functools import cache

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.geodata.raster import write_factors, write_raster
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.storage import save_model

from .conftest import CLUSTER, MIRROR, ROOT, STUDIES, TINY, needs_mirror
from .jobs import assert_same_results

# The nodes are small and share one disk, and there is no accounting to ask.
OPTIONS = (
    *("--cores", "1", "--resources", "mem_mb=8000", "--latency-wait", "5"),
    *("--default-resources", "slurm_partition=main", "runtime=10", "mem_mb=1000"),
    *("--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2"),
)
MINUTES = 60
read_jobs = runpy.run_path(str(ROOT / "benchmarks" / "memory.py"))["read_jobs"]

pytestmark = [pytest.mark.slurm, pytest.mark.usefixtures("cluster")]


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
    """A run of a study through the profile `slurm`, watched from outside."""

    def __init__(self, folder, *arguments, study=(TINY,)):
        self.log = folder / "run.log"
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
            *("--directory", folder, "--configfile", *study, "--workflow-profile", "slurm"),
            *OPTIONS,
            *arguments,
        ]
        environment = {"PYTHONPATH": str(ROOT / "src"), "LANDSHIFT_MIRROR": str(MIRROR)}
        with self.log.open("w") as stream:
            self.process = subprocess.Popen(
                list(map(str, command)),
                cwd=ROOT,
                env=os.environ | environment,
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


@pytest.mark.parametrize("study", ["default", pytest.param("benchmark", marks=needs_mirror)])
def test_results_equal_those_of_one_machine(run_snakemake, tmp_path, study):
    local, submitted = tmp_path / "local", tmp_path / "submitted"
    submitted.mkdir()
    configuration = ("--configfile", *STUDIES[study])
    result = run_snakemake("--cores", "2", *configuration, folder=local, mirror=MIRROR)
    assert result.returncode == 0, result.stdout
    # The helper takes blocks if a node is free for it, and the bytes are the same either way.
    helper = ("--set-resources", "map_susceptibility:worker_jobs=1")
    run = Submission(submitted, *helper, study=STUDIES[study])
    assert run.finish() == 0, run.printed
    assert_same_results(local / "results" / study, submitted / "results" / study)
    assert "windows by job" in "".join(
        log.read_text() for log in submitted.rglob("logs/map_susceptibility/*.log")
    )
    # What the profile asks for leaves room.
    measured = list(read_jobs(submitted / "results" / study))
    assert len(measured) > 10
    assert [job for job in measured if 1.5 * job.peak_mb > job.declared_mb] == []
    # Groups: far fewer jobs of SLURM than of the workflow, each with its log.
    jobs = run.printed.count("has been submitted with SLURM jobid")
    assert jobs < 0.4 * len(list(submitted.rglob("logs/*/*.log")))
    assert len(list(submitted.rglob("slurm_logs/**/*.log"))) == jobs


@pytest.fixture(scope="module")
def local(run_snakemake, tmp_path_factory):
    """The smallest study, run on one machine."""
    folder = tmp_path_factory.mktemp("local")
    result = run_snakemake("--cores", "2", "--configfile", TINY, folder=folder)
    assert result.returncode == 0, result.stdout
    return folder


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
    assert_same_results(local / "results" / "tiny", tmp_path / "results" / "tiny")


def test_lost_job_is_reported_and_the_rest_goes_on_without_a_drained_node(local, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(local, folder)
    results = folder / "results" / "tiny"
    shutil.rmtree(results / "benchmark")
    (results / "mosaic" / "classes.tif").unlink()
    run = Submission(
        folder, "--retries", "0", "--set-resources", "run_transfer_benchmark:mem_mb=100"
    )
    wait_until(lambda: run.find_job("rule_"), "a job")
    _, node = run.find_job("rule_")
    control("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
    code = run.finish()
    control("scontrol", "update", f"nodename={node}", "state=resume")
    assert code != 0
    assert "Error in rule run_transfer_benchmark" in run.printed
    assert "OUT_OF_MEMORY" in run.printed or "FAILED" in run.printed
    assert not (results / "benchmark" / "birch" / "core.parquet").exists()
    assert_same_results(local / "results" / "tiny" / "mosaic", results / "mosaic")


def test_jobs_of_one_rule_go_as_an_array(run_snakemake, local, tmp_path):
    groups = tmp_path / "groups.yaml"
    groups.write_text("benchmark: {groups: [core, pooled]}")
    alone, submitted = tmp_path / "local", tmp_path / "submitted"
    shutil.copytree(local, alone)
    shutil.rmtree(alone / "results" / "tiny" / "benchmark")
    shutil.copytree(alone, submitted)
    configuration = ("--configfile", TINY, groups)
    result = run_snakemake("--cores", "2", *configuration, folder=alone)
    assert result.returncode == 0, result.stdout
    array = ("--slurm-array-jobs", "run_transfer_benchmark")
    run = Submission(submitted, *array, study=(TINY, groups))
    assert run.finish() == 0, run.printed
    assert run.printed.count("Submitted array job") == 1
    assert_same_results(alone / "results" / "tiny", submitted / "results" / "tiny")


@pytest.fixture(scope="module")
def calls(source_models, sources, target, tmp_path_factory):
    """Arguments of scripts, without outputs, for a region of many blocks and factors of noise."""
    folder = tmp_path_factory.mktemp("region")
    grid = GeoBox.from_bbox((0, 0, 21_000, 36_000), "EPSG:32632", resolution=30)
    generator = np.random.default_rng(5)
    heights = generator.uniform(200, 900, grid.shape).astype(np.float32)
    write_raster(wrap_xr(heights, grid).rename("dem"), folder / "dem.tif")
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    tuned = fine_tune_target(
        source_models, shots, target.background, prevalence=0.05, seed=7, region="cedar"
    )
    save_model(tuned, folder / "model")
    shots.to_parquet(folder / "shots.parquet")
    for name, tables in sources.items():
        tables.samples.to_parquet(folder / f"{name}.parquet")
    noise = {
        name: wrap_xr(generator.normal(size=grid.shape).astype(np.float32), grid, units="1")
        for name in tuned.factors
    }
    write_factors(xr.Dataset(noise), folder / "factors.tif")
    mapped = {
        "model": folder / "model",
        "factors": [folder / "factors.tif"],
        "block_size": 128,
    }
    return {
        "derive_terrain_factors": {"detail": folder / "dem.tif", "dem": folder / "dem.tif"},
        "map_susceptibility": mapped | {"breaks": "quantile", "sources": []},
        "map_applicability": mapped
        | {
            "samples": [folder / f"{name}.parquet" for name in sources],
            "shots": folder / "shots.parquet",
        },
    }


OUTPUTS = {
    "derive_terrain_factors": ["factors"],
    "map_susceptibility": ["susceptibility", "uncertainty", "classes"],
    "map_applicability": ["dissimilarity", "applicability"],
}


def complete(calls, rule, folder):
    """Complete the arguments of a script by the files that it is to write in a folder."""
    folder.mkdir()
    return calls[rule] | {name: folder / f"{name}.tif" for name in OUTPUTS[rule]}


@pytest.fixture(scope="module")
def alone(calls, tmp_path_factory):
    """Run a script without SLURM, once."""

    @cache
    def run(rule):
        folder = tmp_path_factory.mktemp("alone") / rule
        script = runpy.run_path(str(ROOT / "workflow" / "scripts" / f"{rule}.py"))
        script["main"](**complete(calls, rule, folder))
        return folder

    return run


def spread(arguments, rule, folder, *options):
    """Run a script by tests/slurm/spread.py as a job of one core; its exit code and its log."""
    stated = folder / "arguments.json"
    stated.write_text(json.dumps(arguments, default=str))
    script = ROOT / "workflow" / "scripts" / f"{rule}.py"
    program = [sys.executable, ROOT / "tests" / "slurm" / "spread.py", script, stated, *options]
    job = ["srun", "--ntasks=1", "--cpus-per-task=1", "--mem=2000", *program]
    done = subprocess.run(
        list(map(str, job)), capture_output=True, check=False, timeout=60 * MINUTES
    )
    return done.returncode, stated.with_suffix(".log").read_text() + done.stderr.decode()


@pytest.mark.parametrize("rule", OUTPUTS)
def test_region_is_shared_by_the_jobs_of_two_nodes(calls, alone, folder_bytes, tmp_path, rule):
    failed, log = spread(complete(calls, rule, tmp_path / "shared"), rule, tmp_path, 2000)
    assert not failed, log
    assert folder_bytes(tmp_path / "shared") == folder_bytes(alone(rule))
    shares = re.search("windows by job: (.*)", log).group(1).split(", ")
    assert len(shares) == 2
    assert all(int(share.rsplit(" ", 1)[1]) > 0 for share in shares)


@pytest.mark.parametrize("rule", ["derive_terrain_factors", "map_susceptibility"])
def test_region_survives_the_loss_of_a_job_that_helps(calls, alone, folder_bytes, tmp_path, rule):
    failed, log = spread(complete(calls, rule, tmp_path / "shared"), rule, tmp_path, 2000, "lose")
    assert not failed, log
    assert folder_bytes(tmp_path / "shared") == folder_bytes(alone(rule))


def test_help_that_no_node_can_give_is_refused(calls, folder_bytes, tmp_path):
    rule = "derive_terrain_factors"
    failed, log = spread(complete(calls, rule, tmp_path / "shared"), rule, tmp_path, 10_000_000)
    assert failed
    assert "SLURM takes no such job" in log
    assert "leave worker_jobs out" in log
    assert not folder_bytes(tmp_path / "shared")
