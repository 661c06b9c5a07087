"""Draw the susceptibility of a target and its classes over the relief, with the landslides used."""

import pandas as pd

from landshift.geodata.raster import BLOCK, open_raster
from landshift.report.figures.maps import plot_classes, plot_susceptibility_map
from landshift.report.figures.style import write_figure
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.sampling.shots import split_landslides


def main(*, target, dem, susceptibility, classes, samples, shots, figure, class_figure):
    mapped = open_raster(susceptibility, chunks=BLOCK)
    tables = pd.read_parquet(samples), pd.read_parquet(shots)
    used, others = split_landslides(*tables, crs=str(mapped.odc.crs))
    relief = open_raster(dem, chunks=BLOCK)
    points = {"shots": used, "landslides": others if len(others) else None}
    title = f"Landslide susceptibility of {target}"
    write_figure(plot_susceptibility_map(mapped, relief, title=title, **points), figure)
    drawing = plot_classes(open_raster(classes, chunks=BLOCK), relief, title=title, **points)
    write_figure(drawing, class_figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
