"""Fetch the elevation [m] of a region and warp it onto the region's grid."""

import os
from pathlib import Path

from landshift.acquire import acquire_dem, choose_mirror, write_record
from landshift.logs import set_up_logging
from landshift.raster import write_raster


def main(*, entry, grid, cache, mirror, dem, record):
    acquired = acquire_dem(entry, grid, cache=Path(cache), mirror=mirror)
    write_raster(acquired.data.rename("dem"), dem)
    write_record(acquired, record)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        entry=snakemake.params.entry,
        grid=snakemake.params.grid,
        cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
        mirror=choose_mirror(snakemake.config["mirror"]),
        dem=snakemake.output.dem,
        record=snakemake.output.record,
    )
