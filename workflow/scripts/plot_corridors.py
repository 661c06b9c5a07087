"""Draw the susceptibility along the corridors of a target."""

from landshift.evaluation.tables import read_results
from landshift.geodata.opening import open_dataset
from landshift.report.figures.corridors import plot_corridors
from landshift.report.figures.style import write_figure
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, target, table, classes, figure):
    with open_dataset(classes) as source:
        breaks = [float(limit) for limit in source.tags()["breaks"].split(", ")]
    title = f"Susceptibility along corridors of {target}"
    profiles = read_results(table, ["corridor", "from_m", "to_m", "mean", "maximum"])
    write_figure(plot_corridors(profiles, breaks, title=title), figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
