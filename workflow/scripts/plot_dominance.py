"""Draw all methods side by side: curves per target, and gains, losses and regret."""

import pandas as pd

from landshift.evaluation.tables import read_results
from landshift.report.figures.dominance import plot_dominance
from landshift.report.figures.style import write_figure
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, table, dominance, regime, seed, figure):
    compared = read_results(dominance, ["method", "family", "regime"])
    drawn = plot_dominance(pd.read_parquet(table), compared, regime=regime, seed=seed)
    write_figure(drawn, figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
