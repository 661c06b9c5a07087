"""Where the blocks of a dask-backed raster are computed: by this process, or by more jobs as well.

A region that is too large for one job is spread over several of SLURM. The job itself computes
too and waits for nobody: further jobs take blocks from it when they start, and a block whose job is
lost is computed again. A block's values do not depend on who computes it.
"""

import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import dask
import xarray as xr

_AHEAD = "landshift.ahead"

_log = logging.getLogger(__name__)


@contextmanager
def spread_blocks(threads: int, resources: Mapping[str, Any], *, log: str | Path) -> Iterator[None]:
    """Compute blocks by the threads of this process and, if asked, by more jobs of SLURM.

    Parameters
    ----------
    threads
        Threads of this process, and of each job.
    resources
        ``worker_jobs``, how many more jobs; none if it is missing. Each gets ``mem_mb`` [MB],
        ``runtime`` [min], ``slurm_partition`` and ``slurm_account``, where they are given. What
        else a cluster needs is read from dask's own configuration, section ``jobqueue.slurm``.
    log
        Log file of this job. What the others print goes beside it.

    Raises
    ------
    ValueError
        If jobs are asked for and dask-jobqueue is not installed.
    OSError
        If SLURM refuses them.
    """
    jobs = resources.get("worker_jobs", 0)
    if jobs < 1:
        with dask.config.set(scheduler="threads", num_workers=threads):
            yield
        return
    # several windows at once: one has a few blocks only
    ahead = {_AHEAD: 2 * (jobs + 1)}
    with _submit_jobs(jobs, threads, resources, Path(log).parent), dask.config.set(ahead):
        yield


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
    ahead = dask.config.get(_AHEAD, 0)
    if ahead:
        # `persist` returns at once where jobs compute
        yield from (part.compute() for part in _start_before(parts, _persist, ahead))
        return
    workers = dask.config.get("num_workers", None) or available_cores()
    with ThreadPoolExecutor(workers) as pool:
        submit = partial(pool.submit, _compute)
        yield from (part.result() for part in _start_before(parts, submit, workers))


def _persist(part: xr.Dataset) -> xr.Dataset:
    return part.persist()


def _compute(part: xr.Dataset) -> xr.Dataset:
    return part.compute(scheduler="single-threaded")


def _start_before(parts: Iterable, start: Callable, ahead: int) -> Iterator:
    """Start each part when it is to be handed over after some others, which were started before."""
    waiting = deque()
    for part in parts:
        waiting.append(start(part))
        if len(waiting) > ahead:
            yield waiting.popleft()
    yield from waiting


@contextmanager
def _submit_jobs(
    jobs: int, threads: int, resources: Mapping[str, Any], folder: Path
) -> Iterator[None]:
    """Submit jobs that take blocks from this one, and let this one take some itself."""
    try:
        from dask_jobqueue import SLURMCluster
        from distributed import Client, Security
    except ImportError as error:
        raise ValueError(
            f"the resource worker_jobs is {jobs}, but {error.name} is not installed; "
            "run `make install`, or leave the resource out"
        ) from None
    # It tells every connection, and those that close at the end as if they were errors.
    logging.getLogger("distributed").setLevel(logging.WARNING)
    minutes = resources.get("runtime")
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # Without certificates, everyone who reaches the port could run code in the name of this user.
    security = Security.temporary()
    cluster = SLURMCluster(
        cores=threads,
        processes=1,
        memory=f"{resources['mem_mb']}MB",
        walltime=minutes and f"{minutes // 60:02}:{minutes % 60:02}:00",
        queue=resources.get("slurm_partition"),
        account=resources.get("slurm_account"),
        job_name="landshift_blocks",
        log_directory=str(folder),
        shared_temp_directory=str(folder),
        security=security,
        scheduler_options={"dashboard": False, "dashboard_address": ":0"},
    )
    with cluster, Client(cluster):
        tasks = _count_tasks(cluster.scheduler)
        worker = cluster.sync(_start_worker, cluster.scheduler_address, threads, security)
        try:
            cluster.sync(_submit, cluster, jobs)
            yield
        finally:
            cluster.sync(worker.close)
        _log.info("tasks by worker: %s", ", ".join(f"{name} {tasks[name]}" for name in tasks))


async def _submit(cluster: Any, jobs: int) -> None:
    cluster.scale(jobs=jobs)
    try:
        await cluster  # until they are submitted, not until they start
    except RuntimeError as error:
        raise OSError(
            f"the resource worker_jobs is {jobs}, but SLURM takes no such job: {error}; "
            "correct the resources and threads of this rule, or leave worker_jobs out"
        ) from None


def _count_tasks(scheduler: Any) -> Counter[str]:
    """Count the tasks that each worker finishes, by the worker's name, from now on."""
    from distributed import SchedulerPlugin

    tasks: Counter[str] = Counter()

    class Count(SchedulerPlugin):
        def transition(self, key, start, finish, *args, worker=None, **kwargs):
            if (start, finish) == ("processing", "memory"):
                tasks[str(scheduler.workers[worker].name)] += 1

    scheduler.add_plugin(Count())
    return tasks


async def _start_worker(address: str, threads: int, security: Any) -> Any:
    from distributed import Worker

    # SLURM bounds the memory of this job; a worker that pauses at a share of it would not help.
    return await Worker(
        address, nthreads=threads, name="this job", memory_limit=0, security=security,
        dashboard=False,
    )  # fmt: skip
