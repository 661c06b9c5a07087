"""Write the synthetic DEM, or count the cells of one; run as a program by `factors.py`.

python dems.py write PATH SIZE
python dems.py count PATH
"""

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.virtual.landscape import make_fractal_field
from landshift.geodata.raster import write_raster

RESOLUTION_M = 10.0
SPREAD_M = 300.0
HURST = 0.8
SEED = 42


def write_fractal_dem(path: Path, size: int) -> None:
    """Write a self-affine surface of `size` x `size` cells, full of depressions, as GeoTIFF."""
    field = make_fractal_field(size, HURST, np.random.default_rng(SEED))
    edge_m = size * RESOLUTION_M
    grid = GeoBox.from_bbox(
        (500_000.0, 4_900_000.0, 500_000.0 + edge_m, 4_900_000.0 + edge_m),
        "EPSG:32632",
        resolution=RESOLUTION_M,
    )
    dem: xr.DataArray = wrap_xr((1500.0 + SPREAD_M * field).astype(np.float32), grid)
    write_raster(dem.rename("dem"), path)


def count_cells(path: Path) -> tuple[int, int]:
    """Count the cells of a DEM, and those with data."""
    valid = 0
    with rasterio.open(path) as source:
        for _, window in source.block_windows(1):
            valid += int(np.count_nonzero(source.read_masks(1, window=window)))
        return source.width * source.height, valid


if __name__ == "__main__":
    task, path, *rest = sys.argv[1:]
    if task == "write":
        write_fractal_dem(Path(path), int(rest[0]))
    print(json.dumps(count_cells(Path(path))))
