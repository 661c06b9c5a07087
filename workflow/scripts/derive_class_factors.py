"""Take layers of class codes as factors: integers with their legend, -1 where there is none."""

import json
from pathlib import Path

import xarray as xr

from landshift.factors.legends import read_legend, take_codes
from landshift.factors.table import class_factor
from landshift.geodata.raster import open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, region, layers, stated, factors):
    variables = {}
    for path in layers:
        name = Path(path).stem
        factor, entry = class_factor(name), stated[name]
        classes = read_legend(**entry)
        codes = take_codes(open_raster(path), origin=f"{region}, layer {name}", classes=classes)
        codes.attrs |= {"units": factor.units, "long_name": factor.long_name}
        if classes:
            codes.attrs["classes"] = json.dumps(classes)
        if "legend" in entry:
            codes.attrs["legend"] = entry["legend"]
        variables[name] = codes
    write_factors(xr.Dataset(variables), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
