"""Fetch a raster layer of a region and warp it onto the grid of the DEM."""

import os
from pathlib import Path

from landshift.acquire import choose_mirror, fetch_layer
from landshift.legends import take_codes
from landshift.logs import set_up_logging
from landshift.raster import align_raster, open_raster, write_raster


def main(*, entry, dem, cache, mirror, region, name, layer):
    values = open_raster(fetch_layer(entry, cache=Path(cache), mirror=mirror))
    if entry.get("kind") == "class":
        values = take_codes(values, origin=f"{region}, layer {name}")
    elif "offset" in entry:
        values = values + entry["offset"]
    grid = open_raster(dem).odc.geobox
    aligned = align_raster(values, grid, resampling=entry.get("resampling"))
    write_raster(aligned.rename(name), layer)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        entry=snakemake.params.entry,
        dem=snakemake.input.dem,
        cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
        mirror=choose_mirror(snakemake.config["mirror"]),
        region=snakemake.wildcards.region,
        name=snakemake.wildcards.layer,
        layer=snakemake.output.layer,
    )
