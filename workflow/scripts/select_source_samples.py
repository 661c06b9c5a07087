"""Leave out of a source what lies on the ground of a target that it teaches."""

import logging

import pandas as pd

from landshift.acquire.fetch.store import write_json
from landshift.geodata.grids import find_box
from landshift.geodata.raster import open_raster
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.sampling.apart import keep_apart


def main(*, source, target, tables, ground, source_ground, margin_m, samples, background, record):
    area = open_raster(ground)
    apart = keep_apart(
        *map(pd.read_parquet, tables),
        crs=open_raster(source_ground).odc.crs.to_wkt(),
        ground=area,
        margin_m=margin_m,
        source=source,
        target=target,
    )
    shared = any(apart.record.values())
    if shared:
        logging.warning(
            "%s: its source %s has %d landslides, %d absences and %d background cells on the same "
            "ground; the models of %s do not learn them, or they would be tested on what they know",
            *(target, source, apart.record["presences"], apart.record["absences"]),
            *(apart.record["background"], target),
        )
    apart.samples.to_parquet(samples, index=False)
    apart.background.to_parquet(background, index=False)
    without = {"without": find_box(area.odc.geobox)} if shared else {}
    write_json(apart.record | without, record)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(
        main,
        snakemake,
        tables=[snakemake.input.source_samples, snakemake.input.source_background],
    )
