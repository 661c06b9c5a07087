"""Derive the terrain factors of a region from its DEM [m]."""

import dask

from landshift.logs import set_up_logging
from landshift.raster import BLOCK, open_raster, write_factors
from landshift.terrain import derive_terrain_factors


def main(*, dem, factors, threads=None):
    with dask.config.set(num_workers=threads):
        write_factors(derive_terrain_factors(open_raster(dem, chunks=BLOCK)), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(dem=snakemake.input.dem, factors=snakemake.output.factors, threads=snakemake.threads)
