"""The source score: what the pre-trained models say of a cell, on the target's own scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landshift.transfer.preparation import PREPARATIONS, RankTransform
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.score_error import UNKNOWN_ERROR

SCORE_LIMIT = 4.0
"""Standardised logits are clipped to this magnitude [standard deviations]."""


@dataclass(frozen=True)
class LogitScale:
    """Centre and spread of every model's logit over the background, shape ``(columns,)``."""

    centre: np.ndarray
    spread: np.ndarray

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Standardise logits of shape ``(cells, columns)``, clipped to +-4."""
        return np.clip((logits - self.centre) / self.spread, -SCORE_LIMIT, SCORE_LIMIT)


@dataclass(frozen=True)
class SourceScore:
    """Mean of the standardised logits of all source models, with unit spread.

    Attributes
    ----------
    models
        The source models of the family.
    ranks
        Distribution of the factors in the target region.
    logit_scale
        Makes the models' logits comparable.
    scale
        Standard deviation of the mean over the background.
    """

    models: tuple[SourceModel, ...]
    ranks: RankTransform
    logit_scale: LogitScale
    scale: float

    def apply(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score cells.

        Parameters
        ----------
        values
            Factor values, shape ``(cells, factors)``.

        Returns
        -------
        score
            Shape ``(cells,)``.
        ranks
            Normal scores of the values, shape ``(cells, factors)``.
        """
        ranks = self.ranks.apply(values)
        logits = collect_logits(self.models, values, ranks)
        return self.logit_scale.apply(logits) @ weigh_models(self.models) / self.scale, ranks


def fit_source_score(
    models: Sequence[SourceModel], ranks: RankTransform, background: np.ndarray
) -> SourceScore:
    """Fit the scales on background values of shape ``(cells, factors)``."""
    logits = collect_logits(models, background, ranks.apply(background))
    logit_scale = fit_logit_scale(logits)
    spread = float((logit_scale.apply(logits) @ weigh_models(models)).std())
    return SourceScore(tuple(models), ranks, logit_scale, spread or 1.0)


def weigh_models(models: Sequence[SourceModel]) -> np.ndarray:
    """Weigh the columns of `collect_logits` alike: sum 1, shape ``(models * preparations,)``.

    Weights learned from how well each learner carries over between two or three sources were
    worse on every untouched region (docs/methods.md).
    """
    columns = len(models) * len(PREPARATIONS)
    return np.full(columns, 1 / columns)


def find_score_error(models: Sequence[SourceModel]) -> float:
    """Find how far the source score errs in new regions: the mean of the models' own errors.

    An upper bound, for the errors of the models offset each other in part.
    """
    errors = [
        UNKNOWN_ERROR if each.transfer_error is None else each.transfer_error for each in models
    ]
    return float(np.mean(errors))


def fit_logit_scale(logits: np.ndarray) -> LogitScale:
    """Scale of logits of shape ``(cells, columns)``; a constant column keeps a spread of 1."""
    spread = logits.std(axis=0)
    return LogitScale(logits.mean(axis=0), np.where(spread > 0, spread, 1.0))


def collect_logits(
    models: Sequence[SourceModel], values: np.ndarray, ranks: np.ndarray
) -> np.ndarray:
    """Logits of every model and preparation, shape ``(cells, models * preparations)``."""
    return np.hstack([model.logits(values, ranks) for model in models])
