"""Files that appear under their name only when they are complete, and those not there yet."""

import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

MOST_BYTES = 200_000_000
"""Files beyond this in all are told apart by size and time: to read them delays every start."""

LEFT_S = 24 * 3600
"""Age from which an unfinished file of another machine is one that a killed process left [s]."""

# of what a study lacks
_NAMED = 4
_UNFINISHED = ".unfinished-"
_LOCK = ".lock"


def hash_file(path: Path) -> str:
    """Hash the content of a file: 64 hexadecimal digits of its SHA-256."""
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()


def hash_contents(paths: Iterable[str | Path]) -> str:
    """Hash what files hold, whatever their names and, up to `MOST_BYTES` in all, their times.

    A file can be replaced by an older one, which no comparison of times notices.

    Parameters
    ----------
    paths
        Files, in an order that counts. One that is missing counts as such.

    Returns
    -------
    str
        Sixteen hexadecimal digits of a SHA-256.
    """
    states, left = [], MOST_BYTES
    for path in map(Path, paths):
        size = path.stat().st_size if path.is_file() else 0
        states.append(_describe(path, whole=size <= left))
        left -= size if size <= left else 0
    return hashlib.sha256("\n".join(states).encode()).hexdigest()[:16]


def _describe(path: Path, *, whole: bool) -> str:
    if not path.is_file():
        return "missing"
    state = path.stat()
    return hash_file(path) if whole else f"{state.st_size} {state.st_mtime_ns}"


@contextmanager
def own_folder(parent: str | Path | None = None) -> Iterator[Path]:
    """Yield a new folder that nobody else may enter; it goes at the end.

    What killed processes left in `parent` goes as well: at once if their lock is free, which the
    system frees when a process ends, else after a day. The lock counts on the machine that took it
    only, since not every shared disk passes locks on.

    Parameters
    ----------
    parent
        Where it lies; by default with the temporary files of the system.
    """
    parent = Path(parent or tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(parent)
    # mkdtemp fails where the name exists, and makes a folder of mode 0700
    folder = Path(tempfile.mkdtemp(prefix=f"{_UNFINISHED}{_name_machine()}-", dir=parent))
    try:
        with _hold(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def unfinished(path: str | Path) -> Iterator[Path]:
    """Yield a name to write to; what is there appears as `path` on success, and goes on failure.

    The name lies in an `own_folder` next to `path`: writers of one file do not meet, whatever
    their process, container or node, and no link leads them elsewhere. The bytes are on the disk
    before the name is.
    """
    path = Path(path)
    with own_folder(path.parent) as folder:
        partial = folder / path.name
        yield partial
        _synchronise(partial)
        partial.replace(path)
        _synchronise(path.parent)


@contextmanager
def _hold(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which gets its name when it is held."""
    with (folder / f"{_LOCK}-new").open("w") as lock:
        with suppress(OSError):  # a disk without locks: what is left there goes after a day
            fcntl.flock(lock, fcntl.LOCK_EX)
            Path(lock.name).rename(folder / _LOCK)
        yield


def _synchronise(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _name_machine() -> str:
    """Name the running system: containers share it, as they share its locks."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return "unknown"


def _remove_leftovers(folder: Path) -> None:
    for left in folder.glob(f"{_UNFINISHED}*"):
        # another process may have removed it by now
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            state = left.stat(follow_symlinks=False)
            own = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
            if own and (_is_free(left) or _is_old(left)):
                shutil.rmtree(left, ignore_errors=True)


def _is_free(left: Path) -> bool:
    """Tell whether the process that made a folder on this machine has ended."""
    if not left.name.startswith(f"{_UNFINISHED}{_name_machine()}-"):
        return False
    try:
        with (left / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # no lock yet, or one that is held, or a disk without locks
        return False
    return True


def _is_old(left: Path) -> bool:
    states = [path.stat(follow_symlinks=False) for path in (left, *left.iterdir())]
    return max(state.st_mtime for state in states) < time.time() - LEFT_S


def read_json(path: str | Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it holds anything else, or brackets within brackets without end.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not valid JSON ({error})") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a JSON object")
    return content


def check_folder(results: str | Path, *, may_be_missing: bool = False) -> Path:
    """Check that the folder of a study is one.

    Raises
    ------
    ValueError
        If it is a file, or missing where it must not be.
    """
    results = Path(results)
    if not (results.is_dir() or (may_be_missing and not os.path.lexists(results))):
        wrong = "is a file" if os.path.lexists(results) else "does not exist"
        raise ValueError(f"{results}: {wrong}; name the folder of a study, results/{{study}}")
    return results


def check_finished(results: str | Path, files: Iterable[Path]) -> None:
    """Check that the files of a study are there.

    Parameters
    ----------
    results
        Folder of the study.
    files
        Paths below that folder.

    Raises
    ------
    ValueError
        If any is not there, with the first that are missing.
    """
    missing = [str(file.relative_to(results)) for file in files if not file.exists()]
    if missing:
        more = len(missing) - _NAMED
        named = ", ".join(missing[:_NAMED]) + (f" and {more} more files" if more > 0 else "")
        raise ValueError(
            f"{results}: the study is not finished, it lacks {named}; run snakemake "
            "with its configuration to the end, what is finished is kept"
        )


@contextmanager
def refuse_changes(paths: Iterable[str | Path]) -> Iterator[None]:
    """Refuse files that are written to while they are read.

    What was read would be neither the old nor the new content, and since the results are newer
    than both, no later run would read again.

    Raises
    ------
    OSError
        If a file has another size or time at the end.
    """
    before = {path: _date(path) for path in paths}
    yield
    for path, state in before.items():
        if _date(path) != state:
            raise OSError(
                f"{path}: was changed while it was read; run the same command again when it is "
                "complete"
            )


def _date(path: str | Path) -> tuple[int, int]:
    state = Path(path).stat()
    return state.st_mtime_ns, state.st_size
