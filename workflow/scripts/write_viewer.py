"""Write one page that shows the maps of all targets in a browser, offline."""

from pathlib import Path

from landshift.logs import set_up_logging
from landshift.viewer import KINDS, Place, write_viewer


def main(*, study, targets, files, assets, page):
    places = []
    for index, target in enumerate(targets):
        own = {name: paths[index] for name, paths in files.items() if paths}
        maps = {kind: own.pop(kind) for kind in KINDS if kind in own}
        places.append(Place(target, maps, **own))
    write_viewer(page, places, study=study, assets=assets)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        study=snakemake.params.study,
        targets=snakemake.params.targets,
        files={name: list(paths) for name, paths in snakemake.input.items()},
        assets=Path(snakemake.scriptdir).parent / "viewer",
        page=snakemake.output.page,
    )
