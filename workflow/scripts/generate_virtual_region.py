"""Generate a virtual region: its layers, its landslides, and later landslides for scoring."""

from landshift.acquire.inventory.storage import write_inventory
from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.geodata.geopackage import write_geopackage
from landshift.geodata.raster import write_raster
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging

LAYERS = ("dem", "rainfall", "lithology", "true_probability")


def main(*, name, settings, seed, detail, layers, inventory, validation):
    region = generate_virtual_region(name, seed=seed, **settings)
    for layer in LAYERS:
        write_raster(region.layers[layer], layers[layer])
    write_raster(region.detail, detail)
    write_inventory(inventory, region.inventory)
    # it may be empty, and the workflow wants the file all the same
    write_geopackage(validation, {"landslides": region.validation})


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(
        main,
        snakemake,
        name=snakemake.wildcards.region,
        layers={layer: snakemake.output[layer] for layer in LAYERS},
    )
