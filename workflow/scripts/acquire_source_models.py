"""Fetch frozen source models, if their files are what the stated hash stands for."""

import logging

from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.transfer.frozen import load_frozen
from landshift.transfer.storage import save_model


def main(*, frozen, learners, models):
    loaded = load_frozen(frozen["folder"], sha256=frozen["sha256"], learners=learners)
    for model, folder in zip(loaded, models, strict=True):
        logging.info("%s of the sources %s", model.learner, ", ".join(model.sources))
        save_model(model, folder)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
