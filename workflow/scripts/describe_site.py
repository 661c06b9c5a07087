"""Describe one place by the finished maps, as text and JSON."""

import json
from pathlib import Path

from landshift.report.site import describe_site
from landshift.report.site_text import format_site
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging


def main(*, results, longitude, latitude, text, table):
    site = describe_site(results, longitude, latitude)
    words = format_site(site)
    Path(text).write_text(words, encoding="utf-8")
    Path(table).write_text(json.dumps(site.to_dict(), indent=1) + "\n", encoding="utf-8")
    print(words)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(
        main,
        snakemake,
        results=Path(snakemake.output.text).parents[1],
        longitude=float(snakemake.wildcards.longitude),
        latitude=float(snakemake.wildcards.latitude),
    )
