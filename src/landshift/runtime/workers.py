"""Where the windows of a dask-backed raster are computed: by this process, or by more jobs as well.

A region that is too large for one job is spread over several of SLURM by `dask.distributed`. This
job computes too and waits for nobody; further jobs take windows when they start, and a window whose
job is lost is computed by another one. A window's values do not depend on who computes it.
"""

import logging
import os
import re
import shlex
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dask
import xarray as xr

_log = logging.getLogger(__name__)

# Pages with call stacks and logs, for which dask asks no password: there are none.
_NO_PAGES = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
_LOOPBACK = "127.0.0.1:0"
# SLURM and the shell read the folder of the logs in the script of a job.
_UNSAFE = re.compile(r"[^A-Za-z0-9_./+=@-]")


@dataclass
class _Jobs:
    """The jobs that share windows: the client that reaches them, and how many windows at once."""

    client: Any
    ahead: int
    done: Counter[str] = field(default_factory=Counter)

    def start(self, part: xr.Dataset) -> Any:
        # cut to what the window needs, or the graph of the whole region would be sent
        (part,) = dask.optimize(part)
        return self.client.submit(_compute_in_job, part, pure=False)

    def finish(self, window: Any) -> xr.Dataset:
        name, part = window.result()
        self.done[name] += 1
        return part


_JOBS: ContextVar[_Jobs | None] = ContextVar("jobs", default=None)


@contextmanager
def spread_blocks(threads: int, resources: Mapping[str, Any], *, log: str | Path) -> Iterator[None]:
    """Compute windows by the threads of this process and, if asked, by more jobs of SLURM.

    Parameters
    ----------
    threads
        Threads of this process, and of each job.
    resources
        ``worker_jobs``, how many more jobs; none if it is missing. Each gets ``mem_mb`` [MB],
        ``runtime`` [min], ``slurm_partition`` and ``slurm_account``, where they are given. What
        else a cluster needs is read from dask's own configuration, section ``jobqueue.slurm``.
    log
        Log file of this job. What the others print goes into the same folder.

    Raises
    ------
    ValueError
        If jobs are asked for and dask-jobqueue is not installed.
    OSError
        If SLURM refuses them.
    """
    number = resources.get("worker_jobs", 0)
    with dask.config.set(scheduler="threads", num_workers=threads):
        if number < 1:
            yield
            return
        with _submit_jobs(number, threads, resources, Path(log).parent) as client:
            jobs = _Jobs(client, ahead=2 * threads * (1 + number))
            with _take(jobs):
                yield
    done = sorted(jobs.done.items())
    _log.info("windows by job: %s", ", ".join(f"{name} {count}" for name, count in done))


@contextmanager
def _take(jobs: _Jobs) -> Iterator[None]:
    token = _JOBS.set(jobs)
    try:
        yield
    finally:
        _JOBS.reset(token)


def available_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def compute_in_order(parts: Iterable[xr.Dataset]) -> Iterator[xr.Dataset]:
    """Compute datasets and hand them over in their order, with some of the next ones under way.

    Parameters
    ----------
    parts
        Dask-backed or eager, such as the windows of a raster. Each is computed by one thread, as
        many at once as dask's ``num_workers``, or the cores of this process; or by more jobs.
    """
    jobs = _JOBS.get()
    if jobs is not None:
        yield from map(jobs.finish, _start_before(parts, jobs.start, jobs.ahead))
        return
    threads = dask.config.get("num_workers", None) or available_cores()
    with ThreadPoolExecutor(threads) as pool:
        started = _start_before(parts, lambda part: pool.submit(_compute, part), threads)
        yield from (part.result() for part in started)


def _compute(part: xr.Dataset) -> xr.Dataset:
    return part.compute(scheduler="single-threaded")


def _compute_in_job(part: xr.Dataset) -> tuple[str, xr.Dataset]:
    from distributed import get_worker

    return str(get_worker().name), _compute(part)


def _start_before(parts: Iterable, start: Callable, ahead: int) -> Iterator:
    """Start each part when it is to be handed over after some others, which were started before."""
    waiting = deque()
    for part in parts:
        waiting.append(start(part))
        if len(waiting) > ahead:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


@contextmanager
def _submit_jobs(
    number: int, threads: int, resources: Mapping[str, Any], folder: Path
) -> Iterator[Any]:
    """Submit jobs that compute windows when they start, and let this process compute as well."""
    try:
        from dask_jobqueue import SLURMCluster
        from distributed import Client, Security
    except ImportError as error:
        raise ValueError(
            f"the resource worker_jobs is {number}, but {error.name} is not installed; "
            "run `make install`, or leave the resource out"
        ) from None
    # It tells every connection, and those that close at the end as if they were errors.
    logging.getLogger("distributed").setLevel(logging.WARNING)
    minutes = resources.get("runtime")
    # Without certificates, everyone who reaches the port could run code in the name of this user.
    security = Security.temporary()
    with (
        dask.config.set(_NO_PAGES),
        SLURMCluster(
            cores=threads,
            processes=1,
            memory=f"{resources['mem_mb']}MB",
            walltime=minutes and f"{minutes // 60:02}:{minutes % 60:02}:00",
            queue=resources.get("slurm_partition"),
            account=resources.get("slurm_account"),
            job_name="landshift_blocks",
            python=shlex.quote(sys.executable),
            security=security,
            scheduler_options={"dashboard": False, "dashboard_address": _LOOPBACK},
            worker_extra_args=["--no-dashboard", "--dashboard-address", _LOOPBACK],
            job_script_prologue=["export DASK_DISTRIBUTED__WORKER__HTTP__ROUTES='[]'"],
            **_name_folders(folder),
        ) as cluster,
        # results come straight from the job that computed them
        Client(cluster, direct_to_workers=True) as client,
    ):
        own = cluster.sync(_start, cluster, number, threads, security)
        try:
            yield client
        finally:
            cluster.sync(own.close)


def _name_folders(folder: Path) -> dict[str, str]:
    """Name the folder of logs and certificates from the working folder, where jobs start."""
    folder.mkdir(parents=True, exist_ok=True)
    relative = os.path.relpath(folder)
    if _UNSAFE.search(relative):
        raise ValueError(
            f"worker_jobs: SLURM cannot write logs to {relative!r}; start the run where that path "
            "has only letters, digits and _ . -"
        )
    return {"log_directory": relative, "shared_temp_directory": relative}


async def _start(cluster: Any, number: int, threads: int, security: Any) -> Any:
    """Submit the jobs, and start a worker in this process; returns that one."""
    from distributed import Worker

    own = await Worker(
        cluster.scheduler_address,
        nthreads=threads,
        name="this job",
        security=security,
        dashboard=False,
        dashboard_address=_LOOPBACK,
        memory_limit=None,
    )
    cluster.scale(jobs=number)
    try:
        await cluster  # until they are submitted, not until they start
    except RuntimeError as error:
        await own.close()
        raise OSError(
            f"the resource worker_jobs is {number}, but SLURM takes no such job: {error}; "
            "correct the resources and threads of this rule, or leave worker_jobs out"
        ) from None
    return own
