"""Take the rainfall [mm/a] of a region as its climate factor."""

from landshift.logs import set_up_logging
from landshift.raster import open_raster, write_factors


def main(*, rainfall, factors):
    layer = open_raster(rainfall)
    layer.attrs = {"units": "mm/a", "long_name": "Mean annual rainfall"}
    write_factors(layer.to_dataset(name="rainfall"), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(rainfall=snakemake.input.rainfall, factors=snakemake.output.factors)
