"""Derive the drainage factors of a region from its DEM [m] and average them onto its grid."""

import logging

from landshift.factors.drainage.derive import (
    LARGEST_WHOLE,
    TILE_SIZE,
    derive_drainage_factors,
    measure_lost,
)
from landshift.factors.subcells import average_with_subcells
from landshift.geodata.detail import leave_out
from landshift.geodata.raster import open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, detail, dem, factors):
    ground = open_raster(dem, chunks=TILE_SIZE)
    elevation = open_raster(detail, chunks=TILE_SIZE)
    # A lazy raster would be routed again for every strip that is written.
    whole = elevation.size <= LARGEST_WHOLE
    elevation = elevation.load() if whole else elevation
    lost = measure_lost(elevation) if whole else 0.0
    if lost:
        logging.warning(
            "%.1f %% of the cells with elevations drain into gaps amid them, where water is lost: "
            "areas below the gaps are too small; fill them in the elevation model",
            100 * lost,
        )
    derived = derive_drainage_factors(elevation)
    averaged = average_with_subcells(derived, elevation, ground.odc.geobox)
    tags = {"lost_in_gaps": f"{lost:.4f}"} if whole else {}
    write_factors(leave_out(averaged, ground), factors, tags=tags)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
