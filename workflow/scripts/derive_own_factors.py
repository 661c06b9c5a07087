"""Take rasters of the user's own as factors, under the names of their layers."""

from pathlib import Path

import xarray as xr

from landshift.factors.table import own_factor
from landshift.geodata.raster import open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, layers, stated, factors):
    variables = {}
    for path in layers:
        layer, name = open_raster(path), Path(path).stem
        factor = own_factor(name, **stated[name])
        layer.attrs |= {"units": factor.units, "long_name": factor.long_name}
        variables[name] = layer
    write_factors(xr.Dataset(variables), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
