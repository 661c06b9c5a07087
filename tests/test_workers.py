"""Blocks computed by threads and by workers of a cluster: the same files, the same order."""

import subprocess
import sys

import dask
import numpy as np
import pytest
import xarray as xr
from distributed import Client
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.cog import write_cogs
from landshift.raster import write_factors
from landshift.terrain import derive_terrain_factors
from landshift.workers import _AHEAD, compute_in_order, spread_blocks


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


def test_workers_and_threads_write_the_same_files(dem, tmp_path):
    with spread_blocks(2, {}, log=tmp_path / "a.log"):
        by_threads = write_all(dem, tmp_path / "threads")
    with (
        Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=None),
        dask.config.set({_AHEAD: 3}),
    ):
        by_workers = write_all(dem, tmp_path / "workers")
    for expected, found in zip(by_threads, by_workers, strict=True):
        assert found.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_parts_come_in_their_order_and_start_before_their_turn(ahead):
    started = []

    def start():
        for number in range(4):
            started.append(number)
            yield xr.Dataset({"number": number})

    with dask.config.set({_AHEAD: ahead, "num_workers": 2}):
        parts = compute_in_order(start())
        assert int(next(parts).number) == 0
        assert len(started) == min(4, 1 + (ahead or 2))
        assert [int(part.number) for part in parts] == [1, 2, 3]


ALONE = """
import sys
from landshift.workers import spread_blocks
with spread_blocks(1, {"mem_mb": 1000}, log=sys.argv[1]):
    import landshift.cog, landshift.raster, landshift.terrain
sys.exit(str({"distributed", "dask_jobqueue", "cryptography"} & set(sys.modules)))
"""


def test_a_job_alone_imports_nothing_of_a_cluster(tmp_path):
    command = [sys.executable, "-c", ALONE, str(tmp_path / "a.log")]
    assert subprocess.run(command, capture_output=True, text=True).stderr == "set()\n"
