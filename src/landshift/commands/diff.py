"""Compare the maps of two result folders: ``landshift diff BEFORE AFTER``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from landshift.differences import compare_results


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what changed between two result folders and print the table.

    Parameters
    ----------
    arguments
        The words after ``landshift diff``; by default those of the command line.

    Returns
    -------
    int
        0, or 1 if the folders cannot be compared; the reason goes to standard error.
    """
    parser = argparse.ArgumentParser(prog="landshift diff", description=__doc__)
    parser.add_argument("before", type=Path, help="result folder, results/{study}")
    parser.add_argument("after", type=Path, help="result folder of a later run")
    parser.add_argument(
        "--output", type=Path, default=Path("results/diff"), help="by default %(default)s"
    )
    chosen = parser.parse_args(arguments)
    try:
        table = compare_results(chosen.before, chosen.after, chosen.output)
    except (ValueError, OSError) as error:
        print(f"landshift diff: {error}", file=sys.stderr)
        return 1
    print(table.to_string(index=False, float_format="{:.4g}".format))
    print(f"written to {chosen.output}")
    return 0
