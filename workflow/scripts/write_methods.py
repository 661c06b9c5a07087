"""Write the methods as a page of the report."""

from pathlib import Path

from landshift.report.texts.pages import write_page
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, docs, page):
    text = (docs / "methods.md").read_text(encoding="utf-8")
    write_page(page, text, title="Methods", folder=docs)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake, docs=Path(snakemake.scriptdir).resolve().parents[1] / "docs")
