"""Follow lines through the map of a target: susceptibility [1] step by step [m]."""

import pandas as pd

from landshift.geodata.raster import BLOCK, open_raster
from landshift.geodata.vectors import read_shapes
from landshift.report.priorities.corridor import profile_corridor
from landshift.runtime.files import refuse_changes
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv


def main(*, susceptibility, corridors, table):
    mapped = open_raster(susceptibility, chunks=BLOCK)
    profiles = []
    for name, settings in corridors.items():
        profile = profile_corridor(
            mapped,
            read_shapes(settings["file"], "lines", str(mapped.odc.crs)),
            buffer_m=settings["buffer_m"],
            step_m=settings["step_m"],
            origin=f"priorities.corridors.{name}: {settings['file']}",
        )
        profile.insert(0, "corridor", name)
        profiles.append(profile)
    write_csv(pd.concat(profiles), table, float_format="%.9g")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.lines):
        call_main(main, snakemake)
