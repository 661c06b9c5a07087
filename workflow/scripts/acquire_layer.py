"""Fetch a raster layer of a region and warp it onto the grid of the DEM."""

from landshift.acquire.fetch.store import open_store, write_record
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_layer
from landshift.geodata.raster import open_raster, write_raster
from landshift.runtime.files import refuse_changes
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, entry, dem, store, name, layer, record):
    grid = open_raster(dem).odc.geobox
    acquired = acquire_layer(name, Layer.parse(entry), grid, store)
    write_raster(acquired.data, layer)
    write_record(acquired, record)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.files):
        call_main(
            main,
            snakemake,
            store=open_store(snakemake.config["mirror"]),
            name=snakemake.wildcards.layer,
            layer=snakemake.output.layer,
        )
