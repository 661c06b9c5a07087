"""Which method beats which: paired differences, significant losses, regret, and gap closed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landshift.evaluation.benchmark.summary import INTERVAL, RESAMPLES, bootstrap_interval
from landshift.runtime.seeds import derive_seed

ZERO_SHOT = ("zero_shot", "ensemble")
LOCAL = ("local_only", "gp")
SLOPE = ("slope", "rank")
POOLED = "pooled"
CEILING = ("all_labels", "ensemble")

CELL = ["target", "shots"]


def compare_methods(table: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Compare every method with zero-shot, with the toughest of the simple ways, and with the best.

    A *cell* is a target and a number of shots. In a cell, *tougher* is the zero-shot ensemble, the
    local Gaussian process with background, a pooled model or the slope alone, whichever has the
    highest mean AUC there. Draws are
    paired. A loss is significant if the 95 % bootstrap interval of the mean difference over the
    draws of a cell lies below zero. The intervals of the gains resample targets, and draws within
    them, so they hold for other targets of the same kind, as far as the measured ones are many.

    Parameters
    ----------
    table
        Result of `run_transfer_benchmark`, with the methods ``zero_shot``, ``local_only`` and
        ``slope``.
    seed
        Seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        A row per regime, method and family, best mean AUC first: ``auc_{shots}`` and ``auc``
        (means over targets), ``gain_zero_shot`` and ``gain_tougher`` with their intervals
        ``_low`` and ``_high``, ``gain_own`` (over the same family's zero-shot score), the number
        of ``cells`` and the significant losses among them, ``losses_zero_shot`` and
        ``losses_tougher``, ``regret`` (mean AUC by which the best method of a cell is ahead; the
        ceiling takes no part), and ``gap_closed``: share of the way from zero-shot to all labels.

    Raises
    ------
    ValueError
        If a method that the others are compared with is missing.
    """
    present = set(zip(table["method"], table["family"], strict=True))
    missing = [f"{method} ({family})" for method, family in (ZERO_SHOT, LOCAL, SLOPE)
               if (method, family) not in present]  # fmt: skip
    if missing:
        raise ValueError(
            f"the benchmark table lacks {', '.join(missing)}, which the others are compared with; "
            "run the group `core` as well"
        )
    return pd.concat(
        [_compare_in_regime(rows, regime, seed) for regime, rows in table.groupby("regime")],
        ignore_index=True,
    )


@dataclass(frozen=True)
class _Scores:
    """AUC by method and family, a row of the frame per target, shots and draw."""

    auc: pd.DataFrame

    @property
    def means(self) -> pd.DataFrame:
        """Mean over the draws, a row per cell."""
        return self.auc.groupby(level=CELL).mean()

    def tougher(self) -> pd.Series:
        """AUC of the toughest of the simple ways in each cell, draw by draw."""
        pooled = [pair for pair in self.auc if pair[0] == POOLED]
        simple = [ZERO_SHOT, LOCAL, SLOPE, *pooled]
        best = self.means[simple].to_numpy().argmax(axis=1)
        cells = self.means.index.get_indexer(self.auc.index.droplevel("draw"))
        values = self.auc[simple].to_numpy()
        return pd.Series(values[np.arange(len(values)), best[cells]], self.auc.index)


def _compare_in_regime(rows: pd.DataFrame, regime: str, seed: int) -> pd.DataFrame:
    scores = _Scores(
        rows.pivot_table(index=[*CELL, "draw"], columns=["method", "family"], values="auc")
    )
    means = scores.means
    references = {"zero_shot": scores.auc[ZERO_SHOT], "tougher": scores.tougher()}
    best = means.drop(columns=[CEILING], errors="ignore").max(axis=1)
    compared = []
    for method, family in means:
        own = scores.auc[(method, family)]
        by_shots = means[(method, family)].groupby(level="shots").mean()
        row = {"regime": regime, "method": method, "family": family}
        row |= {f"auc_{shots}": value for shots, value in by_shots.items()}
        row["auc"] = by_shots.mean()
        for name, reference in references.items():
            row |= _describe_gain(own - reference, name, derive_seed(seed, method, family, name))
        row["gain_own"] = _gain_over_own(means, method, family)
        row["cells"] = len(means)
        is_ceiling = (method, family) == CEILING
        row["regret"] = np.nan if is_ceiling else (best - means[(method, family)]).mean()
        row["gap_closed"] = _share_of_gap(means, method, family)
        compared.append(row)
    return pd.DataFrame(compared).sort_values("auc", ascending=False, kind="stable")


def _describe_gain(gain: pd.Series, name: str, seed: int) -> dict[str, float]:
    low, high = bootstrap_targets(gain, seed=seed)
    losses = [
        bootstrap_interval(values, seed=seed)[1] < 0 for _, values in gain.groupby(level=CELL)
    ]
    return {
        f"gain_{name}": gain.groupby(level=CELL).mean().mean(),
        f"gain_{name}_low": low,
        f"gain_{name}_high": high,
        f"losses_{name}": sum(losses),
    }


def bootstrap_targets(gain: pd.Series, *, seed: int) -> tuple[float, float]:
    """95 % interval of a mean gain, resampling targets and the draws within each.

    Parameters
    ----------
    gain
        Differences by the index levels ``target``, ``shots`` and ``draw``.
    seed
        Seed of the bootstrap.
    """
    by_draw = gain.groupby(level=["target", "draw"]).mean()
    values = [own.to_numpy() for _, own in by_draw.groupby(level="target")]
    generator = np.random.default_rng(seed)
    resampled = np.array(
        [own[generator.integers(0, len(own), (RESAMPLES, len(own)))].mean(axis=1) for own in values]
    )
    picked = generator.integers(0, len(values), (len(values), RESAMPLES))
    low, high = np.percentile(resampled[picked, np.arange(RESAMPLES)].mean(axis=0), INTERVAL)
    return float(low), float(high)


def _gain_over_own(means: pd.DataFrame, method: str, family: str) -> float:
    own = ("zero_shot", family)
    return (means[(method, family)] - means[own]).mean() if own in means else np.nan


def _share_of_gap(means: pd.DataFrame, method: str, family: str) -> float:
    if CEILING not in means:
        return np.nan
    gap = (means[CEILING] - means[ZERO_SHOT]).mean()
    return (means[(method, family)] - means[ZERO_SHOT]).mean() / gap if gap > 0 else np.nan
