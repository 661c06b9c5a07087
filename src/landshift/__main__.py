"""The command ``landshift``: questions to a finished study.

landshift site STUDY LONGITUDE LATITUDE [--results FOLDER] [--json]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the given arguments, or those of the process; 0 is success."""
    options = _build_parser().parse_args(arguments)
    # imported only here: help and mistakes need not wait for it
    from landshift.site import describe_site
    from landshift.site_text import format_site

    try:
        site = describe_site(options.results / options.study, options.longitude, options.latitude)
    except ValueError as error:
        print(f"landshift: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(site.to_dict(), indent=1))
    else:
        print(format_site(site), end="")
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="landshift", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    site = commands.add_parser("site", help="what a finished study says of one place")
    site.add_argument("study", help="name of the study")
    site.add_argument("longitude", type=float, help="WGS 84 [degree]")
    site.add_argument("latitude", type=float, help="WGS 84 [degree]")
    site.add_argument(
        "--results", type=Path, default=Path("results"), help="where studies are (default: results)"
    )
    site.add_argument("--json", action="store_true", help="print JSON instead of text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
