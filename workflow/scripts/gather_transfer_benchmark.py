"""Gather the transfer benchmark of all targets: means over draws, methods compared."""

import pandas as pd

from landshift.evaluation.benchmark.dominance import compare_methods
from landshift.evaluation.benchmark.summary import summarise_transfer
from landshift.runtime.logs import set_up_logging


def main(*, scores, seed, table, text, summary, dominance):
    gathered = pd.concat([pd.read_parquet(path) for path in scores], ignore_index=True)
    gathered.to_parquet(table, index=False)
    gathered.to_csv(text, index=False)
    summarise_transfer(gathered, seed=seed).round(4).to_csv(summary, index=False)
    compare_methods(gathered, seed=seed).round(4).to_csv(dominance, index=False)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        scores=list(snakemake.input.scores),
        seed=snakemake.params.seed,
        table=snakemake.output.table,
        text=snakemake.output.text,
        summary=snakemake.output.summary,
        dominance=snakemake.output.dominance,
    )
