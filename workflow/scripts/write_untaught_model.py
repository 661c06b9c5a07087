"""Write the source model of a study without sources: it has learned nothing."""

import logging

from landshift.factors.table import FACTORS
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.transfer.storage import save_model
from landshift.transfer.without_sources import make_untaught


def main(*, factors, seed, model):
    units = {name: FACTORS[name].units for name in factors}
    logging.warning(
        "no sources: the map knows the target's own landslides alone. Where these are few, a map "
        "that also learns from the library (docs/library.md) finds more; %s",
        "nothing tells how far it may be trusted outside of what they show",
    )
    save_model(make_untaught(factors, units, seed=seed), model)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
