"""Derive the distances [m] of a region's cells to its line layers."""

from pathlib import Path

import geopandas

from landshift.factors.proximity import derive_proximity_factors
from landshift.geodata.raster import open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, dem, lines, factors):
    elevation = open_raster(dem)
    layers = {Path(path).stem: geopandas.read_file(path) for path in lines}
    grid = elevation.odc.geobox
    write_factors(derive_proximity_factors(layers, grid, mask=elevation), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
