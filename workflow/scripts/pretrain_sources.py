"""Stage 1: pre-train every learner on the samples of all sources of one target."""

import json
import logging
from pathlib import Path

import pandas as pd

from landshift.factors.table import FACTORS
from landshift.geodata.grids import find_degrees
from landshift.runtime.files import read_json
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.sampling.tables import keep_factors
from landshift.transfer.frozen import freeze_models
from landshift.transfer.pretraining import pretrain_sources
from landshift.transfer.storage import save_model


def main(
    *, samples, background, selected, grounds, shared,
    learners, own_units, legends, recipes, seed, threads, models, manifest,
):  # fmt: skip
    factors = json.loads(Path(selected).read_text(encoding="utf-8"))
    units = {name: factor.units for name, factor in FACTORS.items()} | own_units
    labelled = pd.concat([pd.read_parquet(path) for path in samples], ignore_index=True)
    unlabelled = pd.concat([pd.read_parquet(path) for path in background], ignore_index=True)
    for learner, folder in zip(learners, models, strict=True):
        logging.info("pre-training %s on %d samples", learner, len(labelled))
        model = pretrain_sources(
            keep_factors(labelled, factors),
            keep_factors(unlabelled, factors),
            learner=learner,
            seed=seed,
            units=units,
            legends=legends,
            threads=threads,
        )
        save_model(model, folder)
    places = {name: {"box": find_degrees(path)} for name, path in grounds.items()}
    for name, path in shared.items():
        record = read_json(path)
        places[name] |= {"without": record["without"]} if "without" in record else {}
    sha256 = freeze_models(models, manifest, recipes=recipes, places=places)
    logging.info("SHA-256 of the manifest, to freeze these models: %s", sha256)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    inputs, params = snakemake.input, snakemake.params
    call_main(
        main,
        snakemake,
        grounds=dict(zip(params.placed, inputs.grounds, strict=True)),
        threads=snakemake.threads,
        shared={Path(path).parent.name: path for path in inputs.shared},
    )
