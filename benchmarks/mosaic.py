"""Cut a map into overlapping tiles, mosaic them, and compare with the map they were cut from.

    python benchmarks/mosaic.py                    # 2048 x 2048 cells, 9 tiles
    python benchmarks/mosaic.py --size 10000       # 100 million cells
    python benchmarks/mosaic.py --map susceptibility.tif uncertainty.tif

Prints seconds and peak memory of the mosaic and of reading and writing the same cells without one,
and fails if a cell differs.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from factors import ROOT, describe_machine
from measure import run_measured

ADAPTER = Path(__file__).with_name("peers") / "mosaic_tiles.py"
STEPS = ("cut", "mosaic", "copy", "compare")


def main(arguments: argparse.Namespace) -> None:
    """Run all steps as programs of their own, print a table and write the JSON."""
    print(describe_machine(), flush=True)
    rows = {}
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="bench-mosaic-") as folder:
        words = [folder, arguments.size, arguments.tiles, arguments.threads, *arguments.map]
        print("| step | wall [s] | CPU [s] | peak [MiB] | Mcells/s |\n|---|--:|--:|--:|--:|")
        for step in STEPS:
            command = [sys.executable, str(ADAPTER), step, *map(str, words)]
            done = run_measured(command, limit_s=arguments.limit)
            if done.status != "ok":
                raise RuntimeError(f"{step}: {done.status}")
            speed = done.report["cells"] / done.wall_s / 1e6
            rows[step] = vars(done)
            print(
                f"| {step} | {done.wall_s:.1f} | {done.cpu_s:.1f} | {done.peak_mib:.0f} "
                f"| {speed:.2f} |",
                flush=True,
            )
    different = rows["compare"]["report"]["different"]
    print(f"cells that differ from the whole map: {different}")
    ratio = rows["mosaic"]["wall_s"] / rows["copy"]["wall_s"]
    print(f"the mosaic takes {ratio:.2f} times as long as reading and writing its cells")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    results = {"machine": describe_machine(), "command": " ".join(sys.argv), "steps": rows}
    arguments.output.write_text(json.dumps(results, indent=1) + "\n")
    if different:
        sys.exit(1)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=2048, help="edge of the invented map [cells]")
    parser.add_argument("--tiles", type=int, default=3, help="tiles along an edge")
    parser.add_argument("--map", nargs=2, default=[], help="susceptibility and uncertainty to cut")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=float, default=3600.0, help="time of one step [s]")
    parser.add_argument("--work", type=Path, help="folder for temporary files")
    parser.add_argument("--output", type=Path, default=ROOT / "results/benchmark_mosaic.json")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_arguments())
