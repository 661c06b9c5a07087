"""One step of `mosaic.py`; one line of JSON.

python mosaic_tiles.py STEP FOLDER SIZE TILES THREADS [SUSCEPTIBILITY UNCERTAINTY]

`cut` writes the whole map, unless files are given, and its tiles, which overlap by 64 cells;
`mosaic` joins the tiles; `copy` reads and writes the whole map; `compare` counts the cells of the
mosaic that differ from the whole map.
"""

import json
import sys
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from landshift.geodata.cog import write_cogs
from landshift.geodata.raster import BLOCK, open_raster
from landshift.mapping.mosaic import mosaic_maps

VARIABLES = ("susceptibility", "uncertainty")
OVERLAP = 64
RESOLUTION_M = 10.0


def main(step: str, folder: Path, size: int, tiles: int, given: list[str]) -> None:
    """Run a step and say how many cells the map has."""
    files = dict(zip(VARIABLES, given, strict=True)) if given else name_files(folder, "whole")
    if step == "cut" and not given:
        write_cogs(invent_map(size), files)
    whole = open_map(files)
    report = {"cells": whole.susceptibility.size}
    if step == "cut":
        for name, (rows, columns) in plan_tiles(*whole.susceptibility.shape, tiles).items():
            write_cogs(whole.isel(y=rows, x=columns), name_files(folder, name))
    elif step == "mosaic":
        names = plan_tiles(*whole.susceptibility.shape, tiles)
        parts = {name: open_map(name_files(folder, name)) for name in names}
        grid = whole.odc.geobox
        joined = mosaic_maps(parts, str(grid.crs), grid.resolution.x)
        write_cogs(joined, name_files(folder, "mosaic"))
    elif step == "copy":
        write_cogs(whole, name_files(folder, "copy"))
    else:
        report["different"] = count_different(whole, open_map(name_files(folder, "mosaic")))
    print(json.dumps(report))


def name_files(folder: Path, name: str) -> dict[str, Path]:
    """Name the two files of a map."""
    return {variable: folder / f"{name}_{variable}.tif" for variable in VARIABLES}


def open_map(files: dict) -> xr.Dataset:
    """Open the two files of a map by blocks."""
    return xr.Dataset({name: open_raster(file, chunks=BLOCK) for name, file in files.items()})


def invent_map(size: int) -> xr.Dataset:
    """Random cells, a tenth of them without data."""
    edge_m = size * RESOLUTION_M
    box = (500_000, 4_900_000, 500_000 + edge_m, 4_900_000 + edge_m)
    grid = GeoBox.from_bbox(box, "EPSG:32632", resolution=RESOLUTION_M)
    generator = da.random.default_rng(1)
    values = generator.random((2, *grid.shape), dtype=np.float32, chunks=(1, BLOCK, BLOCK))
    empty = values[0] < 0.1
    coords = xr_coords(grid)
    return xr.Dataset(
        {
            name: xr.DataArray(
                da.where(empty, np.float32(np.nan), layer),
                dims=("y", "x"),
                coords=coords,
                attrs={"units": "1", "long_name": name},
            )
            for name, layer in zip(VARIABLES, values, strict=True)
        }
    )


def plan_tiles(height: int, width: int, tiles: int) -> dict[str, tuple[slice, slice]]:
    """Rows and columns of every tile, by name."""
    rows, columns = np.linspace(0, height, tiles + 1), np.linspace(0, width, tiles + 1)
    return {
        f"tile{i}_{j}": (_widen(rows, i, height), _widen(columns, j, width))
        for i in range(tiles)
        for j in range(tiles)
    }


def _widen(edges: np.ndarray, number: int, size: int) -> slice:
    low, high = int(edges[number]) - OVERLAP, int(edges[number + 1]) + OVERLAP
    return slice(max(0, low), min(size, high))


def count_different(whole: xr.Dataset, other: xr.Dataset) -> int:
    """Count the cells that differ in either variable; no data equals no data."""
    if whole.odc.geobox != other.odc.geobox:
        return whole.susceptibility.size
    total = 0
    for name in VARIABLES:
        first, second = whole[name].data, other[name].data
        same = (first == second) | (da.isnan(first) & da.isnan(second))
        total += int((~same).sum().compute())
    return total


if __name__ == "__main__":
    step, folder, size, tiles, threads, *given = sys.argv[1:]
    dask.config.set(scheduler="threads", num_workers=int(threads))
    main(step, Path(folder), int(size), int(tiles), given)
