"""Draw how well a map finds unseen landslides, next to zero-shot and local-only."""

from landshift.evaluation.skill import COLUMNS, CURVE_COLUMNS
from landshift.evaluation.tables import read_results
from landshift.report.figures.skill import plot_skill
from landshift.report.figures.style import write_figure
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, target, skill, curves, figure):
    tables = (
        read_results(path, columns) for path, columns in ((curves, CURVE_COLUMNS), (skill, COLUMNS))
    )
    write_figure(plot_skill(*tables, title=f"{target}: landslides not seen before"), figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
