"""Fetch a layer of lines and bring it into the CRS of the region."""

import os
from pathlib import Path

from landshift.acquire import choose_mirror, fetch_layer
from landshift.lines import read_lines, write_lines
from landshift.logs import set_up_logging
from landshift.raster import open_raster


def main(*, entry, dem, cache, mirror, lines):
    path = fetch_layer(entry, cache=Path(cache), mirror=mirror)
    write_lines(lines, read_lines(path, open_raster(dem).odc.geobox))


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        entry=snakemake.params.entry,
        dem=snakemake.input.dem,
        cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
        mirror=choose_mirror(snakemake.config["mirror"]),
        lines=snakemake.output.lines,
    )
