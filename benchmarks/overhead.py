"""How much of a study's work is the start of its jobs: the interpreter and what a script imports.

    .venv/bin/python benchmarks/overhead.py results/default

Takes what each job took from the benchmark files of a finished study, starts an interpreter that
does nothing but the imports of each rule's script, and prints both by rule [s].
"""

import argparse
import ast
import csv
import subprocess
import sys
import time
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"
REPEATS = 3


def read_seconds(results: Path) -> dict[str, list[float]]:
    """Read the seconds of every measured job, by rule."""
    seconds: dict[str, list[float]] = {}
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        rule = path.relative_to(results / "benchmarks").parts[0].removesuffix(".tsv")
        with path.open() as stream:
            seconds.setdefault(rule, []).extend(
                float(row["s"]) for row in csv.DictReader(stream, delimiter="\t")
            )
    return seconds


def measure_start(script: Path) -> float:
    """Measure how long an interpreter takes that does a script's imports alone [s]."""
    tree = ast.parse(script.read_text())
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    code = "\n".join(map(ast.unparse, imports))
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        took.append(time.perf_counter() - began)
    return min(took)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="a finished study, results/{study}")
    measured = read_seconds(parser.parse_args().results)
    print(f"{'rule':28}{'jobs':>6}{'work':>9}{'start':>9}")
    work = start = 0.0
    for rule, seconds in measured.items():
        starts = measure_start(SCRIPTS / f"{rule}.py") * len(seconds)
        print(f"{rule:28}{len(seconds):6}{sum(seconds):9.1f}{starts:9.1f}")
        work, start = work + sum(seconds), start + starts
    print(f"{'all':28}{'':6}{work:9.1f}{start:9.1f}   {start / work:.0%} of the work is start")


if __name__ == "__main__":
    main()
