"""Logging of a job: to its log file and to the terminal, its failure included."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from landshift.runtime.plain_text import make_plain

_PACKAGE = Path(__file__).parents[1]
_AGAIN = "run the same command again, what is finished is kept"
_FAILED = "the job failed: "
_TOLD_LATER = "told_later"
_REMEDIES = {
    errno.ENOSPC: f"the disk is full; free some space and {_AGAIN}",
    errno.EDQUOT: f"the disk quota is used up; free some space and {_AGAIN}",
    errno.EFBIG: f"the file exceeds the limit on its size; raise that limit and {_AGAIN}",
    errno.EROFS: f"the disk is read-only; choose a folder that can be written and {_AGAIN}",
    errno.EACCES: f"permission denied; change the permissions and {_AGAIN}",
    errno.EPERM: f"permission denied; change the permissions and {_AGAIN}",
    errno.ENOENT: "does not exist; correct the path",
    errno.ENOTDIR: "a part of this path is a file, not a folder; rename it",
    errno.EISDIR: "is a folder, not a file; correct the path",
}


class _Plain(logging.Formatter):
    """Cut the secrets in addresses and show codes of the terminal, also in tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return make_plain(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        # a further line of a message must not pass for a line of the log
        return super().formatMessage(record).replace("\n", "\n  ")


class _File(logging.FileHandler):
    """Hold all lines; what a full disk does not take of a failure goes to the terminal."""

    def handleError(self, record: logging.LogRecord) -> None:
        if hasattr(record, _TOLD_LATER):
            print(self.format(record), file=sys.stderr)


def set_up_logging(path: str | Path, *, level: int = logging.INFO) -> None:
    """Send log lines, warnings and an uncaught exception to a file and to standard error.

    Addresses lose user, password and query, which may be a signature or a token; codes that a
    terminal would obey are shown as such.
    An error that the user can mend is one line of the file, which the end of the run tells on the
    terminal (`list_failures`); any other comes with its traceback.

    Parameters
    ----------
    path
        Log file; replaced if it exists, its folder is made if missing.
    level
        Least severe level that is written.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handlers = [_File(path, mode="w", encoding="utf-8"), logging.StreamHandler()]
    for handler in handlers:
        handler.setFormatter(
            _Plain("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")
        )
    handlers[1].addFilter(lambda record: not hasattr(record, _TOLD_LATER))
    logging.basicConfig(level=level, handlers=handlers, force=True)
    # a line that a full disk does not take must not end in a traceback on the screen
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    # They tell every error twice, and every file that is written.
    for library in ("rasterio", "pyogrio"):
        logging.getLogger(library).setLevel(logging.WARNING)
    sys.excepthook = _log_failure


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """Yield a list of what this package warns of meanwhile, so that a record can say the same."""
    collected: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: collected.append(make_plain(record.getMessage()))
    logger = logging.getLogger("landshift")
    logger.addHandler(handler)
    try:
        yield collected
    finally:
        logger.removeHandler(handler)


def list_failures(results: str | Path, *, since: float) -> list[str]:
    """List the sentences that failed jobs of a run left in their logs, once each.

    What Snakemake writes itself is of no use: told to be quiet, it names no job that failed. A job
    that was killed left no sentence; it is told by its log without a benchmark, which a job that
    has ended well writes last.

    Parameters
    ----------
    results
        Folder of a study, with its ``logs`` and, by the same names, its ``benchmarks``.
    since
        When the run began, as of `time.time` [s]; older logs are of other runs.
    """
    logs, benchmarks = (Path(results, name) for name in ("logs", "benchmarks"))
    paths = [path for path in sorted(logs.rglob("*.log")) if path.stat().st_mtime >= since]
    found = []
    for path in paths:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line.partition(_FAILED)[2].strip() for line in lines if _FAILED in line]
        if not told and not _has_ended(path, logs, benchmarks):
            name = path.relative_to(logs).with_suffix("")
            told = [f"{name} stopped without a word, as if killed for its memory; see {path}"]
        found += told
    return list(dict.fromkeys(map(make_plain, found)))


def _has_ended(log: Path, logs: Path, benchmarks: Path) -> bool:
    """Tell whether a job has written its benchmark after the last line of its log."""
    benchmark = benchmarks / log.relative_to(logs).with_suffix(".tsv")
    return benchmark.is_file() and benchmark.stat().st_mtime >= log.stat().st_mtime


def explain_error(error: BaseException) -> str | None:
    """Explain an error that the user can mend, in one sentence.

    Such are the `ValueError` and `OSError` that this package raises with its own words, what the
    operating system refuses, and a lack of memory. Everything else is a mistake of the program,
    also a `ValueError` that another library raises because this package called it wrongly.

    Returns
    -------
    str or None
        The sentence; None for a mistake of the program.
    """
    if isinstance(error, MemoryError):
        return f"the memory is used up; lower maps.block_size or use a larger machine, and {_AGAIN}"
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        name = error.filename if error.filename is not None else "a file cannot be written"
        return f"{name}: {_REMEDIES[error.errno]}"
    if isinstance(error, ValueError | OSError) and _raised_here(error.__traceback__):
        return str(error)
    return None


def _raised_here(traceback: TracebackType | None) -> bool:
    if traceback is None:
        return False
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return Path(traceback.tb_frame.f_code.co_filename).is_relative_to(_PACKAGE)


def _log_failure(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    # A logger by itself does not record a crash: the traceback would only reach the terminal.
    sentence = explain_error(error)
    logger = logging.getLogger("landshift")
    if sentence is None:
        logger.critical("%s%s", _FAILED, error, exc_info=(kind, error, traceback))
    else:
        logger.critical("%s%s", _FAILED, sentence, extra={_TOLD_LATER: True})
