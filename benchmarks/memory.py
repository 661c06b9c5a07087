"""Compare the memory that jobs took with what they had asked for.

    .venv/bin/python benchmarks/memory.py results/benchmark

Reads the benchmark files of a finished study. Prints by rule the highest peak of resident memory
and what that job had declared [MB], and fails if a job took more.
"""

import argparse
import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """A finished job: its rule, peak of resident memory and declared memory [MB]."""

    rule: str
    peak_mb: float
    declared_mb: int


def read_jobs(results: Path) -> Iterator[Job]:
    """Read the jobs of a study whose memory was measured: those of half a second and more."""
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        with path.open() as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                declared = re.search(r"'mem_mb': (\d+)", row.get("resources") or "")
                if declared and row["max_rss"] not in ("-", "NA"):
                    yield Job(row["rule_name"], float(row["max_rss"]), int(declared[1]))


def main() -> int:
    """Print the table; 1 if a job took more than it had declared, or nothing was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+", help="finished studies, results/{study}")
    jobs = [job for results in parser.parse_args().results for job in read_jobs(results)]
    print(f"{'rule':28}{'jobs':>6}{'peak':>9}{'declared':>10}{'share':>8}")
    for rule in sorted({job.rule for job in jobs}):
        own = [job for job in jobs if job.rule == rule]
        worst = max(own, key=lambda job: job.peak_mb / job.declared_mb)
        share = worst.peak_mb / worst.declared_mb
        print(f"{rule:28}{len(own):6}{worst.peak_mb:9.0f}{worst.declared_mb:10}{share:8.0%}")
    above = [job for job in jobs if job.peak_mb > job.declared_mb]
    for job in above:
        print(f"{job.rule} took {job.peak_mb:.0f} MB and had declared {job.declared_mb}")
    return 1 if above or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
