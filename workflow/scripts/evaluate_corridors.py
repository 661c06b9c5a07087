"""Follow lines through the map of a target: susceptibility [1] step by step [m]."""

import geopandas
import pandas as pd

from landshift.corridor import profile_corridor
from landshift.logs import set_up_logging
from landshift.raster import BLOCK, open_raster
from landshift.reading import refuse_changes


def main(*, susceptibility, lines, corridors, table):
    mapped = open_raster(susceptibility, chunks=BLOCK)
    profiles = []
    for (name, settings), path in zip(corridors.items(), lines, strict=True):
        profile = profile_corridor(
            mapped,
            geopandas.read_file(path),
            buffer_m=settings["buffer_m"],
            step_m=settings["step_m"],
        )
        profile.insert(0, "corridor", name)
        profiles.append(profile)
    pd.concat(profiles).to_csv(table, index=False, float_format="%.9g")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.lines):
        main(
            susceptibility=snakemake.input.susceptibility,
            lines=list(snakemake.input.lines),
            corridors=snakemake.params.corridors,
            table=snakemake.output.table,
        )
