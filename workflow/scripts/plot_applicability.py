"""Draw where the map of a target applies."""

from landshift.geodata.raster import BLOCK, open_raster
from landshift.report.figures.style import write_figure
from landshift.report.figures.trust import plot_applicability
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, target, dem, mask, figure):
    title = f"Area of applicability of the map of {target}"
    write_figure(
        plot_applicability(
            open_raster(mask, chunks=BLOCK), open_raster(dem, chunks=BLOCK), title=title
        ),
        figure,
    )


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
