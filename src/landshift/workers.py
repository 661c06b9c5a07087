"""Where the blocks of a dask-backed raster are computed: by this process, or by more jobs as well.

A region that is too large for one job is spread over several of SLURM. The job itself computes
too and waits for nobody: further jobs take blocks from it when they start, and a block whose job is
lost is computed again. A block's values do not depend on who computes it.
"""

import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
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


def compute_in_order(parts: Iterable[xr.Dataset]) -> Iterator[xr.Dataset]:
    """Compute datasets one after the other; where more jobs compute, some before their turn.

    Parameters
    ----------
    parts
        Dask-backed or eager, such as the windows of a raster.
    """
    ahead = dask.config.get(_AHEAD, 0)
    waiting: deque[xr.Dataset] = deque()
    for part in parts:
        # `persist` returns at once where jobs compute; threads would be done before it returns
        waiting.append(part.persist() if ahead else part)
        if len(waiting) > ahead:
            yield waiting.popleft().compute()
    while waiting:
        yield waiting.popleft().compute()


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
