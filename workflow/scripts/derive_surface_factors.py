"""Derive the surface factors of a region from its bands of reflectance."""

from landshift.factors.surface import BANDS, derive_surface_factors
from landshift.geodata.raster import BLOCK, open_raster, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, bands, factors):
    layers = {name: open_raster(path, chunks=BLOCK) for name, path in bands.items()}
    write_factors(derive_surface_factors(layers), factors)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake, bands={name: snakemake.input[name] for name in BANDS})
