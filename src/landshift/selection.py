"""Choice of the conditioning factors, made on the sources alone."""

from collections.abc import Collection

import numpy as np
import pandas as pd

SAMPLE_COLUMNS = ("region", "x", "y", "block", "presence")
"""Columns of a sample table that are not factors."""

MAX_CORRELATION = 0.98
"""Of two factors with a larger absolute rank correlation in the sources one is dropped."""


def list_factors(table: pd.DataFrame) -> list[str]:
    """List the columns of a sample or background table that are factors."""
    return [name for name in table if name not in SAMPLE_COLUMNS]


def select_factors(
    samples: pd.DataFrame,
    *,
    candidates: list[str],
    max_correlation: float = MAX_CORRELATION,
    classes: Collection[str] = (),
) -> list[str]:
    """Drop factors that do not vary and factors that repeat another one.

    Parameters
    ----------
    samples
        Samples of all sources: columns ``region``, ``presence`` and the candidates.
    candidates
        Factors in order of preference: of two that repeat each other the first stays.
    max_correlation
        Largest absolute Spearman correlation, pooled over the sources after ranking within each.
    classes
        Those of the candidates whose values are class codes: codes have no order, so none of them
        repeats another factor.

    Returns
    -------
    list of str
        The selected factors, in the order of the candidates.

    Raises
    ------
    ValueError
        If the sources have no varying factor in common.
    """
    common = [name for name in candidates if name in samples and samples[name].notna().all()]
    varying = [name for name in common if samples.groupby("region")[name].nunique().gt(1).any()]
    if not varying:
        raise ValueError(
            f"the sources have no varying factor in common among {candidates}; "
            "check factors.groups and the layers of each source"
        )
    measured = [name for name in varying if name not in classes]
    correlation = _rank_correlation(samples, measured) if measured else np.empty((0, 0))
    selected: list[int] = []
    for index in range(len(measured)):
        if not selected or np.abs(correlation[index, selected]).max() <= max_correlation:
            selected.append(index)
    kept = {measured[index] for index in selected}
    return [name for name in varying if name in kept or name in classes]


def _rank_correlation(samples: pd.DataFrame, names: list[str]) -> np.ndarray:
    ranks = samples.groupby("region")[names].rank(pct=True)
    return np.atleast_2d(np.nan_to_num(np.corrcoef(ranks.to_numpy().T)))
