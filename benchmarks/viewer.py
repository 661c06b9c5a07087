"""Write the viewer of a large invented region, open it in a browser, and time both.

    make test-web                                     # once: makes the browser's environment
    python benchmarks/viewer.py                       # 100 million cells
    python benchmarks/viewer.py --size 2048

Prints the size of the page, the seconds to write it, and those from opening the file until the map
is drawn. Fails if the page has a problem or asks for anything beyond itself.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from factors import ROOT, describe_machine
from rasterio.transform import from_origin
from rasterio.windows import Window
from shapely.geometry import Point

from landshift.acquire.inventory.storage import write_inventory
from landshift.report.viewer.page import Place, write_viewer

BROWSE = ROOT / "tests/web/browse.py"
CELL_M = 10
STRIP = 500
CODES = {"classes": 0, "applicability": 255}
VALUES = ("dem", "susceptibility", "uncertainty", "dissimilarity")


def main(arguments: argparse.Namespace) -> None:
    """Write, open and report."""
    print(describe_machine(), flush=True)
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="bench-viewer-") as name:
        folder = Path(name)
        place = invent_place(folder, arguments.size)
        page = folder / "viewer.html"
        start, used = time.perf_counter(), time.process_time()
        write_viewer(page, [place], study="large", assets=ROOT / "workflow/viewer")
        wall, cpu = time.perf_counter() - start, time.process_time() - used
        size = page.stat().st_size / 1e6
        print(f"{arguments.size**2 / 1e6:.0f} million cells: page of {size:.1f} MB", end=", ")
        print(f"written in {wall:.1f} s ({cpu:.1f} s of CPU)", flush=True)
        command = [arguments.browser, BROWSE, page, folder / "view.png"]
        done = subprocess.run(command, input="[]", capture_output=True, text=True, check=True)
        seen = json.loads(done.stdout)
    print(f"opened in {seen['seconds_to_open']} s")
    if seen["problems"] or seen["requests"]:
        sys.exit(f"problems {seen['problems']}, requests {seen['requests']}")


def invent_place(folder: Path, size: int) -> Place:
    """Write maps of waves and noise, strip by strip, and landslides at random."""
    generator = np.random.default_rng(1)
    profile = {"driver": "GTiff", "height": size, "width": size, "count": 1, "crs": "EPSG:32632"}
    profile |= {"transform": from_origin(500_000, 5_000_000, CELL_M, CELL_M), "tiled": True}
    profile |= {"compress": "zstd", "zstd_level": 1}
    sinks = {}
    for name in VALUES:
        options = profile | {"dtype": "float32", "nodata": np.nan}
        sinks[name] = rasterio.open(folder / f"{name}.tif", "w", **options)
    for name, nodata in CODES.items():
        options = profile | {"dtype": "uint8", "nodata": nodata}
        sinks[name] = rasterio.open(folder / f"{name}.tif", "w", **options)
    for top in range(0, size, STRIP):
        window = Window(0, top, size, min(STRIP, size - top))
        for name, values in invent_strip(window, size, generator).items():
            sinks[name].write(values, 1, window=window)
    for sink in sinks.values():
        sink.close()
    reach = size * CELL_M
    places = [Point(500_000 + x, 5_000_000 - y) for x, y in generator.uniform(0, reach, (2000, 2))]
    numbers = {"id": [str(number) for number in range(2000)], "date": "2014"}
    write_inventory(
        folder / "inventory.gpkg", gpd.GeoDataFrame(numbers, geometry=places, crs="EPSG:32632")
    )
    maps = {name: folder / f"{name}.tif" for name in (*VALUES[1:], *CODES)}
    return Place("large", maps, [folder / "dem.tif"], [folder / "inventory.gpkg"])


def invent_strip(window: Window, size: int, generator: np.random.Generator) -> dict:
    """All maps of a strip; the region is a disc."""
    rows, columns = np.mgrid[: window.height, :size].astype(np.float32)
    rows += window.row_off
    noise = generator.normal(0, 0.25, rows.shape).astype(np.float32)
    waves = np.sin(rows / 230) + np.cos(columns / 310) + noise
    outside = np.hypot(rows - size / 2, columns - size / 2) > 0.49 * size
    values = {
        "dem": 800 + 150 * waves,
        "susceptibility": 1 / (1 + np.exp(4 - 1.5 * waves)),
        "uncertainty": 0.5 + 0.2 * np.cos(columns / 900) + 0.1 * noise,
        "dissimilarity": np.abs(waves) / 3,
    }
    codes = {
        "classes": np.clip(np.digitize(waves, (-1, 0, 0.7, 1.5)) + 1, 1, 5),
        "applicability": waves < 1.2,
    }
    strips = {name: np.where(outside, np.nan, each) for name, each in values.items()}
    strips = {name: strip.astype(np.float32) for name, strip in strips.items()}
    return strips | {
        name: np.where(outside, CODES[name], each).astype(np.uint8) for name, each in codes.items()
    }


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=10_000, help="edge of the map [cells]")
    parser.add_argument("--browser", type=Path, default=ROOT / ".venv-web/bin/python")
    parser.add_argument("--work", type=Path, help="folder for temporary files")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_arguments())
