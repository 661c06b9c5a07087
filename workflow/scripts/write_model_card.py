"""Write the card of a fine-tuned model: what it is, how good, and where not to use it."""

from landshift.logs import set_up_logging
from landshift.model_card import Evidence, write_model_card


def main(*, model, rate_curve, classes, drivers, applicability, ledgers, card):
    evidence = Evidence(model, rate_curve, classes, drivers, applicability, ledgers)
    write_model_card(card, evidence)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    inputs = snakemake.input
    main(
        model=inputs.model,
        rate_curve=inputs.rate_curve,
        classes=inputs.classes,
        drivers=next(iter(inputs.drivers), None),
        applicability=next(iter(inputs.applicability), None),
        ledgers=dict(zip(snakemake.params.regions, inputs.ledgers, strict=True)),
        card=snakemake.output.card,
    )
