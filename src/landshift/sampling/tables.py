"""Tables of samples: their columns, and what is wrong with them."""

import pandas as pd

SAMPLE_COLUMNS = ("region", "x", "y", "block", "presence")
"""Columns of a sample table that are not factors."""


def list_factors(table: pd.DataFrame) -> list[str]:
    """List the columns of a sample or background table that are factors."""
    return [name for name in table if name not in SAMPLE_COLUMNS]
