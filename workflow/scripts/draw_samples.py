"""Draw a region's presences, absences and background cells, with their factors."""

import logging

from landshift.acquire.inventory.storage import load_inventory
from landshift.geodata.raster import BLOCK, open_raster, read_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.sampling.draw import draw_background, draw_samples
from landshift.sampling.scars import measure_scars


def main(*, region, dem, factors, inventory, surveyed, settings, seed, samples, background):
    layers = read_factors(factors, chunks=BLOCK)
    landslides, absences = load_inventory(inventory)
    settings = dict(settings)
    cells = settings.pop("background_cells")
    drawn = draw_samples(
        layers,
        landslides,
        elevation=open_raster(dem),
        region=region,
        absences=absences,
        surveyed=open_raster(surveyed) if surveyed else None,
        seed=seed,
        **settings,
    )
    presences = int(drawn["presence"].sum())
    logging.info("%s: %d presences, %d absences", region, presences, len(drawn) - presences)
    drawn.to_parquet(samples, index=False)
    unlabelled = draw_background(layers, drawn, region=region, cells=cells, seed=seed)
    unlabelled.to_parquet(background, index=False)
    scars = measure_scars(drawn, unlabelled)
    if scars and scars.is_sharp:
        logging.warning(
            "%s: landslides lie in sharper hollows than cells otherwise like them (scar index "
            "%.2f, 0.5 where not); an elevation model younger than they are may show their scars",
            region,
            scars.value,
        )


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake, surveyed=next(iter(snakemake.input.surveyed), None))
