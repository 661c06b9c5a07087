"""Compare the figures that README and docs state with those of the results: `make reproduce`.

docs/recorded.json lists them: the page, the command that makes the file, the rows, the column
whose mean counts, by which key, the values, and how far another run may be off.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parents[1]
RECORDED = Path(__file__).with_name("recorded.json")


def measure(entry: Mapping[str, Any], root: Path = ROOT) -> dict[str, float]:
    """Take the values of an entry from the results.

    Raises
    ------
    FileNotFoundError
        If the file has not been made.
    """
    table = pd.read_csv(root / entry["file"])
    for column, value in entry["select"].items():
        table = table[table[column] == value]
    means = table.groupby(entry["by"], sort=False)[entry["column"]].mean().round(4)
    return {str(key): float(value) for key, value in means.items()}


def compare(entry: Mapping[str, Any], root: Path = ROOT) -> Iterator[str]:
    """Say which values of an entry differ from the recorded ones by more than its tolerance."""
    try:
        found = measure(entry, root)
    except FileNotFoundError:
        yield f"{entry['what']}: {entry['file']} is missing; run `{entry['command']}`"
        return
    for key in sorted({*entry["values"], *found}):
        recorded, now = entry["values"].get(key), found.get(key)
        if recorded is None or now is None or abs(now - recorded) > entry["tolerance"]:
            yield (
                f"{entry['what']}, {entry['by']} {key}: recorded {recorded}, now {now} "
                f"(tolerance {entry['tolerance']}, {entry['page']})"
            )


def main() -> int:
    """Print what differs, or record the present values; 0 if nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="record the values of the results")
    record = parser.parse_args().record
    entries = json.loads(RECORDED.read_text(encoding="utf-8"))
    if record:
        entries = [entry | {"values": measure(entry)} for entry in entries]
        RECORDED.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
        return 0
    differing = [sentence for entry in entries for sentence in compare(entry)]
    count = sum(len(entry["values"]) for entry in entries)
    print(*differing, f"{count} figures are recorded, {len(differing)} differ", sep="\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
