"""Fetch a layer of lines and bring it into the CRS of the region."""

import os
from pathlib import Path

import geopandas

from landshift.acquire import choose_mirror, fetch_layer
from landshift.logs import set_up_logging
from landshift.raster import open_raster


def main(*, entry, dem, cache, mirror, lines):
    # The time of writing would change the bytes of a GeoPackage from run to run.
    os.environ["OGR_CURRENT_DATE"] = "2000-01-01T00:00:00.000Z"
    layer = geopandas.read_file(fetch_layer(entry, cache=Path(cache), mirror=mirror))
    layer.to_crs(str(open_raster(dem).odc.crs)).to_file(lines, driver="GPKG")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        entry=snakemake.params.entry,
        dem=snakemake.input.dem,
        cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
        mirror=choose_mirror(snakemake.config["mirror"]),
        lines=snakemake.output.lines,
    )
