"""Fetch an inventory of a region, clean it and bring it into the CRS of the region."""

import logging
from dataclasses import replace

from landshift.acquire.fetch.store import open_store, write_record
from landshift.acquire.inventory.cleaning import clean_inventory
from landshift.acquire.inventory.comparisons import compare_inventory, list_sentences
from landshift.acquire.inventory.fetching import fetch_inventory
from landshift.acquire.inventory.parts import part_features
from landshift.acquire.inventory.reading import COLUMN_KEYS, gather_inventory
from landshift.acquire.inventory.snapping import correct_places
from landshift.acquire.inventory.storage import write_cleaning, write_inventory
from landshift.acquire.layer import Layer
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
    cleaned, absences = correct_places(
        cleaned, absences, entry, detail=open_raster(detail) if detail else None
    )
    comparisons = compare_inventory(
        landslides,
        cleaned,
        heights,
        origin=str(path),
        detail=open_raster(detail) if detail else None,
        surveyed=None if later else "surveyed" in entry or absences is not None,
    )
    notes = list_sentences(comparisons, origin=str(path))
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
