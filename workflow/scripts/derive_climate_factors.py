"""Take the rainfall of a region, mean [mm/a] and extreme [mm/d], as its climate factors."""

from pathlib import Path

import xarray as xr

from landshift.factors.table import FACTORS
from landshift.geodata.raster import open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, layers, factors):
    variables = {}
    for path in layers:
        layer, factor = open_raster(path), FACTORS[Path(path).stem]
        layer.attrs |= {"units": factor.units, "long_name": factor.long_name}
        variables[factor.name] = layer
    write_factors(xr.Dataset(variables), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
