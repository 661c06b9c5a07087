"""Where the windows of a dask-backed raster are computed: by this process, or by more jobs as well.

A region that is too large for one job is spread over several of SLURM. The job itself computes
too and waits for nobody: further jobs take windows from it when they start, and a window whose job
is lost is computed here. A window's values do not depend on who computes it.
"""

import logging
import os
import threading
from asyncio import run_coroutine_threadsafe
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import dask
import xarray as xr

_log = logging.getLogger(__name__)


class _Here:
    """A thread of this process, in which a window can be computed."""

    name = "this job"

    def compute(self, part: xr.Dataset) -> xr.Dataset:
        return part.compute(scheduler="single-threaded")


class _Helper:
    """Another job, in each of whose threads a window can be computed."""

    def __init__(self, client: Any, address: str, name: str):
        self.client, self.address, self.name = client, address, name
        self.lost = threading.Event()

    def compute(self, part: xr.Dataset) -> xr.Dataset | None:
        """Compute a window there; None if the job was lost."""
        if self.lost.is_set():
            return None
        # cut to what the window needs, lest the graph of the whole region be sent
        (part,) = dask.optimize(part)
        work = partial(_Here().compute, part)
        future = self.client.submit(work, workers=[self.address], pure=False)
        loop = self.client.loop.asyncio_loop
        result = run_coroutine_threadsafe(self._fetch(future), loop)
        while not self.lost.is_set():
            if wait([result], timeout=1).done:
                return result.result()
        result.cancel()
        future.cancel()
        return None

    async def _fetch(self, future: Any) -> xr.Dataset:
        return await self.client.gather(future, asynchronous=True)


class _Places:
    """The threads, here and in other jobs, that wait for a window; more may come at any time."""

    def __init__(self, threads: int, most: int):
        self.most = most
        self.done: Counter[str] = Counter()
        self._free: SimpleQueue = SimpleQueue()
        for _ in range(threads):
            self.add(_Here())

    def add(self, place: _Here | _Helper) -> None:
        self._free.put(place)

    def compute(self, part: xr.Dataset) -> xr.Dataset:
        """Compute a window in the first place that is free."""
        while True:
            place = self._free.get()
            try:
                result = place.compute(part)
                if result is not None:
                    self.done[place.name] += 1
                    return result
            finally:
                if not (isinstance(place, _Helper) and place.lost.is_set()):
                    self.add(place)


_PLACES: ContextVar[_Places | None] = ContextVar("places", default=None)


@contextmanager
def _take(places: _Places) -> Iterator[None]:
    token = _PLACES.set(places)
    try:
        yield
    finally:
        _PLACES.reset(token)


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
        Log file of this job. What the others print goes beside it.

    Raises
    ------
    ValueError
        If jobs are asked for and dask-jobqueue is not installed.
    OSError
        If SLURM refuses them.
    """
    alone = {"scheduler": "threads", "num_workers": threads}
    jobs = resources.get("worker_jobs", 0)
    if jobs < 1:
        with dask.config.set(alone):
            yield
        return
    places = _Places(threads, most=threads * (1 + jobs))
    with (
        _submit_jobs(jobs, threads, resources, Path(log).parent, places),
        dask.config.set(alone),
        _take(places),
    ):
        yield
    done = places.done.items()
    _log.info("windows by job: %s", ", ".join(f"{name} {count}" for name, count in done))


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
    places = _PLACES.get()
    if places is None:
        threads = dask.config.get("num_workers", None) or available_cores()
        places = _Places(threads, most=threads)
    with ThreadPoolExecutor(places.most) as pool:
        submit = partial(pool.submit, places.compute)
        yield from (part.result() for part in _start_before(parts, submit, places.most))


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
    jobs: int, threads: int, resources: Mapping[str, Any], folder: Path, places: _Places
) -> Iterator[None]:
    """Submit jobs that take windows from this one when they start."""
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
    # results come straight from the job that computed them
    with cluster, Client(cluster, direct_to_workers=True) as client:
        cluster.sync(_welcome_helpers, cluster.scheduler, client, places)
        cluster.sync(_submit, cluster, jobs)
        yield


async def _submit(cluster: Any, jobs: int) -> None:
    cluster.scale(jobs=jobs)
    try:
        await cluster  # until they are submitted, not until they start
    except RuntimeError as error:
        raise OSError(
            f"the resource worker_jobs is {jobs}, but SLURM takes no such job: {error}; "
            "correct the resources and threads of this rule, or leave worker_jobs out"
        ) from None


async def _welcome_helpers(scheduler: Any, client: Any, places: _Places) -> None:
    """Let each job that starts take windows with all its threads, as long as it is there."""
    from distributed import SchedulerPlugin

    helpers: dict[str, _Helper] = {}

    class Welcome(SchedulerPlugin):
        def add_worker(self, scheduler, worker):
            state = scheduler.workers[worker]
            helpers[worker] = _Helper(client, worker, str(state.name))
            for _ in range(state.nthreads):
                places.add(helpers[worker])

        def remove_worker(self, scheduler, worker, **kwargs):
            helpers.pop(worker).lost.set()

    scheduler.add_plugin(Welcome())
