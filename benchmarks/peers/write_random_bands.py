"""The yardstick: read the DEM, write as many random bands as a group has factors.

The bands go through the writer that Landshift uses, and have no data where the DEM has none: less
to write than everywhere, hence the stricter yardstick.
"""

import sys

import dask.array
import numpy as np
import xarray as xr
from adapter import Report, read_paths

from landshift.factors.table import factor_names
from landshift.geodata.raster import BLOCK, open_raster, wrap_like, write_factors

if __name__ == "__main__":
    path, folder = read_paths()
    names = factor_names(sys.argv[3])
    report = Report()
    dem = open_raster(path)
    rows, columns = dem.shape
    # one strip of random numbers for all: drawing them shall cost nothing
    strip = np.random.default_rng(1).random((BLOCK, columns), dtype=np.float32)
    strips = dask.array.concatenate([dask.array.from_array(strip)] * -(-rows // BLOCK))[:rows]
    elevation = dask.array.from_array(dem.values, chunks=(BLOCK, columns))
    band = dask.array.where(dask.array.isnan(elevation), np.float32(np.nan), strips)
    bands = {name: wrap_like(band, dem, name=name, units="1", long_name=name) for name in names}
    write_factors(xr.Dataset(bands), folder / "random.tif")
    report.attributes += names
    report.print()
