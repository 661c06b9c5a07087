"""Log lines about long transfers."""

import logging
import time

PROGRESS_S = 5.0
"""Time between two progress lines of one file [s]; every tenth of it is reported too."""

_log = logging.getLogger("landshift.acquire")


class Progress:
    """Report one transfer: each tenth of it, and at least every few seconds."""

    def __init__(self, origin: str, size: int | None) -> None:
        self._origin = origin
        self._size = size
        self._next_share = 0.1
        self._next_time = time.monotonic() + PROGRESS_S

    def report(self, received: int) -> None:
        """Log how many bytes have come, if it is time to."""
        share = received / self._size if self._size else 0.0
        now = time.monotonic()
        if share < self._next_share and now < self._next_time:
            return
        self._next_share = int(share * 10 + 1) / 10
        self._next_time = now + PROGRESS_S
        done = f"{share:.0%} of {megabytes(self._size)}" if self._size else megabytes(received)
        _log.info("%s: %s", self._origin, done)


def megabytes(size: int | None) -> str:
    """Write a number of bytes for a reader.

    Examples
    --------
    >>> megabytes(2_552_807), megabytes(None)
    ('2.6 MB', 'size unknown')
    """
    return "size unknown" if size is None else f"{size / 1e6:.1f} MB"
