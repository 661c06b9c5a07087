"""Draw where the map of a target applies."""

from landshift.figures.style import write_figure
from landshift.figures.trust import plot_applicability
from landshift.logs import set_up_logging
from landshift.raster import BLOCK, open_raster


def main(*, region, dem, mask, figure):
    title = f"Area of applicability of the map of {region}"
    write_figure(
        plot_applicability(
            open_raster(mask, chunks=BLOCK), open_raster(dem, chunks=BLOCK), title=title
        ),
        figure,
    )


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        region=snakemake.wildcards.target,
        dem=snakemake.input.dem,
        mask=snakemake.input.mask,
        figure=snakemake.output.figure,
    )
