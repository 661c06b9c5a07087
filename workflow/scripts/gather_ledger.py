"""Gather where the layers of a region came from, when, and under which licence."""

from pathlib import Path

from landshift.acquire.fetch.store import gather_ledger
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, records, ledger):
    gather_ledger({Path(record).name.split(".")[0]: record for record in records}, ledger)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
