"""Run a finished study again with what is new, and say what that changed in its maps."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from landshift.report.differences import compare_results
from landshift.runtime.files import check_folder

_LOCK = ".update.lock"
_WRITTEN = (_LOCK, ".updating", "updating", "before", "diff", "logs")


def update_study(results: str | Path, run: Callable[[], None]) -> pd.DataFrame | None:
    """Keep the maps of a study, run it, and compare.

    An update that was stopped has the maps of before it in ``updating``; the next one goes on from
    there, so that what changed is always told against the last finished update.

    Parameters
    ----------
    results
        Folder of the study.
    run
        Runs the study; raises if that fails.

    Returns
    -------
    pandas.DataFrame or None
        As of `compare_results`, which also writes ``diff/``; None if there were no maps before.

    Raises
    ------
    ValueError
        If `results` is a file, or what an update writes there is a link to somewhere else.
    OSError
        If another update of the study is running.
    """
    results = check_folder(results, may_be_missing=True)
    kept, before = results / "updating", results / "before"
    for name in _WRITTEN:
        if (results / name).is_symlink():
            raise ValueError(
                f"{results / name}: is a link, through which an update would write to another "
                "place; remove it"
            )
    with _only_one(results):
        _keep_maps(results / "targets", kept)
        run()
        if not kept.is_dir():
            return None
        table = compare_results(kept, results, results / "diff")
        shutil.rmtree(before, ignore_errors=True)
        kept.rename(before)
    return table


def _keep_maps(maps: Path, kept: Path) -> None:
    """Copy the maps, whole or not at all, unless those of a stopped update are there."""
    if (kept / "targets").is_dir() or not maps.is_dir():
        return
    shutil.rmtree(kept, ignore_errors=True)
    partial = kept.with_name(".updating")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(maps, partial / "targets")
    partial.rename(kept)


@contextmanager
def _only_one(results: Path) -> Iterator[None]:
    """Hold the lock of a study; the system frees it when the process ends, however it ends.

    A folder that was made for the lock alone goes with it: a run that did not begin leaves nothing.
    """
    results.mkdir(parents=True, exist_ok=True)
    path = results / _LOCK
    with path.open("w") as lock:
        refused = OSError(f"{results}: another update of this study is running; wait for its end")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refused from None
        if os.fstat(lock.fileno()).st_nlink == 0:
            raise refused
        try:
            yield
        finally:
            if [*results.iterdir()] == [path]:
                path.unlink()
                results.rmdir()
