"""Runs that are killed, find no disk or meet another run: they say so, and go on later."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros

from landshift.acquire.inventory.storage import write_inventory
from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.raster import wrap_like, write_raster
from landshift.runtime.seeds import derive_seed

from .conftest import ROOT, TINY
from .jobs import assert_same_results, copy_checkout, read_jobs

KILLS = int(os.environ.get("LANDSHIFT_KILLS", "100"))
KILLED_BEFORE = int(os.environ.get("LANDSHIFT_KILLED_BEFORE", "0"))
KILLS_PER_ROUND = 20
MOST_STEPS = 15
"""A run is killed at the latest after so many of its jobs, and in the midst of the next ones."""
LONGEST_WAIT_S = 3.0
SEED = 11
RUN = ("--cores", "2", "--configfile", TINY)

pytestmark = pytest.mark.faults


def start(folder, root=ROOT, run=RUN):
    """Start a run in a process group of its own, with its output in a file."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", root / "Snakefile"]
    with (folder / "run.log").open("w") as stream:
        return subprocess.Popen(
            list(map(str, [*command, "--directory", folder, *run])),
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root / "src")},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def list_processes(folder):
    """List the processes that work in a folder, also those that a killed run left."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.resolve() == folder:
                found.append(int(link.parent.name))
        except OSError:
            continue
    return found


def wait_until(happened):
    deadline = time.monotonic() + 3600
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def kill(process, folder):
    """Kill a run with all its processes; what another group still does is left to end."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not list_processes(folder))


def read_times(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*")}


@pytest.fixture(scope="module")
def undisturbed(run_snakemake, tmp_path_factory):
    """Make the results of a run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    result = run_snakemake(*RUN, folder=folder)
    assert result.returncode == 0, result.stdout
    return folder / "results" / "tiny"


def list_finished(printed):
    """List the jobs that a run started, and those of them that it called finished."""
    started = read_jobs(printed)
    finished = {int(number) for number in re.findall(r"^Finished jobid: (\d+)", printed, re.M)}
    return started, {job for job in started if job.number in finished}


def count_finished(folder):
    return (folder / "run.log").read_text().count("\nFinished jobid: ")


def run_until_killed(folder, root, steps, seconds):
    """Run some jobs, wait some time, and kill; returns what was printed, and if it came to that.

    The moment is counted in jobs, so that it does not depend on how busy the machine is.
    """
    process = start(folder, root)
    wait_until(lambda: process.poll() is not None or count_finished(folder) >= steps)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(process, folder)
        # What `snakemake --unlock` does, without its start.
        shutil.rmtree(folder / ".snakemake" / "locks", ignore_errors=True)
    printed = (folder / "run.log").read_text()
    assert process.returncode in (0, -signal.SIGKILL), printed
    return printed, process.returncode != 0


@pytest.mark.parametrize("first", range(KILLED_BEFORE, KILLS, KILLS_PER_ROUND))
def test_killed_runs_lose_nothing(run_snakemake, undisturbed, tmp_path, first):
    """Kill a study again and again until it is complete, and then the next one."""
    root = tmp_path / "checkout"
    copy_checkout(ROOT, root)
    generator = random.Random(derive_seed(SEED, f"kills from {first}"))
    left = min(KILLS_PER_ROUND, KILLS - first)
    while left:
        folder = tmp_path / f"with_{left}_left"
        folder.mkdir()
        kept, killed = {}, True
        while killed:
            moment = generator.randrange(MOST_STEPS), generator.uniform(0, LONGEST_WAIT_S)
            printed, killed = run_until_killed(folder, root, *(moment if left else (0, None)))
            left -= killed
            started, finished = list_finished(printed)
            # What Snakemake called finished is not started again, nor touched.
            again = {path for job in started for path in job.outputs} & kept.keys()
            assert not again
            times = read_times(folder)
            assert all(times[folder / path] == time for path, time in kept.items())
            kept |= {path: times[folder / path] for job in finished for path in job.outputs}
        assert len(kept) > 40
        assert run_snakemake("--dry-run", *RUN, folder=folder, root=root).stdout.count("Nothing")
        assert_same_results(undisturbed, folder / "results" / "tiny")
        shutil.rmtree(folder)


def test_second_run_is_refused_while_one_works(run_snakemake, undisturbed, tmp_path):
    process = start(tmp_path)
    wait_until(lambda: list((tmp_path / ".snakemake" / "locks").glob("*")))
    second = run_snakemake(*RUN, folder=tmp_path)
    assert second.returncode != 0
    assert "Directory cannot be locked" in second.stdout
    assert process.wait() == 0
    assert_same_results(undisturbed, tmp_path / "results" / "tiny")


@pytest.fixture
def mount():
    """Mount file systems for a test, where that is allowed."""
    mounted = []

    def attach(*arguments, folder):
        done = subprocess.run(
            ["mount", *arguments, str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)

    yield attach
    for folder in reversed(mounted):
        subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_fails_and_is_gone_on_from(run_snakemake, undisturbed, mount, tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    mount("-t", "tmpfs", "-o", "size=900k", "tmpfs", folder=results)
    failed = run_snakemake(*RUN, folder=tmp_path)
    assert failed.returncode != 0
    assert "the disk is full" in failed.stdout
    subprocess.run(["mount", "-o", "remount,size=200m", str(results)], check=True)
    again = run_snakemake(*RUN, folder=tmp_path)
    assert again.returncode == 0, again.stdout
    assert_same_results(undisturbed, results / "tiny")


def test_raster_that_a_full_disk_cuts_short_is_refused(mount, tmp_path):
    mount("-t", "tmpfs", "-o", "size=600k", "tmpfs", folder=tmp_path)
    grid = GeoBox.from_bbox((0, 0, 18_000, 18_000), crs="EPSG:32632", resolution=30)
    noise = np.random.default_rng(1).random(grid.shape, dtype=np.float32)
    data = wrap_like(noise, xr_zeros(grid, dtype="float32"), name="a", units="1", long_name="")
    with pytest.raises(OSError, match=r"a.tif: could not be written whole, most likely"):
        write_raster(data, tmp_path / "a.tif")
    assert not list(tmp_path.iterdir())


def test_read_only_results_are_named(run_snakemake, mount, tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    mount("-t", "tmpfs", "-o", "ro", "tmpfs", folder=results)
    failed = run_snakemake(*RUN, folder=tmp_path)
    assert failed.returncode != 0
    assert "results cannot be written, but results go there; change" in failed.stdout


def test_results_on_another_file_system(run_snakemake, undisturbed, mount, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    mount("-t", "tmpfs", "tmpfs", folder=elsewhere)
    (tmp_path / "results").symlink_to(elsewhere)
    assert run_snakemake(*RUN, folder=tmp_path).returncode == 0
    assert_same_results(undisturbed, elsewhere / "tiny")


def test_clock_that_went_wrong_repeats_nothing(run_snakemake, undisturbed, tmp_path):
    shutil.copytree(undisturbed.parents[1], tmp_path, dirs_exist_ok=True, symlinks=True)
    tomorrow = time.time() + 86_400
    for path in (tmp_path / "results" / "tiny" / "regions").rglob("*.tif"):
        os.utime(path, (tomorrow, tomorrow))
    result = run_snakemake(*RUN, folder=tmp_path)
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout


@pytest.fixture
def files(tmp_path):
    """A study that reads the inventory of its target from a file, and a further inventory."""
    config = yaml.safe_load(TINY.read_text())
    birch = config["regions"]["birch"]
    region = generate_virtual_region("birch", seed=config["seed"], **birch.pop("virtual"))
    write_raster(region.layers.dem, tmp_path / "dem.tif")
    write_inventory(tmp_path / "landslides.gpkg", region.inventory)
    write_inventory(tmp_path / "later.gpkg", region.inventory.iloc[:-3])
    birch["grid"] = {"resolution_m": 30}
    birch["layers"] = {"dem": {"file": "dem.tif"}}
    birch["inventory"] = {"file": "landslides.gpkg"}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


MOMENTS = {
    "before it is read": "generate_virtual_region/alder.log",
    "while it is read": "acquire_inventory/birch.log",
    "after it was read": "fine_tune_target/birch.log",
}
"""When the file is replaced: as soon as this log is there."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_input_that_changes_during_a_run_is_read_again(run_snakemake, files, tmp_path, moment):
    run = ("--cores", "2", "--configfile", files / "study.yaml")
    anew = tmp_path / "anew"
    shutil.copytree(files, anew, ignore=shutil.ignore_patterns("anew"))
    shutil.copy(anew / "later.gpkg", anew / "landslides.gpkg")
    assert run_snakemake(*run, folder=anew).returncode == 0
    process = start(files, run=run)
    log = files / "results" / "tiny" / "logs" / MOMENTS[moment]
    wait_until(lambda: process.poll() is not None or log.exists())
    assert process.poll() is None
    (files / "later.gpkg").rename(files / "landslides.gpkg")
    told = "landslides.gpkg: was changed while it was read"
    assert process.wait() == 0 or told in (files / "run.log").read_text()
    assert run_snakemake(*run, folder=files).returncode == 0
    assert "Nothing to be done" in run_snakemake("--dry-run", *run, folder=files).stdout
    assert_same_results(anew / "results" / "tiny", files / "results" / "tiny")
