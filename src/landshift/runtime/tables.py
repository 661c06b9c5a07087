"""Tables for others, as CSV that a spreadsheet opens without running anything of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from landshift.runtime.files import unfinished

_FORMULA = tuple("=+-@\t\n\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet may take a cell for a formula by, in either width."""


def write_csv(table: pd.DataFrame, path: str | Path, **options: Any) -> None:
    """Write a table without its index; it appears under its name only when it is complete.

    Text that a spreadsheet would run begins with an apostrophe; numbers stay as they are.

    Parameters
    ----------
    table
        The table.
    path
        The CSV to write.
    options
        Further options of `pandas.DataFrame.to_csv`, such as ``float_format``.
    """
    texts = table.select_dtypes(exclude=["number", "bool", "datetime"])
    disarmed = table.assign(
        **{name: np.array([*map(_disarm, cells)], object) for name, cells in texts.items()}
    )
    with unfinished(path) as partial:
        disarmed.rename(columns=_disarm).to_csv(partial, index=False, **options)


def _disarm(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    # the writer of CSV quotes one kind of line break only
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
