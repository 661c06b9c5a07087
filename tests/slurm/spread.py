"""Run a script in a job that shares its blocks: spread.py SCRIPT ARGUMENTS MEMORY_MB [lose].

The arguments are those of the script's `main`, as JSON. With `lose`, the other job is cancelled
while both compute.
"""

import json
import runpy
import subprocess
import sys
import threading
from pathlib import Path

from distributed import get_client

from landshift.runtime.logs import set_up_logging
from landshift.runtime.workers import spread_blocks


def main(script, arguments, memory_mb, *lose):
    """Share the blocks with one more job; the log lies beside the arguments."""
    log = Path(arguments).with_suffix(".log")
    set_up_logging(log)
    resources = {"worker_jobs": 1, "mem_mb": int(memory_mb), "runtime": 60}
    run = runpy.run_path(script)["main"]
    with spread_blocks(1, resources, log=log):
        # Else this job may have done all the work before the other one starts.
        get_client().wait_for_workers(2)
        if lose:
            cancel = ["scancel", "--name=landshift_blocks"]
            threading.Timer(0.5, subprocess.run, [cancel]).start()
        run(**json.loads(Path(arguments).read_text()))


if __name__ == "__main__":
    main(*sys.argv[1:])
