"""Draw where the map of a target can be trusted: its area of applicability and its uncertainty."""

from landshift.figures.style import write_figure
from landshift.figures.trust import plot_applicability, plot_bivariate_map
from landshift.logs import set_up_logging
from landshift.raster import open_raster


def main(*, region, dem, susceptibility, uncertainty, mask, applicability, bivariate):
    elevation = open_raster(dem)
    title = f"Area of applicability of the map of {region}"
    write_figure(plot_applicability(open_raster(mask), elevation, title=title), applicability)
    both = open_raster(susceptibility), open_raster(uncertainty)
    title = f"Susceptibility and uncertainty of {region}"
    write_figure(plot_bivariate_map(*both, elevation, title=title), bivariate)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        region=snakemake.wildcards.target,
        dem=snakemake.input.dem,
        susceptibility=snakemake.input.susceptibility,
        uncertainty=snakemake.input.uncertainty,
        mask=snakemake.input.mask,
        applicability=snakemake.output.applicability,
        bivariate=snakemake.output.bivariate,
    )
