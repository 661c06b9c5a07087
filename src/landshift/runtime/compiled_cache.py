"""Compiled kernels on disk that a change of the source has made stale.

Numba compiles a kernel again when its own file has changed, but not when a kernel that it calls
from another file has. After an update in place, as by `git pull`, results would be those of before.
"""

import hashlib
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def drop_stale_kernels(package: Path = _PACKAGE) -> bool:
    """Remove all compiled kernels of the package if the source of any has changed.

    Parameters
    ----------
    package
        Folder of the package. Where it cannot be written, nothing is done: a package that was
        installed as a whole has no kernels of before.

    Returns
    -------
    bool
        Whether kernels were removed.
    """
    stamp = package / "__pycache__" / "kernels.sha256"
    state = _hash_kernels(package)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == state:
        return False
    stale = [*package.rglob("*.nbi"), *package.rglob("*.nbc")]
    try:
        for path in stale:
            path.unlink(missing_ok=True)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(state, encoding="utf-8")
    except OSError:
        return False
    return bool(stale)


def _hash_kernels(package: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        text = path.read_bytes()
        if b"numba" in text:
            digest.update(f"{path.relative_to(package)}\0".encode() + text)
    return digest.hexdigest()
