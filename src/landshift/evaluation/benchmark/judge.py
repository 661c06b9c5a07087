"""Who judges a prediction: landslides of the test blocks, against three kinds of other cells."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from landshift.evaluation.benchmark.measures import measure_areas, measure_prediction
from landshift.evaluation.benchmark.splits import Draw
from landshift.transfer.fine_tuning import PSEUDO_ABSENCES, find_pseudo_absences

NEAR_M = (45.0, 300.0)
"""Distances from a landslide between which a cell belongs to its slope [m]."""

LEAST_CELLS = 20
"""With fewer cells of a kind nothing is measured against it."""

TOP_SHARES = (0.05, 0.1)
"""Most susceptible shares of the area over which the found landslides are averaged [1]."""

MEASURES = (
    *("auc", "auc_buffer", "auc_near", "top_5", "top_10"),
    *("pr_auc", "brier", "ece", "log_score"),
)
"""Measures of `Judge.measure`, in the order of its result."""


@dataclass(frozen=True)
class Judge:
    """The cells of the test blocks of a draw, without pseudo-absences where enough are left.

    Parameters
    ----------
    samples, background
        Samples and random cells of the target, with their blocks.
    draw
        The split of the samples.
    seed
        Seed of the draw, which also picks the pseudo-absences.
    """

    samples: pd.DataFrame
    background: pd.DataFrame
    draw: Draw
    seed: int

    @property
    def queries(self) -> pd.DataFrame:
        """The cells to predict: the held-out samples, then the random cells of the test blocks."""
        return pd.concat([self._held_out, self._random], ignore_index=True)

    def measure(self, probability: np.ndarray) -> dict[str, float]:
        """Measure a prediction of the queries.

        Parameters
        ----------
        probability
            At equal prevalence of both classes, shape ``(queries,)``.

        Returns
        -------
        dict
            ``auc``, ``auc_buffer`` and ``auc_near``: area under the ROC curve of the landslides
            against random cells of the test blocks, against absences beyond the buffer, and against
            random cells 45 to 300 m from a landslide, NaN with fewer than 20 of them; ``top_5``
            and ``top_10``: mean share of the landslides found within the most susceptible 5 and
            10 % of the area, the partial area under the rate curve over its width; and ``pr_auc``,
            ``brier``, ``ece`` and ``log_score`` of `measures.measure_prediction`.
        """
        labels = self._held_out["presence"].to_numpy()
        held_out, cells = np.split(probability, [len(labels)])
        found = held_out[labels == 1]
        others = measure_prediction(labels, held_out)
        return {
            "auc": _measure_auc(found, cells),
            "auc_buffer": others.pop("auc"),
            "auc_near": _measure_auc(found, cells[self._is_near]),
            **{f"top_{100 * share:g}": average_top(found, cells, share) for share in TOP_SHARES},
            **others,
        }

    @cached_property
    def _held_out(self) -> pd.DataFrame:
        return self.samples.iloc[self.draw.held_out]

    @cached_property
    def _random(self) -> pd.DataFrame:
        tested = ~self.background["block"].isin(self.draw.shot_blocks).to_numpy()
        unknown = tested.copy()
        unknown[find_pseudo_absences(len(self.background), PSEUDO_ABSENCES, self.seed)] = False
        # of a small background fine-tuning takes nearly all, and all methods know it
        return self.background[unknown if unknown.sum() >= LEAST_CELLS else tested]

    @cached_property
    def _is_near(self) -> np.ndarray:
        places = ["x", "y"]
        landslides = self.samples.loc[self.samples["presence"] == 1, places]
        distance, _ = cKDTree(landslides).query(self._random[places])
        return (distance >= NEAR_M[0]) & (distance <= NEAR_M[1])


def _measure_auc(found: np.ndarray, cells: np.ndarray) -> float:
    if len(cells) < LEAST_CELLS:
        return float("nan")
    labels = np.repeat([1, 0], [len(found), len(cells)])
    return measure_areas(labels, np.concatenate([found, cells]), np.ones(len(labels)))[0]


def average_top(found: np.ndarray, cells: np.ndarray, share: float) -> float:
    """Average the share of landslides found over the most susceptible part of an area.

    Parameters
    ----------
    found, cells
        Scores of landslides and of random cells.
    share
        Share of the area [1].

    Examples
    --------
    >>> cells = np.linspace(0, 1, 101)
    >>> average_top(np.array([2.0, 0.3]), cells, 0.1)
    0.5
    """
    if len(cells) < LEAST_CELLS:
        return float("nan")
    limits = np.quantile(cells, 1 - share * (np.arange(100) + 0.5) / 100)
    return float((found[:, None] > limits).mean())
