"""Fetch the area of a region in which landslides were looked for, on the grid of the region."""

from landshift.acquire.fetch.store import open_store, write_record
from landshift.acquire.layer import Layer
from landshift.acquire.layers.areas import acquire_surveyed, take_extent
from landshift.geodata.raster import open_raster, write_raster
from landshift.runtime.files import refuse_changes
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, entry, dem, inventory, store, surveyed, record):
    ground = open_raster(dem)
    if inventory:
        acquired = take_extent(inventory[0], ground)
    else:
        acquired = acquire_surveyed(Layer.parse(entry), ground.odc.geobox, store)
    write_raster(acquired.data.rename("surveyed"), surveyed)
    write_record(acquired, record)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.files):
        call_main(main, snakemake, store=open_store(snakemake.config["mirror"]))
