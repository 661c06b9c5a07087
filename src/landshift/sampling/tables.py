"""Tables of samples: their columns, and the two values of a factor that a cell may have."""

from collections.abc import Sequence

import pandas as pd

from landshift.factors.table import SUBCELL_SUFFIX

SAMPLE_COLUMNS = ("region", "x", "y", "block", "presence")
"""Columns of a sample table that are not factors."""


def list_factors(table: pd.DataFrame) -> list[str]:
    """List the factors of a sample or background table; values at sub-cells are no others."""
    return [name for name in drop_subcells(table) if name not in SAMPLE_COLUMNS]


def list_subcells(table: pd.DataFrame) -> list[str]:
    """List the columns with values at sub-cells."""
    return [name for name in table if name.endswith(SUBCELL_SUFFIX)]


def keep_factors(table: pd.DataFrame, factors: Sequence[str]) -> pd.DataFrame:
    """Keep some factors of a table, with their values at sub-cells where it has such."""
    places = [name for name in SAMPLE_COLUMNS if name in table]
    finer = [name for factor in factors if (name := f"{factor}{SUBCELL_SUFFIX}") in table]
    return table[[*places, *factors, *finer]]


def swap_subcells(table: pd.DataFrame) -> pd.DataFrame:
    """Put the values at sub-cells in place of the means; a factor without such keeps its mean.

    Examples
    --------
    >>> table = pd.DataFrame({"slope": [30.0], "slope_subcell": [38.0], "twi": [6.0]})
    >>> swap_subcells(table).to_dict("list")
    {'slope': [38.0], 'twi': [6.0]}
    """
    finer = {name.removesuffix(SUBCELL_SUFFIX): table[name] for name in list_subcells(table)}
    return drop_subcells(table).assign(**finer)


def drop_subcells(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the values at sub-cells."""
    return table[[name for name in table if not name.endswith(SUBCELL_SUFFIX)]]
