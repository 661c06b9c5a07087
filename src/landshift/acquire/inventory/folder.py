"""Folders that hold one inventory in several files, to which more are added as they come."""

from pathlib import Path

_COMPANIONS = frozenset(
    {".cpg", ".dbf", ".prj", ".qix", ".qmd", ".qpj", ".sbn", ".sbx", ".shx"}
    | {".aux", ".msk", ".ovr", ".tfw", ".xml", ".gpkg-shm", ".gpkg-wal"}
    | {".md", ".txt"}
)
"""Endings of what lies next to inventories: parts of other files, and notes."""


def list_inventories(folder: str | Path) -> list[Path]:
    """List the inventories in a folder, by name.

    Hidden files, notes (``.txt``, ``.md``), parts of shapefiles and folders are none; every other
    file is, so that none of an unknown kind is passed over.

    Parameters
    ----------
    folder
        An existing folder.

    Returns
    -------
    list of pathlib.Path
        The main file of each inventory.
    """
    return sorted(
        path
        for path in Path(folder).iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and path.suffix.lower() not in _COMPANIONS
    )
