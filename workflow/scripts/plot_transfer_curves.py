"""Draw accuracy against the number of landslides, method by method, in one regime."""

import pandas as pd

from landshift.report.figures.curves import plot_transfer_curves
from landshift.report.figures.style import write_figure
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, table, regime, seed, figure):
    write_figure(plot_transfer_curves(pd.read_parquet(table), regime=regime, seed=seed), figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
