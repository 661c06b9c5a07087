"""How much faster a region is derived by two cores of one node, and by two nodes of one core.

    .venv/bin/python benchmarks/scaling.py --size 4096

Needs SLURM; `tests/slurm/cluster.sh up` starts one of two nodes on this machine. A job of one core
derives the terrain factors of a synthetic elevation model; then this process does so with two
threads; then a job of one core with another such job as its helper. Prints the seconds on the
clock from when all have started, those of CPU of each job, which a busy machine changes little, and
how many windows each computed; fails if a byte differs.
"""

import argparse
import filecmp
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dems import write_fractal_dem
from distributed import get_client

from landshift.logs import set_up_logging
from landshift.raster import BLOCK, open_raster, write_factors
from landshift.terrain import derive_terrain_factors
from landshift.workers import spread_blocks

JOB = ("srun", "--quiet", "--nodes=1", "--ntasks=1", "--cpus-per-task=1", "--mem=2000")
SHARES = "windows by job"
CASES = {
    "1 core": (JOB, "1", "0"),
    "2 cores of 1 node": ((), "2", "0"),
    "1 core of 2 nodes each": (JOB, "1", "1"),
}


def derive(dem: Path, factors: Path, threads: int, jobs: int) -> None:
    """Derive the terrain factors as the workflow does."""
    log = factors.with_suffix(".log")
    set_up_logging(log)
    with spread_blocks(threads, {"worker_jobs": jobs, "mem_mb": 2000, "runtime": 30}, log=log):
        if jobs:
            get_client().wait_for_workers(jobs)
        began = time.perf_counter(), time.process_time()
        write_factors(derive_terrain_factors(open_raster(dem, chunks=BLOCK)), factors)
        seconds = time.perf_counter() - began[0]
        cpu = [time.process_time() - began[1]]
        if jobs:  # what the others took, their start included
            spent = get_client().run(lambda: (os.getpid(), time.process_time()))
            cpu += [value for process, value in spent.values() if process != os.getpid()]
    print(f"{seconds:8.1f} s{'':4}CPU {', '.join(f'{value:.1f}' for value in cpu)} s", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=4096, help="rows and columns [cells]")
    parser.add_argument("--derive", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.derive:
        dem, factors, threads, jobs = options.derive
        derive(Path(dem), Path(factors), int(threads), int(jobs))
        return
    with tempfile.TemporaryDirectory(dir=".", prefix=".scaling-") as folder:
        measure(Path(folder).resolve(), options.size)


def measure(folder: Path, size: int) -> None:
    """Derive the same model in every case, in a folder that all nodes see."""
    dem = folder / "dem.tif"
    write_fractal_dem(dem, size)
    first = None
    for number, (case, (launcher, threads, jobs)) in enumerate(CASES.items()):
        factors = folder / f"factors_{number}.tif"
        command = [*launcher, sys.executable, __file__, "--derive", dem, factors, threads, jobs]
        print(f"{case:24}", end="", flush=True)
        subprocess.run(list(map(str, command)), check=True, stderr=subprocess.DEVNULL)
        shares = factors.with_suffix(".log").read_text().partition(SHARES)[2].splitlines()
        print(f"{'':24}{SHARES}{shares[0]}" if shares else "", end="\n" if shares else "")
        first = first or factors
        if not filecmp.cmp(first, factors, shallow=False):
            raise SystemExit(f"{case}: other bytes than with 1 core")


if __name__ == "__main__":
    main()
