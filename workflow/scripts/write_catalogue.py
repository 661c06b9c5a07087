"""Write a STAC catalogue of the maps of all targets."""

from landshift.report.catalogue import Publication, write_catalogue
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, study, targets, files, catalogue):
    publications = []
    for index, target in enumerate(targets):
        own = {name: paths[index] for name, paths in files.items() if paths}
        origin = {name: own.pop(name) for name in ("model", "card")}
        publications.append(Publication(target, own, **origin))
    write_catalogue(catalogue, publications, study=study)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake, files={name: list(paths) for name, paths in snakemake.input.items()})
