"""Gather the transfer benchmark of all targets: means over draws, methods compared."""

import pandas as pd

from landshift.evaluation.benchmark.dominance import compare_methods
from landshift.evaluation.benchmark.summary import summarise_transfer
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv


def main(*, scores, seed, table, text, summary, dominance):
    gathered = pd.concat([pd.read_parquet(path) for path in scores], ignore_index=True)
    gathered.to_parquet(table, index=False)
    write_csv(gathered, text)
    write_csv(summarise_transfer(gathered, seed=seed).round(4), summary)
    write_csv(compare_methods(gathered, seed=seed).round(4), dominance)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
