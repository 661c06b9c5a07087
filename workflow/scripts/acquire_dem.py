"""Fetch the elevation [m] of a region: in the detail that factors need, and on its grid."""

from landshift.acquire.fetch.store import open_store, write_record
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_dem
from landshift.geodata.detail import average_elevation
from landshift.geodata.raster import write_raster
from landshift.runtime.files import refuse_changes
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, entry, grid, store, detail, dem, record):
    acquired = acquire_dem(Layer.parse(entry), grid, store)
    write_raster(acquired.data.rename("dem"), detail)
    # Water finds its way through lakes and gaps, but there is no land in them.
    crossed = acquired.crossed
    land = acquired.data if crossed is None else acquired.data.where(crossed == 0)
    write_raster(average_elevation(land, grid["resolution_m"]).rename("dem"), dem)
    write_record(acquired, record)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.files):
        call_main(main, snakemake, store=open_store(snakemake.config["mirror"]))
