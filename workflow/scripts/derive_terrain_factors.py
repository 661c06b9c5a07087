"""Derive the terrain factors of a region from its DEM [m] and average them onto its grid."""

from landshift.factors.subcells import average_with_subcells
from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.geodata.detail import leave_out
from landshift.geodata.raster import BLOCK, open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.workers import spread_blocks


def main(*, detail, dem, factors):
    ground = open_raster(dem, chunks=BLOCK)
    elevation = open_raster(detail, chunks=BLOCK)
    derived = derive_terrain_factors(elevation)
    averaged = average_with_subcells(derived, elevation, ground.odc.geobox)
    write_factors(leave_out(averaged, ground), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with spread_blocks(snakemake.threads, snakemake.resources, log=snakemake.log[0]):
        call_main(main, snakemake)
