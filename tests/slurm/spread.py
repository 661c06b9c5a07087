"""Derive terrain factors in a job that shares its blocks: spread.py DEM FACTORS MEMORY_MB [lose].

With `lose`, the other job is cancelled while both compute.
"""

import subprocess
import sys
import threading

from distributed import get_client

from landshift.logs import set_up_logging
from landshift.raster import open_raster, write_factors
from landshift.terrain import derive_terrain_factors
from landshift.workers import spread_blocks


def main(dem, factors, memory_mb, *lose):
    """Share the blocks with one more job, and write the factors."""
    log = f"{factors}.log"
    set_up_logging(log)
    resources = {"worker_jobs": 1, "mem_mb": int(memory_mb), "runtime": 5}
    with spread_blocks(1, resources, log=log):
        # Else this job may have done all the work before the other one starts.
        get_client().wait_for_workers(2)
        if lose:
            cancel = ["scancel", "--name=landshift_blocks"]
            threading.Timer(0.5, subprocess.run, [cancel]).start()
        write_factors(derive_terrain_factors(open_raster(dem, chunks=128)), factors)


if __name__ == "__main__":
    main(*sys.argv[1:])
