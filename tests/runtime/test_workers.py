"""Blocks computed by threads and by further jobs: the same files, the same order."""

import gc
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.geodata.cog import write_cogs
from landshift.geodata.raster import write_factors
from landshift.runtime.workers import _start_before, compute_in_order, spread_blocks

# What SLURM does with a script: it starts it in the folder of whoever submits it.
SBATCH = """#!/bin/sh
cp "$1" "$0.$$"
setsid bash "$0.$$" > /dev/null 2> job.err &
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
kill -9 -- "-$1"
"""


@pytest.fixture(autouse=True)
def forget():
    """Close the files of certificates here, which dask-jobqueue leaves to whoever comes next."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder that a shell would misread, where programs start jobs on this machine."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    folder = tmp_path / "a b $(touch pwned) ;'\""
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
    assert not list(tmp_path.rglob("pwned"))


def share(jobs=1):
    return spread_blocks(1, {"worker_jobs": jobs, "mem_mb": 1000}, log="logs/job.log")


def wait_for(count):
    from distributed import get_client

    get_client().wait_for_workers(count, timeout=60)
    return get_client()


@pytest.fixture(scope="module")
def dem():
    grid = GeoBox.from_bbox((0, 0, 15_000, 36_000), "EPSG:32632", resolution=30)
    heights = np.random.default_rng(5).uniform(200, 900, grid.shape).astype(np.float32)
    return wrap_xr(heights, grid).chunk(256)


def write_all(dem, folder):
    factors = derive_terrain_factors(dem)
    write_factors(factors, folder / "factors.tif")
    chosen = factors[["slope", "tpi_90m"]]
    write_cogs(chosen, {name: folder / f"{name}.tif" for name in chosen})
    return [folder / f"{name}.tif" for name in ("factors", *chosen)]


def test_jobs_and_threads_write_the_same_files(dem, folder, caplog):
    caplog.set_level("INFO", "landshift")
    with spread_blocks(2, {}, log="logs/job.log"):
        by_threads = write_all(dem, folder / "threads")
    with share():
        wait_for(2)
        by_jobs = write_all(dem, folder / "jobs")
    for expected, found in zip(by_threads, by_jobs, strict=True):
        assert found.read_bytes() == expected.read_bytes()
    assert re.search(r"windows by job: .*\d, this job \d", caplog.text)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_parts_start_before_their_turn_but_not_all_at_once(most):
    started = []
    parts = _start_before(range(10), lambda part: started.append(part) or part, most)
    assert next(parts) == 0
    assert len(started) == 1 + most
    assert list(parts) == list(range(1, 10))


def test_threads_hand_parts_over_in_their_order():
    parts = [xr.Dataset({"number": ("x", [number])}).chunk() for number in range(9)]
    with dask.config.set(num_workers=3):
        assert [int(part.number[0]) for part in compute_in_order(parts)] == list(range(9))


def square_slowly(block):
    time.sleep(0.2)
    return block**2


def test_windows_of_a_lost_job_are_computed_by_another(folder):
    from distributed import get_client

    parts = [
        xr.Dataset({"a": ("x", dask.array.full(4, number, dtype=int).map_blocks(
            square_slowly, dtype=int))})
        for number in range(16)
    ]  # fmt: skip
    with share():
        wait_for(2)
        computed = compute_in_order(parts)
        found = [int(next(computed).a[0])]
        get_client().cluster.scale(0)
        found += [int(part.a[0]) for part in computed]
    assert found == [number**2 for number in range(16)]


@pytest.mark.attack
def test_a_stranger_is_refused_and_there_are_no_pages(folder):
    from distributed import Client, Security

    with share():
        client = wait_for(2)
        address = client.cluster.scheduler_address
        assert address.startswith("tls://")
        for security in (None, Security.temporary()):
            place = address if security else address.replace("tls://", "tcp://")
            with pytest.raises((OSError, ssl.SSLError, TypeError)):
                Client(place, security=security, timeout=3)
        pages = [client.cluster.scheduler.http_server.port]
        pages += client.run(lambda dask_worker: dask_worker.http_server.port).values()
        for port, path in [(port, path) for port in pages for path in ("", "info/logs", "health")]:
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5)
        host = address.rpartition("/")[2].rpartition(":")[0]
        for port in pages:
            with pytest.raises(urllib.error.URLError, match="refused"):
                urllib.request.urlopen(f"http://{host}:{port}/", timeout=5)


def test_a_folder_that_slurm_would_misread_is_refused(folder):
    (folder / "inner").mkdir()
    resources = {"worker_jobs": 1, "mem_mb": 100}
    with (
        pytest.raises(ValueError, match="SLURM cannot write logs to"),
        spread_blocks(1, resources, log="lo gs/$(touch pwned)/a.log"),
    ):
        pass


def test_what_slurm_refuses_is_a_sentence(folder, monkeypatch, tmp_path):
    (tmp_path / "bin" / "sbatch").write_text("#!/bin/sh\necho 'no such partition' >&2\nexit 1\n")
    with pytest.raises(OSError, match="SLURM takes no such job"), share():
        pass


ALONE = """
import sys
from landshift.runtime.workers import spread_blocks
with spread_blocks(1, {"mem_mb": 1000}, log=sys.argv[1]):
    import landshift.geodata.cog, landshift.geodata.raster, landshift.factors.terrain.derive
sys.exit(str({"distributed", "dask_jobqueue", "cryptography"} & set(sys.modules)))
"""


def test_a_job_alone_imports_nothing_of_a_cluster(tmp_path):
    command = [sys.executable, "-c", ALONE, str(tmp_path / "a.log")]
    assert subprocess.run(command, capture_output=True, text=True).stderr == "set()\n"
