"""Compare the prediction of many cells with the learners' libraries and compilers of trees.

    python benchmarks/predict.py                          # 100,000 cells, every tool
    python benchmarks/predict.py --factors FILE...        # also map a region from its factor files
    python benchmarks/predict.py --emilia --mirror FOLDER # derive 100 million cells and map them

Prints tables and writes JSON. The models have the default sizes: four learners on two preparations
of 37 factors, and a residual over 250 labels. What is absent is skipped, with the reason.

This program imports the standard library alone: a child starts as a copy of its parent, and the
parent's memory would be counted as the child's.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from factors import EMILIA, ROOT, describe_machine
from measure import Measurement, run_measured

PEERS = Path(__file__).with_name("peers")
PEERS_PYTHON = ROOT / ".venv-bench/bin/python"
TOOLS = {
    "landshift": True,
    "plain": True,
    "libraries": True,
    "treelite": False,
    "onnxruntime": False,
}
"""Tools, and whether Landshift's environment runs them."""
FAMILIES = ("rf", "lr", "xgb", "lgbm")
CELLS = 100_000


def main(arguments: argparse.Namespace) -> None:
    """Run all tools, map the region if there is one, and write the JSON."""
    print(describe_machine(), flush=True)
    results = {"machine": describe_machine(), "command": " ".join(sys.argv)}
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="bench-predict-") as name:
        folder = Path(name)
        results["rows"] = compare_tools(arguments, folder)
        files = arguments.factors
        if arguments.emilia:
            files = derive_emilia(Path(arguments.mirror or "."), folder, arguments.limit)
        if files:
            results["map"] = map_region(files, arguments, folder)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nwritten: {arguments.output}")


def compare_tools(arguments: argparse.Namespace, folder: Path) -> dict:
    """Time every tool on the same cells and print a line per family."""
    run(sys.executable, "predict_write.py", folder, arguments.cells, limit_s=arguments.limit)
    print(f"\n{arguments.cells} cells, {arguments.threads} threads, both preparations")
    print("| tool | family | wall [s] | CPU [s] | Mcells/s | largest difference |")
    print("|---|---|--:|--:|--:|--:|", flush=True)
    rows = {}
    for tool, own in TOOLS.items():
        python = sys.executable if own else arguments.peers_python
        if not Path(python).exists():
            print(f"| {tool} | skipped: no {python}; run `make bench-env` | | | | |")
            continue
        words = (folder, tool, arguments.threads)
        done = run_measured(_command(python, "predict_rows.py", *words), limit_s=arguments.limit)
        if done.status != "ok":
            print(f"| {tool} | {done.status.splitlines()[-1]} | | | | |", flush=True)
            continue
        rows[tool] = done.report
        for family, row in done.report.items():
            speed = arguments.cells / row["wall_s"] / 1e6
            print(
                f"| {tool} | {family} | {row['wall_s']:.3f} | {row['cpu_s']:.3f} | {speed:.3f} "
                f"| {row['difference']:.1e} |",
                flush=True,
            )
    print_ratios(rows)
    return rows


def print_ratios(rows: dict) -> None:
    """Print how many times faster Landshift is than the four libraries in a row."""
    if not {"landshift", "libraries"} <= set(rows):
        return
    own = rows["landshift"]["ensemble with stage 2"]
    for clock in ("wall_s", "cpu_s"):
        libraries = sum(rows["libraries"][family][clock] for family in FAMILIES)
        print(
            f"{clock}: the libraries without stage 2 take {libraries / own[clock]:.1f} times as "
            "long as Landshift with it"
        )


def derive_emilia(mirror: Path, folder: Path, limit_s: float) -> list[Path]:
    """Derive the terrain and drainage factors of the large DEM."""
    dem = mirror / EMILIA
    if not dem.is_file():
        raise FileNotFoundError(f"no {dem}; state its folder by --mirror")
    for group in ("terrain", "drainage"):
        (folder / group).mkdir()
        run(sys.executable, "landshift_group.py", dem, folder / group, group, limit_s=limit_s)
    return sorted(folder.glob("*/factors.tif"))


def map_region(files: list[Path], arguments: argparse.Namespace, folder: Path) -> dict:
    """Map a region and print the shares of reading, computing and writing."""

    def step(name: str) -> Measurement:
        words = (name, folder, arguments.threads, *files)
        return run(sys.executable, "map_region.py", *words, limit_s=arguments.limit)

    region = step("train").report
    steps = {name: step(name) for name in ("map", "copy", "read")}
    seconds = {name: done.report["seconds"] for name, done in steps.items()}
    whole = seconds["map"]
    shares = {
        "reading": seconds["read"] / whole,
        "computing": (whole - seconds["copy"]) / whole,
        "writing": (seconds["copy"] - seconds["read"]) / whole,
    }
    print(f"\nmap of {region['cells'] / 1e6:.2f} million cells, {region['factors']} factors")
    print(f"{whole:.1f} s, {region['cells'] / whole / 1e6:.3f} Mcells/s", end=", ")
    print(", ".join(f"{name} {share:.0%}" for name, share in shares.items()), end=", ")
    print(f"peak {steps['map'].peak_mib:.0f} MiB, CPU {steps['map'].cpu_s:.1f} s")
    return region | {"seconds": seconds, "shares": shares, "peak_mib": steps["map"].peak_mib}


def run(python: str, script: str, *words: object, limit_s: float) -> Measurement:
    """Run a script of `peers/` to its end, or stop with what it said."""
    done = run_measured(_command(python, script, *words), limit_s=limit_s)
    if done.status != "ok":
        raise RuntimeError(f"{script}: {done.status}")
    return done


def _command(python: str, script: str, *words: object) -> list[str]:
    return [python, str(PEERS / script), *map(str, words)]


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cells", type=int, default=CELLS, help="cells that every tool predicts")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--factors", type=Path, nargs="+", help="factor files of a region to map")
    parser.add_argument("--emilia", action="store_true", help="map 100 million cells")
    parser.add_argument("--limit", type=float, default=3600.0, help="time of one program [s]")
    parser.add_argument(
        "--mirror",
        default=os.environ.get("LANDSHIFT_MIRROR"),
        help=f"folder that holds {EMILIA}; by default LANDSHIFT_MIRROR",
    )
    parser.add_argument("--work", type=Path, help="folder for temporary files")
    parser.add_argument("--peers-python", default=str(PEERS_PYTHON))
    parser.add_argument("--output", type=Path, default=ROOT / "results/benchmark_predict.json")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_arguments())
