"""Derive the drainage factors of a region from its DEM [m]."""

from landshift.drainage import derive_drainage_factors
from landshift.logs import set_up_logging
from landshift.raster import open_raster, write_factors


def main(*, dem, factors):
    write_factors(derive_drainage_factors(open_raster(dem)), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(dem=snakemake.input.dem, factors=snakemake.output.factors)
