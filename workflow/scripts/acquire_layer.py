"""Fetch a raster layer of a region and warp it onto the grid of the DEM."""

import os
from pathlib import Path

from landshift.acquire import choose_mirror, fetch_layer
from landshift.layer_checks import check_codes, check_coverage, check_layer
from landshift.logs import set_up_logging
from landshift.raster import align_raster, open_raster, write_raster


def main(*, entry, dem, cache, mirror, name, layer):
    path = fetch_layer(entry, cache=Path(cache), mirror=mirror)
    values = open_raster(path)
    if entry.get("kind") == "class":
        check_codes(values, origin=str(path))
        values = values.fillna(0).astype("int32").assign_attrs(nodata=0)
    else:
        check_layer(values, origin=str(path), name=name)
        if "offset" in entry:
            values = values + entry["offset"]
    grid = open_raster(dem).odc.geobox
    aligned = align_raster(values, grid, resampling=entry.get("resampling"))
    check_coverage(aligned, values.odc.geobox, origin=str(path))
    write_raster(aligned.rename(name), layer)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        entry=snakemake.params.entry,
        dem=snakemake.input.dem,
        cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
        mirror=choose_mirror(snakemake.config["mirror"]),
        name=snakemake.wildcards.layer,
        layer=snakemake.output.layer,
    )
