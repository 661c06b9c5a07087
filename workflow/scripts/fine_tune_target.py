"""Stage 2: fine-tune the pre-trained models on the shots of a target."""

import logging

import pandas as pd

from landshift.factors.table import FACTORS
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.storage import load_model, save_model


def main(*, region, models, samples, background, shots, settings, seed, model, table, sources=None):
    labelled = draw_shots(pd.read_parquet(samples), region=region, shots=shots, seed=seed)
    logging.info("%s: fine-tuning on %d landslides", region, labelled["presence"].sum())
    labelled.to_parquet(table, index=False)
    tuned = fine_tune_target(
        [load_model(folder) for folder in models],
        labelled,
        pd.read_parquet(background),
        region=region,
        seed=seed,
        sources=sources
        and tuple(
            pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
            for paths in sources
        ),
        **settings,
    )
    save_model(tuned, model)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(
        main,
        snakemake,
        region=snakemake.wildcards.target,
        sources=[list(snakemake.input[name]) for name in ("source_samples", "source_background")]
        if snakemake.input.source_samples
        else None,
        shots=snakemake.params.shots,
        settings={
            "prevalence": snakemake.params.prevalence,
            "pseudo_absences": snakemake.params.background_cells,
            "units": {name: factor.units for name, factor in FACTORS.items()}
            | snakemake.params.own_units,
            "legends": snakemake.params.legends,
            **snakemake.params.own,
        },
        table=snakemake.output.shots,
    )
