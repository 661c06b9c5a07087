"""Unpack a region of the library, if no target lies in it."""

import logging

from landshift.acquire.library import read_library
from landshift.geodata.grids import find_degrees
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.sampling.library import unpack_region


def main(*, region, grounds, samples, background):
    known = read_library()[region]
    labelled, unlabelled = unpack_region(known, [find_degrees(ground) for ground in grounds])
    logging.info("%s: %s, licence %s", region, known.title, known.licence)
    labelled.to_parquet(samples, index=False)
    unlabelled.to_parquet(background, index=False)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
