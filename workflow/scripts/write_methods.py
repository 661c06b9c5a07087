"""Write the methods as a page of the report."""

from pathlib import Path

from landshift.logs import set_up_logging
from landshift.pages import write_page


def main(*, methods, page):
    text = Path(methods).read_text(encoding="utf-8")
    write_page(page, text, title="Methods", folder=Path(methods).parent)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(methods=snakemake.input.methods, page=snakemake.output.page)
