"""Fetch frozen source models, if their files are what the stated hash stands for."""

import logging

from landshift.frozen import load_frozen
from landshift.logs import set_up_logging
from landshift.models import save_model


def main(*, frozen, learners, models):
    loaded = load_frozen(frozen["folder"], sha256=frozen["sha256"])
    found = {model.learner: model for model in loaded}
    missing = [learner for learner in learners if learner not in found]
    if missing:
        raise ValueError(
            f"transfer.learners: the frozen models have no {', '.join(missing)}; "
            f"choose from {', '.join(found)}"
        )
    for learner, folder in zip(learners, models, strict=True):
        logging.info("%s of the sources %s", learner, ", ".join(found[learner].sources))
        save_model(found[learner], folder)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        frozen=snakemake.params.frozen,
        learners=list(snakemake.params.learners),
        models=list(snakemake.output.models),
    )
