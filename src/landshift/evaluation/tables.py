"""Tables of results that another job has written."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pandas as pd


def read_results(path: str | Path, columns: Sequence[str], **settings) -> pd.DataFrame:
    """Read a CSV of results, and refuse a damaged one, which could pass for an empty table.

    Parameters
    ----------
    path
        The file.
    columns
        Columns that it has at least.
    settings
        For `pandas.read_csv`.

    Raises
    ------
    ValueError
        If the file holds NUL bytes, as after a crash of the machine, is no table or lacks a column.
    """
    written = Path(path).read_bytes()
    try:
        if b"\0" in written:
            raise ValueError("it holds NUL bytes")
        table = pd.read_csv(BytesIO(written), **settings)
        if missing := [column for column in columns if column not in table]:
            raise ValueError(f"it lacks the columns {', '.join(missing)}")
    except ValueError as error:
        damage = str(error).strip()
        raise ValueError(
            f"{path} is damaged: {damage}; delete it and run the same command again"
        ) from error
    return table
