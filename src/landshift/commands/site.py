"""Describe one place of a finished study: ``landshift site STUDY LONGITUDE LATITUDE``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from landshift.site import describe_site
from landshift.site_text import format_site


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what a study says of a place.

    Parameters
    ----------
    arguments
        The words after ``landshift site``; by default those of the command line.

    Returns
    -------
    int
        0, or 1 if the study says nothing of the place; the reason goes to standard error.
    """
    parser = argparse.ArgumentParser(prog="landshift site", description=__doc__)
    parser.add_argument("study", help="name of the study")
    parser.add_argument("longitude", type=float, help="WGS 84 [degree]")
    parser.add_argument("latitude", type=float, help="WGS 84 [degree]")
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="folder of studies (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    chosen = parser.parse_args(arguments)
    try:
        site = describe_site(chosen.results / chosen.study, chosen.longitude, chosen.latitude)
    except (ValueError, OSError) as error:
        print(f"landshift site: {error}", file=sys.stderr)
        return 1
    if chosen.json:
        print(json.dumps(site.to_dict(), indent=1))
    else:
        print(format_site(site), end="")
    return 0
