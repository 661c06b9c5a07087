"""Services that fail at random: equal layers or a clear error, never something half."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import rasterio

from landshift.acquire.fetch import policy as retrying
from landshift.acquire.fetch.store import Store
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_dem, acquire_layer
from landshift.geodata.raster import write_raster

from .services import FAULTS, Services

RUNS = int(os.environ.get("LANDSHIFT_FAULT_RUNS", "6"))
"""Seeded runs; `make test-acquire` asks for 100."""


def acquire_all(folder, mirror, box):
    """Acquire elevation, land cover and a band; returns the bytes of their files."""
    store = Store(folder / "cache", mirror)
    dem = acquire_dem(
        Layer.parse({"recipe": "copernicus_dem"}), {"resolution_m": 100, "box": box}, store
    )
    grid = dem.data.odc.geobox
    entries = {
        "land_cover": {"recipe": "esa_worldcover"},
        "nir": {"recipe": "sentinel2", "dates": ["2023-06-01", "2023-07-30"]},
    }
    layers = {"dem": dem} | {
        name: acquire_layer(name, Layer.parse(entry), grid, store)
        for name, entry in entries.items()
    }
    for name, layer in layers.items():
        write_raster(layer.data.rename(name), folder / f"{name}.tif")
    return {name: (folder / f"{name}.tif").read_bytes() for name in layers}


@pytest.fixture(scope="module")
def expected(served, box, tmp_path_factory):
    with Services(served) as services:
        return acquire_all(tmp_path_factory.mktemp("expected"), services.address, box)


@pytest.mark.parametrize("seed", range(RUNS))
def test_faults_end_in_equal_layers_or_a_clear_error(served, box, expected, tmp_path, seed):
    share = (0.1, 0.25, 0.5)[seed % 3]
    with Services(served, seed=seed, share=share) as services:
        for _ in range(20):
            try:
                found = acquire_all(tmp_path, services.address, box)
                break
            except OSError as error:
                # The next run resumes: what came whole is kept.
                assert re.search(r"https?://\S+: .*gave up after 6 attempts", str(error))
        else:
            pytest.fail("twenty runs did not bring the layers")
    assert found == expected
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_service_that_always_fails_is_given_up(served, grid, tmp_path, fault, monkeypatch):
    monkeypatch.setattr(retrying, "ATTEMPTS", 2)
    with Services(served, seed=1, faults=(fault,), share=1.0) as services:
        store = Store(tmp_path, services.address)
        entry = {"recipe": "esa_worldcover"}
        if fault == "slow":
            assert acquire_layer("land_cover", Layer.parse(entry), grid, store).data.any()
            return
        with pytest.raises(OSError, match=r"ESA_WorldCover.*gave up after 2 attempts"):
            acquire_layer("land_cover", Layer.parse(entry), grid, store)
    assert not list(tmp_path.rglob("*.tif"))


PROGRAM = """
import sys
from landshift.acquire import Layer, Store, acquire_dem
grid = {"resolution_m": 100, "box": %r}
layer = Layer.parse({"recipe": "copernicus_dem"})
dem = acquire_dem(layer, grid, Store(sys.argv[1], sys.argv[2]))
"""


SAME_NUMBER = "import os\nos.getpid = lambda: 1  # as in every container\n"


def test_two_containers_fetch_into_one_cache(served, box, expected, tmp_path):
    cache = tmp_path / "cache"
    with Services(served) as services:
        services.pause_s = 0.02
        program = SAME_NUMBER + PROGRAM % (box,)
        command = [sys.executable, "-c", program, str(cache), services.address]
        runs = [subprocess.Popen(command) for _ in range(2)]
        assert [run.wait() for run in runs] == [0, 0]
        asked = len(services.log)
        assert acquire_all(tmp_path, services.address, box) == expected
    assert not [path for _, path, _, _ in services.log[asked:] if "Copernicus" in path]
    assert not list(cache.rglob(".*"))


def test_a_killed_download_resumes(served, box, expected, tmp_path):
    cache = tmp_path / "cache"
    with Services(served) as services:
        services.pause_s = 0.4
        command = [sys.executable, "-c", PROGRAM % (box,), str(cache), services.address]
        with subprocess.Popen(command) as process:
            while not list((cache / "windows").glob("*.json")) and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        services.pause_s = 0.0
        kept = {path.stem for path in (cache / "windows").glob("*.json")}
        assert 1 <= len(kept) < 4
        asked = len(services.log)
        assert acquire_all(tmp_path, services.address, box) == expected
    addresses = {path for _, path, _, _ in services.log[asked:] if "Copernicus" in path}
    assert len(addresses) == 4 - len(kept)


def test_a_stolen_length_of_a_whole_file_is_noticed(served, tmp_path):
    from landshift.acquire.fetch.downloads import fetch_current

    path = next(served.rglob("*WorldCover*.tif"))
    url = f"https://{path.relative_to(served)}"
    for seed in range(4):
        with Services(served, seed=seed, faults=("short", "truncated"), share=0.5) as services:
            found, record = fetch_current(url, Store(tmp_path / str(seed), services.address))
        assert found.read_bytes() == path.read_bytes() and record["address"] == url
        with rasterio.open(found) as source:
            assert source.count == 1
