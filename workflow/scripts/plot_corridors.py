"""Draw the susceptibility along the corridors of a target."""

import pandas as pd

from landshift.figures.corridors import plot_corridors
from landshift.figures.style import write_figure
from landshift.logs import set_up_logging
from landshift.opening import open_dataset


def main(*, region, table, classes, figure):
    with open_dataset(classes) as source:
        breaks = [float(limit) for limit in source.tags()["breaks"].split(", ")]
    title = f"Susceptibility along corridors of {region}"
    write_figure(plot_corridors(pd.read_csv(table), breaks, title=title), figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        region=snakemake.wildcards.target,
        table=snakemake.input.table,
        classes=snakemake.input.classes,
        figure=snakemake.output.figure,
    )
