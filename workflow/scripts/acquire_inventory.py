"""Fetch an inventory of a region, clean it and bring it into the CRS of the region."""

import logging
import os
from pathlib import Path

from landshift.acquire import choose_mirror, fetch_inventory
from landshift.inventory import clean_inventory, read_inventory, write_inventory
from landshift.logs import set_up_logging
from landshift.raster import open_raster

COLUMNS = ("crs", "x", "y", "label", "presence", "date")


def main(*, entry, dem, cache, mirror, inventory):
    grid = open_raster(dem).odc.geobox
    path, columns = fetch_inventory(entry, grid, cache=Path(cache), mirror=mirror)
    stated = columns | {key: entry[key] for key in COLUMNS if key in entry}
    landslides, absences = read_inventory(path, **stated)
    cleaned, counts = clean_inventory(
        landslides, open_raster(dem), merge_m=entry["merge_m"], origin=str(path)
    )
    logging.info("landslides: %s", ", ".join(f"{count} {key}" for key, count in counts.items()))
    if absences is not None:
        absences = absences.to_crs(cleaned.crs)
    write_inventory(inventory, cleaned, absences)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        entry=snakemake.params.entry,
        dem=snakemake.input.dem,
        cache=os.environ.get("LANDSHIFT_CACHE", "results/cache"),
        mirror=choose_mirror(snakemake.config["mirror"]),
        inventory=snakemake.output.inventory,
    )
