"""Derive the drainage factors of a region from its DEM [m] and average them onto its grid."""

from landshift.factors.drainage.derive import LARGEST_WHOLE, TILE_SIZE, derive_drainage_factors
from landshift.factors.subcells import average_with_subcells
from landshift.geodata.detail import leave_out
from landshift.geodata.raster import open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, detail, dem, factors):
    ground = open_raster(dem, chunks=TILE_SIZE)
    elevation = open_raster(detail, chunks=TILE_SIZE)
    # A lazy raster would be routed again for every strip that is written.
    elevation = elevation.load() if elevation.size <= LARGEST_WHOLE else elevation
    derived = derive_drainage_factors(elevation)
    averaged = average_with_subcells(derived, elevation, ground.odc.geobox)
    write_factors(leave_out(averaged, ground), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
