"""Derive the stability factors of a region from its slope [degree] and upslope area [log10(m2)]."""

from landshift.factors.stability import derive_stability_factors
from landshift.geodata.raster import BLOCK, read_factors, write_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, terrain, drainage, soil, factors):
    layers = read_factors([terrain, drainage], names=["slope", "upslope_area"], chunks=BLOCK)
    derived = derive_stability_factors(layers["slope"], layers["upslope_area"], **soil)
    tags = {key: f"{value:g}" for key, value in soil.items()}
    write_factors(derived, factors, tags=tags)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
