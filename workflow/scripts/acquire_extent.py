"""Fetch the extent of a region that has no elevations, on the grid of the region."""

import os
from pathlib import Path

from landshift.acquire.fetch.addresses import choose_mirror
from landshift.acquire.fetch.records import write_record
from landshift.acquire.layers.areas import acquire_extent
from landshift.geodata.raster import write_raster
from landshift.runtime.files import refuse_changes
from landshift.runtime.logs import set_up_logging


def main(*, entry, grid, cache, mirror, extent, record):
    acquired = acquire_extent(entry, grid, cache=Path(cache), mirror=mirror)
    write_raster(acquired.data.rename("extent"), extent)
    write_record(acquired, record, entry)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.files):
        main(
            entry=snakemake.params.entry,
            grid=snakemake.params.grid,
            cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
            mirror=choose_mirror(snakemake.config["mirror"]),
            extent=snakemake.output.extent,
            record=snakemake.output.record,
        )
