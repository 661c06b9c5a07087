"""Write one page that shows the maps of all targets in a browser, offline."""

from pathlib import Path

from landshift.report.viewer.layers import KINDS
from landshift.report.viewer.page import Place, write_viewer
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, study, targets, files, mosaic, assets, page):
    places = []
    for index, target in enumerate(targets):
        own = {name: paths[index] for name, paths in files.items() if paths}
        maps = {kind: own.pop(kind) for kind in KINDS if kind in own}
        dems, inventories = [own.pop("dem")], [own.pop("inventory")]
        places.append(Place(target, maps, dems, inventories, **own))
    if mosaic:
        maps = {Path(file).stem: file for file in mosaic}
        places.append(Place("mosaic of all regions", maps, files["dem"], files["inventory"]))
    write_viewer(page, places, study=study, assets=assets)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    files = {name: list(paths) for name, paths in snakemake.input.items()}
    call_main(
        main,
        snakemake,
        mosaic=files.pop("mosaic"),
        files=files,
        assets=Path(snakemake.scriptdir).parent / "viewer",
        page=snakemake.output.page,
    )
