"""Fetch a raster layer of a region and warp it onto the grid of the DEM."""

import os
from pathlib import Path

from landshift.acquire.fetch.addresses import choose_mirror
from landshift.acquire.fetch.records import write_record
from landshift.acquire.layers.rasters import acquire_layer
from landshift.geodata.raster import open_raster, write_raster
from landshift.runtime.files import refuse_changes
from landshift.runtime.logs import set_up_logging


def main(*, entry, dem, cache, mirror, name, layer, record):
    grid = open_raster(dem).odc.geobox
    acquired = acquire_layer(name, entry, grid, cache=Path(cache), mirror=mirror)
    write_raster(acquired.data, layer)
    write_record(acquired, record, entry)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.files):
        main(
            entry=snakemake.params.entry,
            dem=snakemake.input.dem,
            cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
            mirror=choose_mirror(snakemake.config["mirror"]),
            name=snakemake.wildcards.layer,
            layer=snakemake.output.layer,
            record=snakemake.output.record,
        )
