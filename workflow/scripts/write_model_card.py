"""Write the card of a fine-tuned model: what it is, how good, and where not to use it."""

from pathlib import Path

from landshift.report.texts.model_card import Evidence, write_model_card
from landshift.report.texts.pages import write_page
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, target, evidence, card, page):
    write_model_card(card, Evidence(**evidence))
    write_page(page, Path(card).read_text(encoding="utf-8"), title=f"Model card of {target}")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    inputs, params = snakemake.input, snakemake.params
    call_main(
        main,
        snakemake,
        evidence={
            "model": inputs.model,
            "classes": inputs.classes,
            "skill": inputs.skill,
            "benchmark": next(iter(inputs.benchmark), None),
            "drivers": next(iter(inputs.drivers), None),
            "applicability": next(iter(inputs.applicability), None),
            "ledgers": dict(zip(params.read, inputs.ledgers, strict=True)),
            "tables": dict(
                zip(
                    params.regions, zip(inputs.samples, inputs.background, strict=True), strict=True
                )
            ),
            "inventories": dict(zip(params.mapped, inputs.inventories, strict=True)),
            "shared": {Path(path).parent.name: path for path in inputs.shared},
            "known": params.known,
            "cleanings": dict(zip(params.read, inputs.cleanings, strict=True)),
            "surveyed": params.surveyed,
            "library": params.library,
        },
    )
