"""Map the susceptibility of a target [1], its uncertainty [logit] and five classes, as COGs."""

import pandas as pd

from landshift.geodata.cog import write_cog, write_cogs
from landshift.geodata.raster import open_raster, read_factors
from landshift.mapping.classes import (
    CLASS_COLOURS,
    class_breaks,
    classify_susceptibility,
    find_source_breaks,
)
from landshift.mapping.compiled.model import compile_model
from landshift.mapping.predict import map_susceptibility
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.workers import spread_blocks
from landshift.transfer.manifest import read_provenance
from landshift.transfer.storage import load_model


def main(*, model, factors, breaks, sources, block_size, susceptibility, uncertainty, classes):
    tuned = load_model(model)
    tags = read_provenance(model)
    layers = read_factors(factors, names=tuned.factors, chunks=block_size)
    files = {"susceptibility": susceptibility, "uncertainty": uncertainty}
    write_cogs(map_susceptibility(compile_model(tuned), layers), files, tags=tags)
    # Read back, so that the model need not run again for the breaks and the classes.
    mapped = open_raster(susceptibility, chunks=block_size)
    limits = (
        find_source_breaks(tuned, map(pd.read_parquet, sources))
        if breaks == "sources"
        else class_breaks(mapped, breaks)
    )
    tags["breaks"] = ", ".join(f"{limit:.6g}" for limit in limits)
    colours = dict(enumerate(CLASS_COLOURS, start=1))
    write_cog(classify_susceptibility(mapped, limits), classes, tags=tags, colours=colours)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with spread_blocks(snakemake.threads, snakemake.resources, log=snakemake.log[0]):
        call_main(main, snakemake)
