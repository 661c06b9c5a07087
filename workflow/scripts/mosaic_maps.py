"""Join the maps of all targets in one CRS; the less uncertain map wins where they overlap."""

import xarray as xr

from landshift.geodata.cog import write_cog
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster import open_raster
from landshift.mapping.classes import (
    CLASS_COLOURS,
    class_breaks,
    classify_susceptibility,
    join_breaks,
)
from landshift.mapping.mosaic import mosaic_maps
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.workers import spread_blocks


def main(*, maps, grid, breaks, joined_classes, block_size, susceptibility, classes):
    layers = {
        target: xr.Dataset(
            {name: open_raster(file, chunks=block_size) for name, file in files.items()}
        )
        for target, files in maps.items()
    }
    joined = mosaic_maps(layers, grid["crs"], grid["resolution_m"])
    tags = {key: str(value) for key, value in joined.attrs.items()}
    write_cog(joined["susceptibility"], susceptibility, tags=tags)
    mapped = open_raster(susceptibility, chunks=block_size)
    limits = (
        join_breaks([read_breaks(path) for path in joined_classes])
        if breaks == "sources"
        else class_breaks(mapped, breaks)
    )
    tags["breaks"] = ", ".join(f"{limit:.6g}" for limit in limits)
    colours = dict(enumerate(CLASS_COLOURS, start=1))
    write_cog(classify_susceptibility(mapped, limits), classes, tags=tags, colours=colours)


def read_breaks(path):
    with open_dataset(path) as source:
        return [float(limit) for limit in source.tags()["breaks"].split(", ")]


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    files = zip(snakemake.input.susceptibility, snakemake.input.uncertainty, strict=True)
    with spread_blocks(snakemake.threads, snakemake.resources, log=snakemake.log[0]):
        call_main(
            main,
            snakemake,
            maps={
                target: {"susceptibility": susceptibility, "uncertainty": uncertainty}
                for target, (susceptibility, uncertainty) in zip(
                    snakemake.params.targets, files, strict=True
                )
            },
            joined_classes=list(snakemake.input.classes),
            susceptibility=snakemake.output.susceptibility,
            classes=snakemake.output.classes,
        )
