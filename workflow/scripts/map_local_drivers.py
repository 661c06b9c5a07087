"""Map what each factor adds to the logit of a target's cells, against its typical cell [logit]."""

import dask
import pandas as pd

from landshift.geodata.raster import read_factors, write_factors
from landshift.mapping.compiled.model import compile_model
from landshift.mapping.local_drivers import map_local_drivers
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.transfer.manifest import read_provenance
from landshift.transfer.storage import load_model


def main(*, model, factors, background, block_size, drivers):
    tuned = load_model(model)
    layers = read_factors(factors, names=tuned.factors, chunks=block_size)
    changes = map_local_drivers(
        compile_model(tuned), layers, pd.read_parquet(background), classes=set(tuned.classes_seen)
    )
    write_factors(changes, drivers, tags=read_provenance(model))


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    dask.config.set(scheduler="threads", num_workers=snakemake.threads)
    call_main(main, snakemake)
