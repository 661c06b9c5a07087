"""Measure how far a target's factors are from those of each of its sources.

A description and a warning: the distance does not tell which source will help.
"""

import json
import logging
from pathlib import Path

import pandas as pd

from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.sampling.selection import measure_distances

FAR = 1.0
"""Distance of one factor from which on a source is warned of [standard deviations]."""


def main(*, target, background, sources, selected, similarity):
    factors = json.loads(Path(selected).read_text(encoding="utf-8"))
    unlabelled = pd.concat([pd.read_parquet(path) for path in sources], ignore_index=True)
    table = measure_distances(pd.read_parquet(background), unlabelled, factors)
    for row in table.itertuples():
        if row.farthest_distance > FAR:
            logging.warning(
                "%s: %s differs from the source %s by %.1f standard deviations",
                *(target, row.farthest, row.source, row.farthest_distance),
            )
    write_csv(table.round(4), similarity)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
