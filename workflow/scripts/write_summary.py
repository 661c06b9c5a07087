"""Write the first page of the report: every map, how good it is, and where to act first."""

from pathlib import Path

from landshift.report.texts.pages import write_page
from landshift.report.texts.summary import Findings, summarise_study
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, study, targets, page):
    text = summarise_study(study, {name: Findings(**files) for name, files in targets.items()})
    write_page(
        page,
        text,
        title=f"Summary of the study {study}",
        folder=Path(page).parent,
        pictures=[files["picture"] for files in targets.values()],
    )


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    # of files that the study does not make there are none
    kinds = ("skill", "classes", "model", "drivers", "applicability", "priorities")
    files = {kind: list(snakemake.input[kind]) for kind in kinds}
    call_main(
        main,
        snakemake,
        targets={
            target: {"picture": f"{target}/susceptibility.png"}
            | {kind: paths[index] for kind, paths in files.items() if paths}
            for index, target in enumerate(snakemake.params.targets)
        },
    )
