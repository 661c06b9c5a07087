"""All methods of the benchmark at a glance: curves by group, and gains with their intervals."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from landshift.evaluation.benchmark.names import name_method
from landshift.report.figures.style import FAINT, INK, LINES, WIDTH_IN, figure_style, tidy_axes
from landshift.runtime.seeds import derive_seed

BOLD = ("fine_tuned", "ensemble")

_REFERENCES = (BOLD, ("zero_shot", "ensemble"), ("local_only", "gp"))
_ROW_IN, _CURVES_IN, _HEAD_IN, _FOOT_IN = 0.2, 2.2, 0.6, 0.6
_RESAMPLES = 1000


@figure_style()
def plot_dominance(
    benchmark: pd.DataFrame,
    dominance: pd.DataFrame,
    *,
    regime: str = "transductive",
    seed: int = 0,
) -> Figure:
    """Draw curves per target on top and a table of all methods below.

    On top, a panel per target: mean AUC by number of shots of the fine-tuned ensemble, the
    zero-shot ensemble and the local Gaussian process, with 95 % bootstrap intervals over draws,
    over the faint curves of all other methods. Below, a row per method and family: its mean gain
    over the toughest simple way (zero-shot, local, pooled, slope) with its 95 % interval over
    targets and draws, the cells where it is significantly worse, its regret, and the gap it closes.

    Parameters
    ----------
    benchmark
        Result of `landshift.evaluation.benchmark.run.run_transfer_benchmark`.
    dominance
        Result of `landshift.evaluation.benchmark.dominance.compare_methods`.
    regime
        ``"transductive"`` or ``"inductive"``.
    seed
        Seed of the bootstrap.

    Raises
    ------
    ValueError
        If a table has no row of the regime.
    """
    scores = benchmark[benchmark["regime"] == regime]
    compared = dominance[dominance["regime"] == regime]
    if scores.empty or compared.empty:
        raise ValueError(f"the benchmark tables have no row of regime {regime!r}")
    targets = sorted(scores["target"].unique())
    panel_rows = -(-len(targets) // 3)
    table_in = _ROW_IN * len(compared)
    total = _HEAD_IN + panel_rows * (_CURVES_IN + 0.55) + table_in + _FOOT_IN + 0.35
    figure = Figure(figsize=(WIDTH_IN, total))
    _draw_curves(figure, scores, targets, seed)
    axes = figure.add_axes((0.3, _FOOT_IN / total, 0.36, table_in / total))
    _draw_gains(axes, compared)
    return figure


def _draw_curves(figure: Figure, scores: pd.DataFrame, targets: list[str], seed: int) -> None:
    total = figure.get_size_inches()[1]
    shots = sorted(int(count) for count in scores["shots"].unique())
    first = None
    for index, target in enumerate(targets):
        row, column = divmod(index, 3)
        top = total - _HEAD_IN - row * (_CURVES_IN + 0.55)
        place = (0.075 + 0.315 * column, (top - _CURVES_IN) / total, 0.29, _CURVES_IN / total)
        axes = figure.add_axes(place, sharey=first)
        first = first or axes
        _draw_panel(axes, scores[scores["target"] == target], shots, seed)
        axes.set_title(target)
        if column:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel("Mean AUC, held-out blocks [1]")
        if row == (len(targets) - 1) // 3:
            axes.set_xlabel("Landslides used (shots)")
    handles, names = first.get_legend_handles_labels()
    figure.legend(handles, names, loc="upper left", bbox_to_anchor=(0.06, 1), ncols=4)


def _draw_panel(axes: Axes, rows: pd.DataFrame, shots: list[int], seed: int) -> None:
    others = rows.pivot_table("auc", index=["method", "family"], columns="shots")
    label = "each other method"
    for key, means in others.iterrows():
        if key not in _REFERENCES:
            axes.plot(shots, means[shots], color="#c9c9c9", linewidth=0.7, label=label, zorder=1)
            label = None
    for key, style in zip(_REFERENCES, (LINES[0], LINES[3], LINES[1]), strict=True):
        chosen = rows[(rows["method"] == key[0]) & (rows["family"] == key[1])]
        means, low, high = _interval_by_shots(chosen, shots, derive_seed(seed, *key))
        axes.fill_between(shots, low, high, color=style["color"], alpha=0.16, linewidth=0)
        axes.plot(shots, means, markersize=4, label=name_method(*key), zorder=3, **style)
    axes.set_xscale("log")
    axes.set_xticks(shots, labels=[str(count) for count in shots])
    axes.xaxis.set_minor_locator(NullLocator())
    tidy_axes(axes)


def _interval_by_shots(rows: pd.DataFrame, shots: list[int], seed: int):
    """Mean over draws and its 95 % percentile interval, for every number of shots."""
    generator = np.random.default_rng(seed)
    intervals = []
    for count in shots:
        values = rows.loc[rows["shots"] == count, "auc"].to_numpy()
        resampled = generator.choice(values, (_RESAMPLES, len(values))).mean(axis=1)
        intervals.append([values.mean(), *np.quantile(resampled, (0.025, 0.975))])
    return np.array(intervals).T


def _draw_gains(axes: Axes, compared: pd.DataFrame) -> None:
    heights = np.arange(len(compared))[::-1]
    for height, row in zip(heights, compared.to_dict("records"), strict=True):
        bold = (row["method"], row["family"]) == BOLD
        colour = LINES[0]["color"] if bold else INK
        span = [row["gain_tougher_low"], row["gain_tougher_high"]]
        axes.plot(span, [height] * 2, color=colour, linewidth=1.8 if bold else 1.0)
        axes.plot(row["gain_tougher"], height, "o", color=colour, markersize=5 if bold else 3.5)
        axes.text(
            -0.02,
            height,
            name_method(row["method"], row["family"]),
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=8,
            color=colour,
            weight="bold" if bold else "normal",
        )
        _write_numbers(axes, height, row, colour)
    _write_heads(axes, len(compared) - 0.4)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    axes.set_ylim(-0.7, len(compared) - 0.3)
    tidy_axes(axes)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Mean gain in AUC over the toughest of\nzero-shot, local, pooled and slope")


_NUMBERS = (
    ("mean\nAUC", "auc", "{:.3f}"),
    ("below\nzero-shot", "losses_zero_shot", "{:.0f}"),
    ("below\ntougher", "losses_tougher", "{:.0f}"),
    ("regret", "regret", "{:.3f}"),
    ("gap\nclosed", "gap_closed", "{:.0%}"),
)
_NUMBER_PLACES = tuple(1.1 + 0.185 * column for column in range(len(_NUMBERS)))


def _write_numbers(axes: Axes, height: float, row: dict, colour: str) -> None:
    for place, (_, key, form) in zip(_NUMBER_PLACES, _NUMBERS, strict=True):
        text = form.format(row[key]) if np.isfinite(row[key]) else "-"
        if key.startswith("losses"):
            text = f"{text} of {row['cells']}"
        axes.text(place, height, text, va="center", color=colour, **_number_style(axes))


def _write_heads(axes: Axes, height: float) -> None:
    for place, (head, _, _) in zip(_NUMBER_PLACES, _NUMBERS, strict=True):
        axes.text(place, height, head, va="bottom", color=FAINT, **_number_style(axes))


def _number_style(axes: Axes) -> dict:
    return {"transform": axes.get_yaxis_transform(), "ha": "center", "fontsize": 7.5}
