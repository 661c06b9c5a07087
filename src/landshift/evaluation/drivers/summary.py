"""Tables of what drives a whole map, its classes, and the sources."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from landshift.evaluation.drivers.explanation import Explanation, choose_reference, explain_score
from landshift.transfer.preparation import fit_rank_transform
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.source_score import fit_source_score

BINS = 12
"""Points of a dependence curve, each with the same number of cells."""


def summarise_drivers(explanation: Explanation, classes: np.ndarray) -> pd.DataFrame:
    """Average contributions over the map and over each class.

    Parameters
    ----------
    explanation
        Of random cells of the region.
    classes
        Class 1 to 5 of each cell, shape ``(cells,)``.

    Returns
    -------
    pandas.DataFrame
        A row per scope (``map``, ``class 1`` ... where cells fall into it) and factor: ``cells``,
        ``mean_absolute`` and ``mean`` of the contribution [logit], ``from_sources`` and
        ``from_shots``, the mean absolute value of its parts [logit], and ``share``, the mean
        absolute contribution over that of all factors [1].
    """
    scopes = {"map": np.ones(len(classes), bool)}
    scopes |= {f"class {code}": classes == code for code in range(1, 6) if (classes == code).any()}
    total = explanation.contributions
    tables = []
    for scope, chosen in scopes.items():
        table = _tabulate(scope, explanation.factors, total[chosen])
        table["from_sources"] = np.abs(explanation.from_sources[chosen]).mean(axis=0)
        table["from_shots"] = np.abs(explanation.from_shots[chosen]).mean(axis=0)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def compare_sources(
    drivers: pd.DataFrame,
    models: Sequence[SourceModel],
    backgrounds: Mapping[str, np.ndarray],
    *,
    cells: int,
    seed: int,
) -> pd.DataFrame:
    """Add what drives the source score in each source region, and how alike the drivers are.

    Parameters
    ----------
    drivers
        Result of `summarise_drivers` for the target.
    models
        The source models of the target.
    backgrounds
        Background values of each source region, classes scored, shape ``(cells, shared factors)``.
    cells
        Cells of a source that are explained.
    seed
        Seed of the choice of reference cells.

    Returns
    -------
    pandas.DataFrame
        `drivers` with the scopes ``source NAME``, and a column ``agreement``: Spearman's rank
        correlation of the factors' shares in this scope with those in the whole map, over the
        factors that the sources have.
    """
    tables = [drivers]
    for region, background in backgrounds.items():
        score = fit_source_score(models, fit_rank_transform(background), background)
        reference = choose_reference(background, seed=seed)
        _, contributions = explain_score(score, background[:cells], reference)
        tables.append(_tabulate(f"source {region}", models[0].factors, contributions))
    joined = pd.concat(tables, ignore_index=True)
    shares = joined.pivot_table(index="factor", columns="scope", values="share")
    shares = shares.loc[list(models[0].factors)]
    agreement = {
        scope: _rank_correlation(own.to_numpy(), shares["map"].to_numpy())
        for scope, own in shares.items()
    }
    return joined.assign(agreement=joined["scope"].map(agreement))


def summarise_shots(explanation: Explanation, shots: pd.DataFrame) -> pd.DataFrame:
    """Tell how far each shot reaches: its push on the logit, averaged over the cells.

    Parameters
    ----------
    explanation
        Of random cells of the region.
    shots
        The shots in the order in which the model was fine-tuned on them: ``x``, ``y`` [m] and
        ``presence``.

    Returns
    -------
    pandas.DataFrame
        The shots with ``mean_push`` and ``mean_absolute_push`` [logit].
    """
    own = explanation.pushes[:, : len(shots)]
    table = shots[["x", "y", "presence"]].reset_index(drop=True)
    return table.assign(mean_push=own.mean(axis=0), mean_absolute_push=np.abs(own).mean(axis=0))


def summarise_dependence(
    explanation: Explanation,
    values: np.ndarray,
    units: Sequence[str],
    classes: Collection[str] = (),
) -> pd.DataFrame:
    """Average the contribution of each factor over bins of its value, or over its classes.

    Parameters
    ----------
    explanation
        Of random cells of the region.
    values
        Their factor values, shape ``(cells, factors)``.
    units
        Unit of each factor.
    classes
        Factors whose values are class codes.

    Returns
    -------
    pandas.DataFrame
        A row per factor and bin, or class: mean ``value`` in ``units`` (``class`` for codes), and
        ``mean``, ``low`` and ``high`` (10 % and 90 % quantiles) of the contribution [logit].
    """
    rows = []
    for column, factor in enumerate(explanation.factors):
        own, contribution = values[:, column], explanation.contributions[:, column]
        coded = factor in classes
        for chosen in _split_codes(own) if coded else _split_evenly(own):
            low, high = np.quantile(contribution[chosen], (0.1, 0.9))
            rows.append(
                (
                    factor,
                    "class" if coded else units[column],
                    float(own[chosen].mean()),
                    float(contribution[chosen].mean()),
                    float(low),
                    float(high),
                )
            )
    return pd.DataFrame(rows, columns=["factor", "units", "value", "mean", "low", "high"])


def _split_evenly(values: np.ndarray) -> list[np.ndarray]:
    return np.array_split(np.argsort(values, kind="stable"), min(BINS, len(values)))


def _split_codes(codes: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(codes == code) for code in np.unique(codes)]


def _tabulate(scope: str, factors: Sequence[str], contributions: np.ndarray) -> pd.DataFrame:
    absolute = np.abs(contributions).mean(axis=0)
    return pd.DataFrame(
        {
            "scope": scope,
            "factor": list(factors),
            "cells": len(contributions),
            "mean_absolute": absolute,
            "mean": contributions.mean(axis=0),
            "share": absolute / max(absolute.sum(), np.finfo(float).tiny),
        }
    )


def _rank_correlation(left: np.ndarray, right: np.ndarray) -> float:
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return float("nan")
    return float(np.corrcoef(*(pd.Series(each).rank() for each in (left, right)))[0, 1])
