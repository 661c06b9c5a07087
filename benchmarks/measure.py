"""Run one program as a whole process and measure what it took."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

TAIL = 300
"""Characters of a failed program's last words that are kept."""


@dataclass(frozen=True)
class Measurement:
    """What a program took, start of the interpreter and all files included."""

    status: str
    """``ok``, ``failed: ...`` or ``over the limit``."""
    wall_s: float
    """Seconds on the clock [s]."""
    cpu_s: float
    """Seconds of all its threads and of the programs it started [s]."""
    peak_mib: float
    """Largest resident memory of the program, or of one it started [MiB]."""
    report: dict[str, Any] = field(default_factory=dict)
    """What an adapter says of itself: ``attributes`` and seconds by step in ``steps``."""


def run_measured(command: Sequence[str], *, limit_s: float) -> Measurement:
    """Run a program to its end and measure it.

    Parameters
    ----------
    command
        Program and arguments. Its last line on standard output is a JSON object (see
        `Measurement.report`).
    limit_s
        It is killed, with all it started, after this time [s].
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=errors, start_new_session=True, text=True
        )
        expired = threading.Event()
        timer = threading.Timer(limit_s, _kill_group, (process.pid, expired))
        timer.start()
        # wait4 and not `process.wait`: it alone gives the memory of this very child
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        lines = _read(output).strip().splitlines()
        words = _read(errors)
    report: dict[str, Any] = {}
    outcome = "ok"
    if expired.is_set():
        outcome = "over the limit"
    elif process.returncode != 0 or not lines:
        outcome = f"failed ({process.returncode}): {words.strip()[-TAIL:]}"
    else:
        try:
            report = json.loads(lines[-1])
        except json.JSONDecodeError:
            outcome = f"failed: its last line is no report: {lines[-1][-TAIL:]}"
    return Measurement(
        status=outcome,
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=_to_mib(usage),
        report=report,
    )


def _read(stream) -> str:
    stream.seek(0)
    return stream.read()


def _kill_group(pid: int, expired: threading.Event) -> None:
    expired.set()
    os.killpg(pid, 9)


def _to_mib(usage: resource.struct_rusage) -> float:
    # macOS counts bytes, Linux KiB
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
