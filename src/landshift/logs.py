"""Logging of a job: to its log file and to the terminal, crashes included."""

import logging
import re
import sys
from pathlib import Path
from types import TracebackType

_QUERY = re.compile(r"(https?://[^\s?'\"<>]*)\?[^\s'\"<>]*", re.IGNORECASE)


class _Discreet(logging.Formatter):
    """Cut the queries of addresses, also in tracebacks: they may hold signatures and tokens."""

    def format(self, record: logging.LogRecord) -> str:
        return _QUERY.sub(r"\1", super().format(record))


def set_up_logging(path: str | Path, *, level: int = logging.INFO) -> None:
    """Send log lines, warnings and an uncaught exception to a file and to standard error.

    Addresses lose what follows their question mark, which may be a signature or a token.

    Parameters
    ----------
    path
        Log file; replaced if it exists, its folder is made if missing.
    level
        Least severe level that is written.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handlers = [logging.FileHandler(path, mode="w", encoding="utf-8"), logging.StreamHandler()]
    for handler in handlers:
        handler.setFormatter(
            _Discreet("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")
        )
    logging.basicConfig(level=level, handlers=handlers, force=True)
    logging.captureWarnings(True)
    sys.excepthook = _log_crash


def _log_crash(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    # A logger alone does not record a crash: the traceback would only reach the terminal.
    logging.getLogger("landshift").critical(
        "the job failed: %s", error, exc_info=(kind, error, traceback)
    )
