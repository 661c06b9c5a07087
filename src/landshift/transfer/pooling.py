"""Trees that learn from the sources and the target together: a rival of the fine-tuned model.

Where the sources mislead, a model that sees sources and shots at once can beat one that corrects
the sources' score. How much it counts is what it says of shots that it has not seen.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import log_expit

from landshift.runtime.seeds import derive_seed
from landshift.transfer.learners import get_learner
from landshift.transfer.prediction import Prediction
from landshift.transfer.preparation import PREPARATIONS, RankTransform, fit_rank_transform
from landshift.transfer.pretraining import SourceModel, TrainingTable

LEARNER = "xgb"
"""Learner that pools: with forests or logistic regression beside it, nothing is gained."""

TARGET_SHARE = 0.5
"""Share of the total weight that the cells of the target have."""

FOLDS = 3
"""Parts of the labelled cells, each predicted by models of the others."""


@dataclass(frozen=True)
class PooledModel:
    """Boosted trees fitted on sources and target.

    Attributes
    ----------
    trees
        The fitted model of each preparation, as a source model.
    ranks
        Distribution of the factors in the target region.
    prevalence
        Stated share of failing cells.
    evidence
        Weighted log score of the labelled cells, each predicted by models that have not seen it.
    """

    trees: SourceModel
    ranks: RankTransform
    prevalence: float
    evidence: float

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns that `predict` takes."""
        return self.trees.factors

    def predict(self, values: np.ndarray) -> Prediction:
        """Predict cells from factor values ``(cells, factors)``; trees state no deviation: NaN."""
        scored = self.trees.class_scores.apply(values, self.factors)
        logit = self.trees.logits(scored, self.ranks.apply(scored)).mean(axis=1)
        return Prediction(logit, np.full(len(logit), np.nan), self.prevalence)


def fit_pooled(
    source: SourceModel,
    training: TrainingTable,
    cells: tuple[np.ndarray, np.ndarray, np.ndarray],
    background: pd.DataFrame,
    *,
    prevalence: float,
    seed: int,
) -> PooledModel:
    """Fit trees on the samples of the sources and the labelled cells of the target.

    Parameters
    ----------
    source
        The source model of `LEARNER`: its factors, their units and class scores.
    training
        The samples of the sources, prepared.
    cells
        Values ``(cells, factors)``, labels and weights of the labelled cells of the target, classes
        scored: those of `landshift.transfer.fine_tuning.gather_labels`.
    background
        Random unlabelled cells of the target, classes scored.
    prevalence
        Share of failing cells.
    seed
        Seed of the folds and of the learner.
    """
    values, labels, weights = cells
    ranks = fit_rank_transform(background[list(source.factors)].to_numpy(np.float32))
    prepared = {"raw": training.standardisation.apply(values), "rank": ranks.apply(values)}

    def fit(kept: np.ndarray) -> dict[str, object]:
        return {
            name: get_learner(LEARNER).fit(
                np.concatenate([training.prepared[name], prepared[name][kept]]),
                np.concatenate([training.labels, labels[kept]]),
                share_weights(training.weights, weights[kept], TARGET_SHARE),
                seed=derive_seed(seed, "pooled", name),
            )
            for name in PREPARATIONS
        }

    unseen = np.empty(len(labels))
    folds = _draw_folds(labels, derive_seed(seed, "folds"))
    for fold in range(FOLDS):
        left_out = folds == fold
        fitted = fit(~left_out)
        logits = [fitted[name].logit(prepared[name][left_out]) for name in PREPARATIONS]
        unseen[left_out] = np.mean(logits, axis=0)
    evidence = float(np.sum(weights * log_expit((2 * labels.astype(int) - 1) * unseen)))
    trees = replace(
        source,
        fitted=fit(np.ones(len(labels), bool)),
        standardisation=training.standardisation,
        seed=seed,
        subcells=None,
    )
    return PooledModel(trees, ranks, prevalence, evidence)


def share_weights(
    source_weights: np.ndarray, target_weights: np.ndarray, target_share: float | None
) -> np.ndarray:
    """Join the weights of source and target cells; with a share stated, their mean is 1."""
    if target_share is None:
        return np.concatenate([source_weights, target_weights])
    total = len(source_weights) + len(target_weights)
    sources = source_weights / source_weights.sum() * (1 - target_share)
    target = target_weights / target_weights.sum() * target_share
    return total * np.concatenate([sources, target])


def _draw_folds(labels: np.ndarray, seed: int) -> np.ndarray:
    """Part the labelled cells at random, each class evenly: fold of each cell."""
    generator = np.random.default_rng(seed)
    folds = np.empty(len(labels), int)
    for label in (0, 1):
        own = np.flatnonzero(labels == label)
        folds[own] = generator.permutation(len(own)) % FOLDS
    return folds
