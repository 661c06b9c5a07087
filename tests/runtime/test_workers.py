"""Blocks computed by threads and by workers of a cluster: the same files, the same order."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from distributed import Client
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.geodata.cog import write_cogs
from landshift.geodata.raster import write_factors
from landshift.runtime.workers import (
    _Here,
    _Places,
    _take,
    _welcome_helpers,
    compute_in_order,
    spread_blocks,
)


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


def open_client():
    return Client(processes=False, n_workers=0, threads_per_worker=1, dashboard_address=":0")


def test_workers_and_threads_write_the_same_files(dem, tmp_path):
    with spread_blocks(2, {}, log=tmp_path / "a.log"):
        by_threads = write_all(dem, tmp_path / "threads")
    places = _Places(1, most=3)
    with (
        open_client() as client,
        dask.config.set(scheduler="threads", num_workers=1),
        _take(places),
    ):
        client.sync(_welcome_helpers, client.cluster.scheduler, client, places)
        client.cluster.scale(2)
        client.wait_for_workers(2)
        by_workers = write_all(dem, tmp_path / "workers")
    assert set(places.done) == {"this job", "0", "1"}
    for expected, found in zip(by_threads, by_workers, strict=True):
        assert found.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("most", [1, 2, 5])
def test_parts_come_in_their_order_and_start_before_their_turn(most):
    started = []

    def start():
        for number in range(4):
            started.append(number)
            yield xr.Dataset({"number": number})

    with _take(_Places(1, most)):
        parts = compute_in_order(start())
        assert int(next(parts).number) == 0
        assert len(started) == min(4, 1 + most)
        assert [int(part.number) for part in parts] == [1, 2, 3]


STARTED, RELEASED = threading.Event(), threading.Event()


def wait_the_first_time(number):
    if not STARTED.is_set():
        STARTED.set()
        RELEASED.wait(60)
    return np.array([number])


def lose_helper(cluster, places):
    STARTED.wait(60)
    cluster.scale(0)
    while cluster.scheduler.workers:
        time.sleep(0.01)
    places.add(_Here())
    RELEASED.set()


def test_a_window_whose_job_is_lost_is_computed_here():
    values = [
        dask.array.from_delayed(dask.delayed(wait_the_first_time)(number), (1,), int)
        for number in range(4)
    ]
    places = _Places(0, most=1)
    with open_client() as client, _take(places), ThreadPoolExecutor(1) as pool:
        client.sync(_welcome_helpers, client.cluster.scheduler, client, places)
        client.cluster.scale(1)
        pool.submit(lose_helper, client.cluster, places)
        parts = compute_in_order(xr.Dataset({"number": ("x", value)}) for value in values)
        assert [int(part.number[0]) for part in parts] == [0, 1, 2, 3]
    assert places.done == {"this job": 4}


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
