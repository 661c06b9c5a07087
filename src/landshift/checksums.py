"""Checksums that say whether a file is what it was."""

import hashlib
from pathlib import Path


def hash_file(path: Path) -> str:
    """Hash the content of a file: 64 hexadecimal digits of its SHA-256."""
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()
