"""Fetch an inventory of a region, clean it and bring it into the CRS of the region."""

import logging
from dataclasses import replace

from landshift.acquire.fetch.store import open_store, write_record
from landshift.acquire.inventory.cleaning import clean_inventory
from landshift.acquire.inventory.coverage import measure_coverage
from landshift.acquire.inventory.elevations import compare_elevations
from landshift.acquire.inventory.fetching import fetch_inventory
from landshift.acquire.inventory.parts import part_features
from landshift.acquire.inventory.reading import COLUMN_KEYS, gather_inventory
from landshift.acquire.inventory.registration import measure_registration
from landshift.acquire.inventory.snapping import snap_points
from landshift.acquire.inventory.storage import write_cleaning, write_inventory
from landshift.acquire.layer import Layer
from landshift.geodata.crs import find_shift
from landshift.geodata.raster import open_raster
from landshift.runtime.files import refuse_changes
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import collect_warnings, set_up_logging


def main(*, entry, dem, store, inventory, cleaning, record, detail=None, later=False):
    heights = open_raster(dem)
    acquired, columns = fetch_inventory(Layer.parse(entry), heights.odc.geobox, store)
    path = acquired.data
    stated = columns | {key: entry[key] for key in COLUMN_KEYS if key in entry}
    with collect_warnings() as warnings:
        landslides, absences = gather_inventory(path, **stated)
        cleaned, counts = clean_inventory(
            landslides,
            heights,
            types=entry.get("types"),
            begin=entry.get("from"),
            end=entry.get("until"),
            merge_m=entry["merge_m"],
            origin=str(path),
        )
        if absences is not None:
            absences, _ = part_features(absences.to_crs(cleaned.crs), origin=str(path))
    logging.info("landslides: %s", ", ".join(f"{count} {key}" for key, count in counts.items()))
    if "shift_m" in entry:
        logging.info("all landslides are moved by %s m (east, north)", entry["shift_m"])
        cleaned, absences = (
            layer if layer is None else layer.set_geometry(layer.translate(*entry["shift_m"]))
            for layer in (cleaned, absences)
        )
    if detail and "accuracy_m" in entry:
        cleaned = snap_points(cleaned, open_raster(detail), accuracy_m=entry["accuracy_m"])
    grid = heights.odc.geobox
    bounds = landslides.total_bounds
    comparisons = [
        find_shift(landslides.crs, grid.crs, bounds, cell_m=grid.resolution.x),
        compare_elevations(cleaned, heights, origin=str(path)),
    ]
    if detail:
        comparisons.append(measure_registration(cleaned, open_raster(detail)))
    if not later:
        looked = "surveyed" in entry or absences is not None
        comparisons.append(measure_coverage(cleaned, heights, surveyed=looked))
    comparisons = [each for each in comparisons if each is not None]
    sentences = [sentence for each in comparisons if (sentence := each.describe())]
    notes = tuple(f"{path}: {sentence}" for sentence in sentences)
    write_inventory(inventory, cleaned, absences)
    write_cleaning(cleaning, counts, comparisons, warnings)
    write_record(replace(acquired, notes=notes), record)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes(snakemake.input.files):
        call_main(
            main,
            snakemake,
            later=snakemake.wildcards.inventory == "validation",
            detail=next(iter(snakemake.input.detail), None),
            store=open_store(snakemake.config["mirror"]),
            inventory=snakemake.output.inventory,
        )
