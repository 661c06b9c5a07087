"""Fetch the elevation [m] of a region and warp it onto the region's grid."""

import os
from pathlib import Path

from landshift.acquire import choose_mirror, fetch_layer
from landshift.grids import plan_grid
from landshift.layer_checks import check_coverage, check_elevations
from landshift.logs import set_up_logging
from landshift.raster import align_raster, open_raster, write_raster


def main(*, entry, grid, cache, mirror, dem):
    path = fetch_layer(entry, cache=Path(cache), mirror=mirror)
    elevation = open_raster(path)
    check_elevations(elevation, origin=str(path))
    aligned = align_raster(elevation, plan_grid(elevation, origin=str(path), **grid))
    check_coverage(aligned, elevation.odc.geobox, origin=str(path))
    aligned.attrs |= {"units": "m", "long_name": "elevation"}
    write_raster(aligned.rename("dem"), dem)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        entry=snakemake.params.entry,
        grid=snakemake.params.grid,
        cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
        mirror=choose_mirror(snakemake.config["mirror"]),
        dem=snakemake.output.dem,
    )
