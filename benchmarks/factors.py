"""Compare the derivation of factors with other tools: whole processes, file to file, in one run.

    python benchmarks/factors.py                 # a synthetic DEM of 1024 x 1024 cells
    python benchmarks/factors.py --full          # 4096 x 4096, and the real DEM of the mirror

Prints a table and writes JSON. What is absent is skipped and what fails or takes too long is
stopped, with the reason in the table. Every tool first runs on a tiny DEM, so that code compiled
once per installation is compiled.

This program imports the standard library alone: a child starts as a copy of its parent, and the
parent's memory would be counted as the child's.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from measure import Measurement, run_measured
from tools import PEERS, TOOLS, Tool

ROOT = Path(__file__).parents[1]
EMILIA = Path("emilia_romagna_dem/dem_copernicus_10m_int16.tif")
"""A real DEM of 101 million cells, below the folder of `LANDSHIFT_MIRROR`."""
FULL_SIZE = 4096
SMALL_SIZE = 1024
TINY_SIZE = 64
REPEATED_BELOW_S = 20.0
"""A run that took longer is not repeated [s]."""
OWN = ("landshift_group.py", "write_random_bands.py")
"""Adapters of Landshift and its yardstick, which run to their end."""

Row = dict[str, Any]


def main(arguments: argparse.Namespace) -> None:
    """Run every chosen tool on every chosen DEM, print the table, write the JSON."""
    print(describe_machine(), flush=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="bench-factors-") as folder:
        dems = list(choose_dems(arguments, Path(folder)))
        chosen = [tool for tool in TOOLS if _chosen(tool, arguments)]
        warm_up(chosen, Path(folder), arguments)
        schedule = Schedule(arguments.budget, arguments.limit, len(chosen) * len(dems))
        for name, dem in dems:
            cells, valid = run_dems("count", dem)
            print(f"\n{name}: {cells / 1e6:.1f} million cells, {valid / cells:.0%} valid")
            for group in arguments.groups:
                print(f"\n{TABLE_HEAD}", flush=True)
                rows += compare_tools(group, name, dem, cells, arguments, schedule)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    results = {"machine": describe_machine(), "command": " ".join(sys.argv), "rows": rows}
    arguments.output.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nwritten: {arguments.output}")


class Schedule:
    """Share a limited time among runs: each may take up to twice its even share of what is left.

    Parameters
    ----------
    budget_s
        Time of all runs together [s]; Landshift and its yardstick do not count.
    limit_s
        Longest time of one run [s].
    tools
        Number of tools to come.
    """

    def __init__(self, budget_s: float, limit_s: float, tools: int) -> None:
        self._end = time.monotonic() + budget_s
        self._limit_s, self._tools = limit_s, tools

    def allow(self, tool: Tool) -> float:
        """Say how long the next tool may run [s]."""
        share = max(0.0, self._end - time.monotonic()) / max(1, self._tools)
        self._tools -= 1
        return self._limit_s if tool.adapter in OWN else min(self._limit_s, max(2 * share, 1.0))


def warm_up(tools: list[Tool], folder: Path, arguments: argparse.Namespace) -> None:
    """Run each tool on a tiny DEM, so that what is compiled once per installation is compiled."""
    tiny = folder / "tiny.tif"
    run_dems("write", tiny, TINY_SIZE)
    for tool in tools:
        if not tool.missing(_python(tool)):
            run_tool(tool, tiny, arguments.limit, arguments)


def choose_dems(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and path of every DEM of this run."""
    size = arguments.size or (FULL_SIZE if arguments.full else SMALL_SIZE)
    fractal = folder / "fractal.tif"
    if "fractal" in arguments.dems:
        run_dems("write", fractal, size)
        yield f"fractal {size} x {size}", fractal
    if "emilia" in arguments.dems and (arguments.full or arguments.dems == ["emilia"]):
        emilia = Path(arguments.mirror or ".") / EMILIA
        if emilia.is_file():
            yield "Emilia", emilia
        else:
            print(f"\nEmilia skipped: no {emilia}; state its folder by --mirror", flush=True)


def run_dems(task: str, path: Path, *words: object) -> tuple[int, int]:
    """Run `dems.py` and return the number of cells of the DEM, and of those with data."""
    command = [sys.executable, PEERS.with_name("dems.py"), task, path, *words]
    done = subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True
    )
    cells, valid = json.loads(done.stdout)
    return cells, valid


def compare_tools(
    group: str,
    dem_name: str,
    dem: Path,
    cells: int,
    arguments: argparse.Namespace,
    schedule: Schedule,
) -> Iterator[Row]:
    """Measure the tools of a group on a DEM and print a line for each."""
    own_per_attribute = yardstick_s = None
    for tool in TOOLS:
        if tool.group != group or not _chosen(tool, arguments):
            continue
        row = {"dem": dem_name, "group": group, "tool": tool.name, "cells": cells}
        row |= measure_tool(tool, dem, schedule.allow(tool), arguments)
        if row["status"] == "ok":
            per_attribute = row["wall_s"] / len(row["attributes"])
            row["mcells_per_s_per_attribute"] = cells / per_attribute / 1e6
            if tool.adapter == "landshift_group.py":
                own_per_attribute = per_attribute
            if tool.adapter == "write_random_bands.py":
                yardstick_s = per_attribute
            row["times_landshift"] = _ratio(per_attribute, own_per_attribute)
            row["times_write"] = _ratio(per_attribute, yardstick_s)
        print(format_row(row), flush=True)
        yield row


def measure_tool(tool: Tool, dem: Path, limit_s: float, arguments: argparse.Namespace) -> Row:
    """Run a tool as often as asked, if its runs are short, and keep the fastest run."""
    absent = tool.missing(_python(tool))
    if absent:
        return {"status": f"skipped: {absent}"}
    runs = [run_tool(tool, dem, limit_s, arguments)]
    while len(runs) < arguments.repeat and runs[-1].wall_s < REPEATED_BELOW_S:
        runs.append(run_tool(tool, dem, limit_s, arguments))
    row = asdict(min(runs, key=lambda run: (run.status != "ok", run.wall_s)))
    return row | row.pop("report")


def run_tool(tool: Tool, dem: Path, limit_s: float, arguments: argparse.Namespace) -> Measurement:
    """Run a tool once, in an empty folder."""
    with tempfile.TemporaryDirectory(
        dir=arguments.work, prefix="bench-output-", ignore_cleanup_errors=True
    ) as output:
        command = [_python(tool), PEERS / tool.adapter, dem, output, *tool.arguments]
        return run_measured([str(word) for word in command], limit_s=limit_s)


def _python(tool: Tool) -> str | None:
    """Return the interpreter that runs an adapter, if there is one."""
    return sys.executable if tool.own else shutil.which(ROOT / tool.environment / "bin/python")


def _chosen(tool: Tool, arguments: argparse.Namespace) -> bool:
    words = arguments.tools
    named = not words or any(word.lower() in tool.name.lower() for word in words)
    return named and tool.group in arguments.groups


def _ratio(value: float, reference: float | None) -> float | None:
    return None if reference is None else value / reference


TABLE_HEAD = (
    "| group | tool | attributes | wall [s] | CPU [s] | Mcells/s per attribute | peak [MiB] "
    "| time per attribute / Landshift's | / writing's |\n|---|---|--:|--:|--:|--:|--:|--:|--:|"
)


def format_row(row: Row) -> str:
    """Format one line of the table; a tool without a result gets the reason."""
    if row["status"] != "ok":
        spent = f"{row['wall_s']:.1f}" if "wall_s" in row else ""
        peak = f"{row['peak_mib']:.0f}" if "peak_mib" in row else ""
        reason = row["status"].replace("\n", " ").replace("|", "/")
        return f"| {row['group']} | {row['tool']} | {reason} | {spent} | | | {peak} | | |"
    ratios = [row["times_landshift"], row["times_write"]]
    cells = [
        row["group"],
        row["tool"],
        str(len(row["attributes"])),
        f"{row['wall_s']:.1f}",
        f"{row['cpu_s']:.1f}",
        f"{row['mcells_per_s_per_attribute']:.1f}",
        f"{row['peak_mib']:.0f}",
        *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
    ]
    return "| " + " | ".join(cells) + " |"


def describe_machine() -> str:
    """Describe processor, cores and memory of this machine."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"machine: {model}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.platform()}"


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, help="edge of the synthetic DEM [cells]; 1024")
    parser.add_argument("--full", action="store_true", help=f"{FULL_SIZE} cells, and Emilia")
    parser.add_argument("--dems", nargs="+", default=["fractal", "emilia"])
    parser.add_argument("--groups", nargs="+", default=["terrain", "drainage"])
    parser.add_argument("--tools", nargs="+", default=[], help="parts of names; all by default")
    parser.add_argument("--repeat", type=int, default=1, help="runs of a tool; the fastest counts")
    parser.add_argument("--limit", type=float, default=900.0, help="longest time of one run [s]")
    parser.add_argument(
        "--budget",
        type=float,
        default=600.0,
        help="time of all runs [s]: a peer may take up to twice its even share of what is left",
    )
    parser.add_argument(
        "--mirror",
        default=os.environ.get("LANDSHIFT_MIRROR"),
        help=f"folder that holds {EMILIA}; by default LANDSHIFT_MIRROR",
    )
    parser.add_argument("--work", type=Path, help="folder for temporary files")
    parser.add_argument("--output", type=Path, default=ROOT / "results/benchmark_factors.json")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_arguments())
