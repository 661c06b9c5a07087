"""Draw all methods side by side: curves per target, and gains, losses and regret."""

import pandas as pd

from landshift.report.figures.dominance import plot_dominance
from landshift.report.figures.style import write_figure
from landshift.runtime.logs import set_up_logging


def main(*, table, dominance, regime, seed, figure):
    drawn = plot_dominance(pd.read_parquet(table), pd.read_csv(dominance), regime=regime, seed=seed)
    write_figure(drawn, figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        table=snakemake.input.table,
        dominance=snakemake.input.dominance,
        regime=snakemake.params.regime,
        seed=snakemake.params.seed,
        figure=snakemake.output.figure,
    )
