"""Rank units of a target by susceptible area [km2] and exposure, as GeoPackage and CSV."""

from landshift.geodata.geopackage import write_geopackage
from landshift.geodata.raster import BLOCK, open_raster
from landshift.report.priorities.exposure import read_exposure
from landshift.report.priorities.units import make_grid, rank_units, read_units
from landshift.runtime.files import refuse_changes
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv


def main(*, classes, units, name, grid_m, exposure, susceptible_from, layer, table):
    mapped = open_raster(classes, chunks=BLOCK)
    grid = mapped.odc.geobox
    shapes = read_units(units, name, str(grid.crs)) if units else make_grid(grid, grid_m)
    exposed = {kind: read_exposure(path, grid) for kind, path in exposure.items()}
    ranked = rank_units(mapped, shapes, exposed, susceptible_from=susceptible_from)
    write_geopackage(layer, {"priorities": ranked})
    write_csv(ranked.drop(columns="geometry").round(4), table)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    with refuse_changes([*snakemake.input.units, *snakemake.input.exposure]):
        call_main(
            main,
            snakemake,
            units=snakemake.params.units.get("file"),
            name=snakemake.params.units.get("name"),
            exposure=snakemake.params.exposure,
        )
