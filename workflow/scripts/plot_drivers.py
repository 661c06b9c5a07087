"""Draw what drives the map of a target, and how its strongest factors act."""

import pandas as pd

from landshift.report.figures.drivers import plot_dependence, plot_drivers
from landshift.report.figures.style import write_figure
from landshift.runtime.logs import set_up_logging


def main(*, region, drivers, dependence, bars, curves):
    table = pd.read_csv(drivers)
    write_figure(plot_drivers(table, title=f"What drives the map of {region}"), bars)
    title = f"How the drivers of {region} act"
    write_figure(plot_dependence(pd.read_csv(dependence), table, title=title), curves)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        region=snakemake.wildcards.target,
        drivers=snakemake.input.drivers,
        dependence=snakemake.input.dependence,
        bars=snakemake.output.bars,
        curves=snakemake.output.curves,
    )
