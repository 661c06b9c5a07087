"""How much of a study's work is the start of its jobs: the interpreter and what a script imports.

    .venv/bin/python benchmarks/overhead.py results/default

Counts the jobs of a finished study by their logs, takes what they worked from the benchmark files,
starts an interpreter that does nothing but the imports of each rule's script, and prints both by
rule, in seconds of CPU, which a busy machine changes little.
"""

import argparse
import ast
import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"


def list_rules(folder: Path) -> list[tuple[str, Path]]:
    """List the files below a folder of logs or benchmarks, each with its rule."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".log", ".tsv"))
    return [(path.relative_to(folder).parts[0].split(".")[0], path) for path in paths]


def read_work(results: Path) -> dict[str, float]:
    """Read the CPU seconds of the measured jobs, by rule."""
    seconds: dict[str, float] = {}
    for rule, path in list_rules(results / "benchmarks"):
        with path.open() as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                seconds[rule] = seconds.get(rule, 0.0) + float(row["cpu_time"])
    return seconds


def measure_start(script: Path) -> float:
    """Measure what an interpreter takes that does a script's imports alone [s of CPU]."""
    tree = ast.parse(script.read_text())
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    code = "\n".join(map(ast.unparse, imports))
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="a finished study, results/{study}")
    results = parser.parse_args().results
    jobs = Counter(rule for rule, _ in list_rules(results / "logs"))
    measured = read_work(results)
    print(f"{'rule':28}{'jobs':>6}{'work':>9}{'start':>9}")
    work = start = 0.0
    for rule, count in jobs.items():
        starts = measure_start(SCRIPTS / f"{rule}.py") * count
        # a rule without a benchmark does little but start
        own = measured.get(rule, starts)
        print(f"{rule:28}{count:6}{own:9.1f}{starts:9.1f}", flush=True)
        work, start = work + own, start + starts
    print(f"{'all':28}{jobs.total():6}{work:9.1f}{start:9.1f}   {start / work:.0%} of it is start")


if __name__ == "__main__":
    main()
