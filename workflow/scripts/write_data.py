"""Write where the data of all regions came from, of when they are, and under which licence."""

from landshift.report.texts.pages import write_page
from landshift.report.texts.provenance import describe_data
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, ledgers, inventories, library, page):
    text = f"# Data and licences\n\n{describe_data(ledgers, inventories, library)}"
    write_page(page, text, title="Data and licences")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    inputs, params = snakemake.input, snakemake.params
    call_main(
        main,
        snakemake,
        ledgers=dict(zip(params.read, inputs.ledgers, strict=True)),
        inventories=dict(zip(params.regions, inputs.inventories, strict=True)),
    )
