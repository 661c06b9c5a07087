"""Write the configuration of the study, defaults included, as a page of the report."""

import html
from pathlib import Path

import yaml

from landshift.runtime.logs import set_up_logging

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Configuration of the study {study}</title></head>
<body><h1>Configuration of the study {study}</h1><pre>{text}</pre></body>
</html>
"""


def main(*, configuration, page):
    text = yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True)
    study = html.escape(str(configuration["study"]))
    Path(page).write_text(PAGE.format(study=study, text=html.escape(text)), encoding="utf-8")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(configuration=snakemake.params.configuration, page=snakemake.output.page)
