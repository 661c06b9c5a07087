"""Map the dissimilarity index [1] of a target and its area of applicability, as COGs."""

import logging

import pandas as pd

from landshift.geodata.cog import write_cog
from landshift.geodata.raster import open_raster, read_factors
from landshift.mapping.applicability import (
    MASK_COLOURS,
    fit_applicability,
    map_dissimilarity,
    mask_applicability,
    share_outside,
)
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.workers import spread_blocks
from landshift.transfer.averaging import list_parts
from landshift.transfer.fine_tuning import find_importance
from landshift.transfer.manifest import read_provenance
from landshift.transfer.pretraining import limit_samples
from landshift.transfer.storage import load_model


def main(*, model, factors, samples, shots, block_size, dissimilarity, applicability):
    tuned = load_model(model)
    # sub-cells lie within the spread of their cells: the means tell what is unlike
    sources = list_parts(tuned)[0].model.source_score.models
    tables = {table["region"].iloc[0]: table for table in map(pd.read_parquet, samples)}
    learned = [limit_samples(table, name, sources[0].seed) for name, table in tables.items()]
    training = pd.concat([*learned, pd.read_parquet(shots)], ignore_index=True)
    # what only the target has says nothing of how near the sources are
    shared = sources[0].factors
    fitted = fit_applicability(
        training, shared, find_importance(sources), classes=sources[0].class_scores.scores
    )
    tags = read_provenance(model) | {"threshold": f"{fitted.threshold:.6g}"}
    layers = read_factors(factors, names=shared, chunks=block_size)
    write_cog(map_dissimilarity(fitted, layers), dissimilarity, tags=tags)
    # read back, so that the neighbours need not be searched again for the mask
    mask = mask_applicability(open_raster(dissimilarity, chunks=block_size), fitted.threshold)
    outside = share_outside(mask)
    logging.info("%.1f %% of the region lie outside the area of applicability", 100 * outside)
    tags["share_outside"] = f"{outside:.6g}"
    write_cog(mask, applicability, tags=tags, colours=MASK_COLOURS)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with spread_blocks(snakemake.threads, snakemake.resources, log=snakemake.log[0]):
        call_main(main, snakemake)
