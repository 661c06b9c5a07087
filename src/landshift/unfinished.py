"""Files that appear under their name only when they are complete, and those not there yet."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def unfinished(path: str | Path) -> Iterator[Path]:
    """Yield a name beside `path` to write to; it is renamed on success and removed on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
        If any is not there, with all that are missing.
    """
    missing = [str(file.relative_to(results)) for file in files if not file.exists()]
    if missing:
        raise ValueError(
            f"{results}: the study is not finished, it lacks {', '.join(missing)}; run snakemake "
            "with its configuration to the end, what is finished is kept"
        )
