"""Count the area and the landslides in each class of a map.

Groups of landslides: ``held_out``, later ones or else those that gave no shot, and ``used``, those
that the model was fine-tuned on.
"""

import pandas as pd

from landshift.evaluation.class_shares import tabulate_classes
from landshift.geodata.raster import open_raster
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.sampling.shots import find_held_out


def main(*, classes, dem, samples, shots, validation, known, table):
    codes = open_raster(classes)
    tables = pd.read_parquet(samples), pd.read_parquet(shots)
    used, held_out = find_held_out(*tables, open_raster(dem), validation, known)
    groups = {"held_out": held_out, "used": used}
    shares = tabulate_classes(codes, {name: each for name, each in groups.items() if len(each)})
    write_csv(shares.round(4), table)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake, validation=next(iter(snakemake.input.validation), None))
