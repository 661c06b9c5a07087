"""Select factors on the samples of the sources: a JSON list of names, in order of preference."""

import json
import logging
from pathlib import Path

import pandas as pd

from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.sampling.selection import drop_inflated, screen_factors, select_factors
from landshift.sampling.tables import list_factors


def main(*, samples, left_out, classes, max_correlation, max_inflation, selected, screened):
    for name, reason in left_out.items():
        logging.info("%s is left out: %s", name, reason)
    tables = pd.concat([pd.read_parquet(path) for path in samples], join="inner")
    candidates = [name for name in list_factors(tables) if name not in left_out]
    names = select_factors(
        tables, candidates=candidates, max_correlation=max_correlation, classes=classes
    )
    if max_inflation is not None:
        measured = [name for name in names if name not in classes]
        kept = {*drop_inflated(tables, measured, limit=max_inflation), *classes}
        names = [name for name in names if name in kept]
    dropped = [name for name in candidates if name not in names]
    logging.info("%d factors selected, dropped: %s", len(names), ", ".join(dropped) or "none")
    table = screen_factors(tables, [name for name in names if name not in classes])
    flipping = ", ".join(table.loc[table["flips"], "factor"])
    logging.info("effects that flip sign between the sources: %s", flipping or "none")
    write_csv(table.round(4), screened)
    Path(selected).write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
