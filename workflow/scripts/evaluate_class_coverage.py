"""Measure which share of a map has classes that training has not seen.

The table has the columns factor, use, code, name, seen and area_share [1]; the JSON file holds for
every factor the unseen codes and the share of the map that they cover [1].
"""

import json
import logging
from pathlib import Path

from landshift.evaluation.class_shares import measure_class_coverage, summarise_unseen
from landshift.geodata.raster import read_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.transfer.storage import load_model


def main(*, model, factors, block_size, table, summary):
    tuned = load_model(model)
    layers = read_factors(factors, names=tuned.factors, chunks=block_size)
    classes = measure_class_coverage(tuned, layers)
    unseen = summarise_unseen(classes)
    for name, found in unseen.items():
        text = "%s: training has not seen the classes %s, %.2f %% of the map"
        logging.info(text, name, found["codes"] or "(none)", 100 * found["area_share"])
    write_csv(classes.round({"area_share": 6}), table)
    Path(summary).write_text(json.dumps(unseen, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
