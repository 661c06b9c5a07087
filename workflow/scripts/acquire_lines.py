"""Fetch a layer of lines and bring it into the CRS of the region."""

from pathlib import Path

from landshift.acquire.fetch.store import open_store, write_record
from landshift.acquire.layer import Layer
from landshift.acquire.layers.lines import acquire_lines
from landshift.geodata.geopackage import write_geopackage
from landshift.geodata.raster import open_raster
from landshift.runtime.files import refuse_changes
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, entry, dem, store, lines, record):
    grid = open_raster(dem).odc.geobox
    acquired = acquire_lines(Layer.parse(entry), grid, store)
    write_geopackage(lines, {Path(lines).stem: acquired.data})
    write_record(acquired, record)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.files):
        call_main(main, snakemake, store=open_store(snakemake.config["mirror"]))
