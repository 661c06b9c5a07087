"""Compiled kernels on disk: where they lie, and those that a change of the source has made stale.

Numba compiles a kernel again when its own file has changed, but not when a kernel that it calls
from another file has. After an update in place, as by `git pull`, results would be those of before.
"""

import atexit
import hashlib
import os
import shutil
import stat
import tempfile
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


def place_kernels(package: Path = _PACKAGE) -> Path | None:
    """Name a folder for compiled kernels where they cannot lie next to their source.

    It lies below the user's caches, or where these cannot be written either, such as under a
    read-only home, below the folder of temporary files. Nobody else may write to it: kernels are
    code. Its name holds the hash of the source, so that no kernel in it is stale.

    Returns
    -------
    pathlib.Path or None
        The folder, which ``NUMBA_CACHE_DIR`` then names; None if that names one already, or the
        package can be written.
    """
    if "NUMBA_CACHE_DIR" in os.environ or os.access(package, os.W_OK):
        return None
    name = f"landshift-kernels-{_hash_kernels(package)[:16]}"
    caches = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    folder = _make_own(caches / name) or _make_own(
        Path(tempfile.gettempdir(), f"{name}-{os.getuid()}")
    )
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="landshift-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    return folder


def _make_own(folder: Path) -> Path | None:
    """Make a folder that this user alone may write to; None if there cannot be one."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
    except OSError:
        return None
    own = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
    return folder if own and not state.st_mode & 0o022 and os.access(folder, os.W_OK) else None
