"""Draw what drives the map of a target, and how its strongest factors act."""

from landshift.evaluation.tables import read_results
from landshift.report.figures.drivers import plot_dependence, plot_drivers
from landshift.report.figures.style import write_figure
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, target, drivers, dependence, bars, curves):
    table = read_results(drivers, ["scope", "factor", "share"])
    write_figure(plot_drivers(table, title=f"What drives the map of {target}"), bars)
    title = f"How the drivers of {target} act"
    how = read_results(dependence, ["factor", "value", "mean"])
    write_figure(plot_dependence(how, table, title=title), curves)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
