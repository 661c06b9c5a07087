"""Means, intervals and paired differences of the transfer benchmark."""

import numpy as np
import pandas as pd

from landshift.evaluation.benchmark.judge import MEASURES

KEYS = ["target", "family", "method", "regime", "shots"]
RESAMPLES = 2000
INTERVAL = (2.5, 97.5)
"""Percentiles of a 95 % bootstrap interval."""


def summarise_transfer(table: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Mean of each measure, and the paired gain in AUC over the zero-shot ensemble.

    Parameters
    ----------
    table
        Result of `run_transfer_benchmark`.
    seed
        Seed of the bootstrap over draws.

    Returns
    -------
    pandas.DataFrame
        A row per target, family, method, regime and shots: the measures (means
        over draws), ``gain`` (mean difference in AUC to the zero-shot ensemble on the same draws)
        with its 95 % interval ``gain_low``, ``gain_high``.
    """
    reference = table[(table["method"] == "zero_shot") & (table["family"] == "ensemble")]
    cells = ["target", "regime", "shots", "draw"]
    paired = table.merge(
        reference[[*cells, "auc"]].rename(columns={"auc": "zero_shot_auc"}), on=cells, how="left"
    )
    paired["gain"] = paired["auc"] - paired["zero_shot_auc"]
    groups = paired.groupby(KEYS, sort=True)
    summary = groups[[*(name for name in MEASURES if name in table), "gain"]].mean()
    limits = {key: bootstrap_interval(group["gain"], seed=seed) for key, group in groups}
    summary["gain_low"] = [limits[key][0] for key in summary.index]
    summary["gain_high"] = [limits[key][1] for key in summary.index]
    return summary.reset_index()


def bootstrap_interval(values: np.ndarray, *, seed: int) -> tuple[float, float]:
    """95 % percentile interval of the mean, resampling the draws."""
    values = np.asarray(values, float)
    picks = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), INTERVAL)
    return float(low), float(high)
