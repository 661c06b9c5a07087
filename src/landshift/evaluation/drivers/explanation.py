"""Explain what a fine-tuned model says of cells, factor by factor and shot by shot."""

from dataclasses import dataclass, fields

import numpy as np

from landshift.evaluation.drivers.shapley_kernels import attribute_own, attribute_residual
from landshift.evaluation.drivers.shapley_learners import attribute_logit, pass_through
from landshift.runtime.seeds import derive_seed
from landshift.transfer.averaging import AveragedModel, list_parts
from landshift.transfer.mixture import (
    INTERCEPT_VARIANCE,
    PRIOR_SLOPE,
    SLOPE_VARIANCE,
    ResidualMixture,
)
from landshift.transfer.pooling import PooledModel
from landshift.transfer.preparation import PREPARATIONS
from landshift.transfer.source_score import SCORE_LIMIT, SourceScore, weigh_models
from landshift.transfer.target_model import TargetModel

REFERENCE_CELLS = 40
"""Background cells that stand for the region in an explanation."""

EXPLAINED_CELLS = 400
"""Random cells over which the explanation of a whole map is averaged."""


@dataclass(frozen=True)
class Explanation:
    """Parts of the logit of cells; the base and all contributions add up to it.

    Attributes
    ----------
    factors
        Names of the factors, each once.
    base
        What the model says of the reference cells, the average of the region [logit].
    from_sources
        Contribution of each factor to the source score, times its slope after fine-tuning [logit],
        shape ``(cells, factors)``.
    from_shots
        Contribution of each factor to the residual that the shots brought, the same shape.
    pushes
        What each labelled cell adds to the logit by its likeness, ``pull k(z, z_l)`` [logit],
        shape ``(cells, labels)``: the shots first, in their order, then the pseudo-absences.
    """

    factors: tuple[str, ...]
    base: float
    from_sources: np.ndarray
    from_shots: np.ndarray
    pushes: np.ndarray

    @property
    def contributions(self) -> np.ndarray:
        """Contribution of each factor, both parts together, shape ``(cells, factors)``."""
        return self.from_sources + self.from_shots

    @property
    def logit(self) -> np.ndarray:
        """Logit at equal prevalence of both classes, shape ``(cells,)``."""
        return self.base + self.contributions.sum(axis=1)


def choose_reference(background: np.ndarray, *, seed: int) -> np.ndarray:
    """Choose the cells that stand for the region from background values ``(cells, factors)``."""
    generator = np.random.default_rng(derive_seed(seed, "reference"))
    count = min(REFERENCE_CELLS, len(background))
    return background[np.sort(generator.choice(len(background), count, replace=False))]


def explain_cells(
    model: TargetModel | AveragedModel, values: np.ndarray, reference: np.ndarray
) -> Explanation:
    """Split the logit of cells into contributions.

    Exact Shapley values of the trees, lines and kernels that the model consists of, relative to
    the reference cells; carried in proportion through the two functions between them, the logit
    of the forest's share and the limit of the standardised logits.

    Parameters
    ----------
    model
        A fine-tuned model. What a factor contributes at the cell and at its sub-cell is added up.
    values, reference
        Factor values of the cells and of some cells of the region, shape ``(cells, factors)``.
    """
    parts = []
    for part in list_parts(model):
        explain = _explain_trees if isinstance(part.model, PooledModel) else _explain_part
        own, around = values[:, part.columns], reference[:, part.columns]
        parts.append((part.share, explain(part.model, own, around, model)))

    def average(name: str):
        return sum(share * getattr(part, name) for share, part in parts)

    names = [field.name for field in fields(Explanation) if field.name != "factors"]
    return Explanation(parts[0][1].factors, *map(average, names))


def _explain_trees(model: PooledModel, values, reference, whole: AveragedModel) -> Explanation:
    """Explain trees that learned from sources and shots, each of which has half of the weight."""
    trees = model.trees
    values, reference = (
        trees.class_scores.apply(each, model.factors) for each in (values, reference)
    )
    base, total = 0.0, np.zeros((len(values), len(whole.means.factors)))
    prepare = {"raw": trees.standardisation.apply, "rank": model.ranks.apply}
    for name in PREPARATIONS:
        own_base, own = attribute_logit(
            trees.fitted[name], prepare[name](values), prepare[name](reference)
        )
        base += own_base / len(PREPARATIONS)
        total[:, : own.shape[1]] += own / len(PREPARATIONS)
    pushes = np.zeros((len(values), len(whole.labels)))
    return Explanation(whole.means.factors, base, total / 2, total / 2, pushes)


def _explain_part(model: TargetModel, values, reference, whole) -> Explanation:
    """Explain a fine-tuned model."""
    slope, intercept, pull = _find_coefficients(model.mixture, model.label_score)
    (shared, own), (shared_around, own_around) = model.split(values), model.split(reference)
    base, score = explain_score(model.source_score, shared, shared_around)
    ranks, around = (model.source_score.ranks.apply(each) for each in (shared, shared_around))
    residual_base, residual = attribute_residual(
        model.kernel, pull, model.label_ranks, ranks, around
    )
    own_base, own_residual = attribute_own(
        model.target_kernel, pull, model.label_own, own, own_around
    )
    likeness = model.kernel.covariance(ranks, model.label_ranks)
    likeness += model.target_kernel.covariance(own, model.label_own)
    return Explanation(
        model.factors,
        slope * base + intercept + residual_base + own_base,
        np.hstack([slope * score, np.zeros(own.shape)]),
        np.hstack([residual, own_residual]),
        likeness * pull,
    )


def explain_score(
    score: SourceScore, values: np.ndarray, reference: np.ndarray
) -> tuple[float, np.ndarray]:
    """Split the source score into a base and contributions of shape ``(cells, factors)``."""
    cells, around = score.ranks.apply(values), score.ranks.apply(reference)
    shares = weigh_models(score.models) / score.scale
    base, contributions = 0.0, np.zeros(values.shape)
    column = 0
    for model in score.models:
        raw = model.standardisation.apply
        prepared = {"raw": (raw(values), raw(reference)), "rank": (cells, around)}
        for name in PREPARATIONS:
            own_base, own = attribute_logit(model.fitted[name], *prepared[name])
            centre, spread = (
                float(each[column]) for each in (score.logit_scale.centre, score.logit_scale.spread)
            )
            own_base, own = pass_through(_limit, (own_base - centre) / spread, own / spread)
            base += shares[column] * own_base
            contributions += shares[column] * own
            column += 1
    return base, contributions


def _limit(score):
    return np.clip(score, -SCORE_LIMIT, SCORE_LIMIT)


def _find_coefficients(
    mixture: ResidualMixture, label_score: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Write the posterior mean as ``slope s(x) + intercept + sum_l pull_l k(x, x_l)``."""
    slope, intercept, pull = 0.0, 0.0, np.zeros(len(label_score))
    for share, member, posterior in zip(
        mixture.shares, mixture.members, mixture.posteriors, strict=True
    ):
        gradient = posterior.gradient
        if member.uses_source:
            slope += share * (PRIOR_SLOPE + SLOPE_VARIANCE * label_score @ gradient)
        intercept += share * INTERCEPT_VARIANCE * gradient.sum()
        pull += share * member.strength**2 * gradient
    return float(slope), float(intercept), pull
