"""Write the configuration of the study, defaults included, as a page of the report."""

import textwrap

import yaml

from landshift.report.texts.pages import write_page
from landshift.runtime.addresses import redact
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, configuration, page):
    title = f"Configuration of the study {configuration['study']}"
    # wide lines: an address stays whole, and with it what is cut from it
    text = yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True, width=2**20)
    # nothing in an indented block is Markdown
    write_page(page, f"# {title}\n\n{textwrap.indent(redact(text), '    ')}", title=title)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
