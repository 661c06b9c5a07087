"""Draw the susceptibility of a target and its uncertainty in one map."""

from landshift.geodata.raster import BLOCK, open_raster
from landshift.report.figures.style import write_figure
from landshift.report.figures.trust import plot_bivariate_map
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, target, dem, susceptibility, uncertainty, figure):
    rasters = [open_raster(path, chunks=BLOCK) for path in (susceptibility, uncertainty, dem)]
    title = f"Susceptibility and uncertainty of {target}"
    write_figure(plot_bivariate_map(*rasters, title=title), figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
