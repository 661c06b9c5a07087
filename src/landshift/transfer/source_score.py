"""The source score: what the pre-trained models say of a cell, on the target's own scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from landshift.transfer.preparation import PREPARATIONS, RankTransform
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.score_error import UNKNOWN_ERROR

TRANSFER_CONTRAST = 40.0
"""Weight of a learner grows by e for every 1 / 40 of AUC between the sources."""

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
    """Weighted mean of the standardised logits of all source models, with unit spread.

    Attributes
    ----------
    models
        The source models of the family.
    ranks
        Distribution of the factors in the target region.
    logit_scale
        Makes the models' logits comparable.
    scale
        Standard deviation of the weighted mean over the background.
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
    """Weigh the columns of `collect_logits`: sum 1, shape ``(models * preparations,)``.

    A learner counts the more, the better it carries over between the sources; all count the same
    where that is not known, with fewer than two sources.
    """
    scores = [model.transfer_auc for model in models]
    known = all(score is not None for score in scores)
    shares = softmax(TRANSFER_CONTRAST * np.array(scores)) if known else np.ones(len(models))
    columns = np.repeat(shares, len(PREPARATIONS))
    return columns / columns.sum()


def find_score_error(models: Sequence[SourceModel]) -> float:
    """Find how far the source score errs in new regions: the models' own, by their weight.

    An upper bound, for the errors of the models offset each other in part.
    """
    known = [
        UNKNOWN_ERROR if each.transfer_error is None else each.transfer_error for each in models
    ]
    return float(np.repeat(known, len(PREPARATIONS)) @ weigh_models(models))


def fit_logit_scale(logits: np.ndarray) -> LogitScale:
    """Scale of logits of shape ``(cells, columns)``; a constant column keeps a spread of 1."""
    spread = logits.std(axis=0)
    return LogitScale(logits.mean(axis=0), np.where(spread > 0, spread, 1.0))


def collect_logits(
    models: Sequence[SourceModel], values: np.ndarray, ranks: np.ndarray
) -> np.ndarray:
    """Logits of every model and preparation, shape ``(cells, models * preparations)``."""
    return np.hstack([model.logits(values, ranks) for model in models])
