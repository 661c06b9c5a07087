"""Checksums that say whether a file is what it was."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 200_000_000
"""Larger files are told apart by size and time: to read them all would delay every start."""


def hash_file(path: Path) -> str:
    """Hash the content of a file: 64 hexadecimal digits of its SHA-256."""
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()


def hash_contents(paths: Iterable[str | Path]) -> str:
    """Hash what files hold, whatever their names and, up to `MOST_BYTES`, their times.

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
    states = "\n".join(_describe(Path(path)) for path in paths)
    return hashlib.sha256(states.encode()).hexdigest()[:16]


def _describe(path: Path) -> str:
    if not path.is_file():
        return "missing"
    state = path.stat()
    small = state.st_size <= MOST_BYTES
    return hash_file(path) if small else f"{state.st_size} {state.st_mtime_ns}"
