"""Checksums of finished files, so that one that was cut or changed later is noticed.

A workflow compares times. A file that a full disk, a broken copy or a hand has cut keeps its time
in many cases, and every later step would take it for whole.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from landshift.runtime.files import check_folder, hash_file, unfinished

RECORD = Path("logs", "checksums.json")
"""Where a study keeps the checksums, below its folder."""

# what changes without a job: logs, comparisons, and the report that a command of its own writes
_NOT_OF_JOBS = ("logs", "benchmarks", "updating", "before", "diff")
_REPORT = "report.zip"


def record_files(study: str | Path) -> list[str]:
    """Record the checksums of files that are new, and find those that were cut.

    Parameters
    ----------
    study
        Folder of a study.

    Returns
    -------
    list of str
        Files whose size has changed while their time has not. Their record stays.

    Raises
    ------
    ValueError
        If the record cannot be read.
    """
    study = Path(study)
    known = _read(study)
    record, cut = {}, []
    for path in _list_files(study):
        name = path.relative_to(study).as_posix()
        state = path.stat()
        stored = known.get(name)
        if stored is None or stored["time_ns"] != state.st_mtime_ns:
            stored = {
                "size": state.st_size, "time_ns": state.st_mtime_ns, "sha256": hash_file(path),
            }  # fmt: skip
        elif stored["size"] != state.st_size:
            cut.append(str(path))
        record[name] = stored
    if record and record != known:
        with unfinished(study / RECORD) as partial:
            partial.write_text(json.dumps(record, indent=0, sort_keys=True), encoding="utf-8")
    return cut


def check_files(study: str | Path) -> tuple[list[str], int]:
    """Compare the files of a study with their recorded checksums.

    Parameters
    ----------
    study
        Folder of a study.

    Returns
    -------
    list of str
        Files that differ. Files that were deleted do not count: the next run makes them again.
    int
        How many files were compared.

    Raises
    ------
    ValueError
        If there is no such folder, or no record in it, or one that cannot be read.
    """
    study = check_folder(study)
    record = _read(study)
    if not record:
        raise ValueError(
            f"{study}: has no record of checksums ({RECORD}); run the study once, which writes it"
        )
    present = {study / name: stored["sha256"] for name, stored in record.items()}
    present = {path: sha256 for path, sha256 in present.items() if _is_file(path)}
    return [str(path) for path, known in present.items() if hash_file(path) != known], len(present)


def keep_checksums(study: str | Path) -> str:
    """Record files as `record_files` does, and say in a line or more which were cut, if any."""
    cut = record_files(study)
    return f"{explain_cut(cut)}\n" if cut else ""


def explain_cut(files: list[str]) -> str:
    """Say which files are no longer what a job made, and what to do."""
    return "\n  ".join(
        [f"{len(files)} files are no longer what was made; delete them and run again:", *files]
    )


def _list_files(study: Path) -> Iterator[Path]:
    for path in sorted(study.rglob("*")):
        parts = path.relative_to(study).parts
        hidden = any(part.startswith(".") for part in parts)
        made = parts[0] not in _NOT_OF_JOBS and path.name != _REPORT
        if made and not hidden and path.is_file():
            yield path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for any file
        return False


def _read(study: Path) -> dict[str, dict]:
    path = study / RECORD
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: {"size": int(entry["size"]), "time_ns": int(entry["time_ns"]),
                   "sha256": str(entry["sha256"])}
            for name, entry in record.items()
            if not (Path(name).is_absolute() or ".." in Path(name).parts)
        }  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise ValueError(f"{path}: is no record of checksums; delete it") from None
