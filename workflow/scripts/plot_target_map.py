"""Draw the susceptibility of a target over its shaded relief, with the landslides used."""

import pandas as pd

from landshift.figures.maps import plot_susceptibility_map
from landshift.figures.style import write_figure
from landshift.logs import set_up_logging
from landshift.raster import open_raster
from landshift.shots import split_landslides


def main(*, region, dem, susceptibility, samples, shots, figure):
    mapped = open_raster(susceptibility)
    tables = pd.read_parquet(samples), pd.read_parquet(shots)
    used, others = split_landslides(*tables, crs=str(mapped.odc.crs))
    drawing = plot_susceptibility_map(
        mapped,
        open_raster(dem),
        title=f"Landslide susceptibility of {region}",
        shots=used,
        landslides=others if len(others) else None,
    )
    write_figure(drawing, figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        region=snakemake.wildcards.target,
        dem=snakemake.input.dem,
        susceptibility=snakemake.input.susceptibility,
        samples=snakemake.input.samples,
        shots=snakemake.input.shots,
        figure=snakemake.output.figure,
    )
