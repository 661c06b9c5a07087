"""Files of an inventory by their names, and folders that hold one inventory in several files."""

from pathlib import Path

TEXTS = (".csv", ".tsv", ".txt")
"""Endings of tables that are texts."""

WORKBOOKS = (".xlsx", ".ods")
"""Endings of tables that are sheets of a workbook."""

TABLES = (*TEXTS, *WORKBOOKS)
"""Endings of tables of points, which state no CRS."""

_COMPANIONS = frozenset(
    {".cpg", ".dbf", ".prj", ".qix", ".qmd", ".qpj", ".sbn", ".sbx", ".shx"}
    | {".aux", ".msk", ".ovr", ".tfw", ".xml", ".gpkg-shm", ".gpkg-wal"}
    | {".dat", ".gfs", ".id", ".ind", ".map", ".mid", ".xsd"}
    | {".lyr", ".lyrx", ".qml", ".sld"}
    | {".md", ".txt"}
)
"""Endings of what lies next to inventories: parts of other files, styles, and notes."""

_SYSTEM = frozenset({"desktop.ini", "ehthumbs.db", "thumbs.db"})
_OPENED = "~$"


def list_inventories(folder: str | Path) -> list[Path]:
    """List the inventories in a folder, by name.

    Hidden files, notes (``.txt``, ``.md``), parts of shapefiles, styles, what Windows and
    spreadsheets put there, and folders are none; every other file is, so that none of an unknown
    kind is passed over.

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
        and not path.name.startswith((".", _OPENED))
        and path.name.lower() not in _SYSTEM
        and path.suffix.lower() not in _COMPANIONS
    )
