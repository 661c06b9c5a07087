"""An inventory that comes as a file, or as a folder to which files are added as they come."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from landshift.folders import list_inventories
from landshift.inventory.reading import read_inventory


def gather_inventory(
    path: str | Path, **options: Any
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Read an inventory from a file, or from all files of a folder.

    Parameters
    ----------
    path
        A file that `read_inventory` reads, or a folder of such files.
    options
        Options of `read_inventory`; in a folder they hold for every file.

    Returns
    -------
    landslides, absences
        As from `read_inventory`. Of a folder, in the CRS of its first file, and an ``id`` is the
        name of the file and the row in it, such as ``winter:12``.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder, or the folder holds no inventory.
    ValueError
        If a file cannot be read as an inventory.
    """
    path = Path(path)
    if not path.is_dir():
        return read_inventory(path, **options)
    files = list_inventories(path)
    if not files:
        raise FileNotFoundError(f"{path} holds no inventory; put one there")
    landslides, absences = zip(*(_read(file, options) for file in files), strict=True)
    # with `label` every file lists absences, without it none does
    return _join(landslides), None if absences[0] is None else _join(absences)


def _read(file: Path, options: dict[str, Any]) -> list[gpd.GeoDataFrame | None]:
    return [
        table if table is None else table.assign(id=f"{file.stem}:" + table["id"])
        for table in read_inventory(file, **options)
    ]


def _join(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    crs = tables[0].crs
    return pd.concat([table.to_crs(crs) for table in tables], ignore_index=True)
