"""Map the 5 % and 95 % quantiles of the susceptibility of a target [1], as COGs."""

from landshift.geodata.cog import write_cogs
from landshift.geodata.raster import open_raster
from landshift.mapping.interval import PROBABILITY, map_interval
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.workers import spread_blocks
from landshift.transfer.manifest import read_manifest, read_provenance


def main(*, model, susceptibility, uncertainty, block_size, lower, upper):
    maps = (open_raster(path, chunks=block_size) for path in (susceptibility, uncertainty))
    files = {"susceptibility_lower": lower, "susceptibility_upper": upper}
    bounds = map_interval(*maps, score_error=read_manifest(model)["score_error"])
    write_cogs(bounds, files, tags=read_provenance(model) | {"interval": str(PROBABILITY)})


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with spread_blocks(snakemake.threads, snakemake.resources, log=snakemake.log[0]):
        call_main(main, snakemake)
