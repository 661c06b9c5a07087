"""How much faster a region is computed by two cores of one node, and by two nodes of one core.

    .venv/bin/python benchmarks/scaling.py --size 2048

Needs SLURM; `tests/slurm/cluster.sh up` starts one of two nodes on this machine. A job of one core
derives the terrain factors of a synthetic elevation model, and maps the susceptibility from them;
then this process does so with two threads; then a job of one core with another such job as its
helper. Prints the seconds on the clock from when all have started, those of CPU of each job, which
a busy machine changes little, and how many windows each computed; fails if a byte differs.
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
from peers.map_region import train

from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.geodata.cog import write_cogs
from landshift.geodata.raster import BLOCK, open_raster, read_factors, write_factors
from landshift.mapping.compiled.model import compile_model
from landshift.mapping.predict import map_susceptibility
from landshift.runtime.logs import set_up_logging
from landshift.runtime.workers import spread_blocks
from landshift.transfer.storage import load_model

JOB = ("srun", "--quiet", "--nodes=1", "--ntasks=1", "--cpus-per-task=1", "--mem=2000")
SHARES = "windows by job"
CASES = {
    "1 core": (JOB, "1", "0"),
    "2 cores of 1 node": ((), "2", "0"),
    "1 core of 2 nodes each": (JOB, "1", "1"),
}


def derive_terrain(folder: Path, results: Path) -> None:
    """Derive the terrain factors as the workflow does."""
    elevation = open_raster(folder / "dem.tif", chunks=BLOCK)
    write_factors(derive_terrain_factors(elevation), results / "terrain.tif")


def map_region(folder: Path, results: Path) -> None:
    """Map the region from its terrain factors as the workflow does."""
    model = load_model(folder / "model")
    layers = read_factors([folder / "factors.tif"], names=model.factors, chunks=BLOCK)
    files = {name: results / f"{name}.tif" for name in ("susceptibility", "uncertainty")}
    write_cogs(map_susceptibility(compile_model(model), layers), files)


STEPS = {"terrain": derive_terrain, "map": map_region}


def compute(step: str, folder: Path, results: Path, threads: int, jobs: int) -> None:
    """Compute a step by some threads and further jobs, and print the seconds."""
    log = results / f"{step}.log"
    set_up_logging(log)
    with spread_blocks(threads, {"worker_jobs": jobs, "mem_mb": 2000, "runtime": 30}, log=log):
        if jobs:
            get_client().wait_for_workers(jobs)
        began = time.perf_counter(), time.process_time()
        STEPS[step](folder, results)
        seconds = time.perf_counter() - began[0]
        cpu = [time.process_time() - began[1]]
        if jobs:  # what the others took, their start included
            spent = get_client().run(lambda: (os.getpid(), time.process_time()))
            cpu += [value for process, value in spent.values() if process != os.getpid()]
    print(f"{seconds:8.1f} s{'':4}CPU {', '.join(f'{value:.1f}' for value in cpu)} s", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=2048, help="rows and columns [cells]")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--compute", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compute:
        step, folder, results, threads, jobs = options.compute
        compute(step, Path(folder), Path(results), int(threads), int(jobs))
        return
    with tempfile.TemporaryDirectory(dir=".", prefix=".scaling-") as folder:
        prepare(Path(folder), options)
        for step in options.steps:
            measure(step, Path(folder).resolve())


def prepare(folder: Path, options: argparse.Namespace) -> None:
    """Write the elevation model and, for maps, its factors and a model of the default sizes."""
    write_fractal_dem(folder / "dem.tif", options.size)
    if "map" in options.steps:
        derive_terrain(folder, folder)
        (folder / "terrain.tif").rename(folder / "factors.tif")
        train(folder, [folder / "factors.tif"])


def measure(step: str, folder: Path) -> None:
    """Compute the same step in every case, in a folder that all nodes see."""
    print(step)
    first = None
    for number, (case, (launcher, threads, jobs)) in enumerate(CASES.items()):
        results = folder / f"{step}_{number}"
        results.mkdir()
        words = ["--compute", step, folder, results, threads, jobs]
        print(f"  {case:24}", end="", flush=True)
        command = [*launcher, sys.executable, __file__, *words]
        subprocess.run(list(map(str, command)), check=True, stderr=subprocess.DEVNULL)
        shares = (results / f"{step}.log").read_text().partition(SHARES)[2].splitlines()
        print(f"{'':26}{SHARES}{shares[0]}" if shares else "", end="\n" if shares else "")
        first = first or results
        for file in first.glob("*.tif"):
            if not filecmp.cmp(file, results / file.name, shallow=False):
                raise SystemExit(f"{case}: {file.name} has other bytes than with 1 core")


if __name__ == "__main__":
    main()
