"""Several models of one target, averaged by how well each explains what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from landshift.factors.table import SUBCELL_SUFFIX
from landshift.transfer.pooling import PooledModel
from landshift.transfer.prediction import Model, Prediction
from landshift.transfer.target_model import TargetModel

PARTS = ("means", "subcells", "pooled")
"""Names of the models that may be averaged: two fine-tuned ones, and trees of what is finest."""


class Part(NamedTuple):
    """One of the models that a map averages."""

    name: str
    """One of `PARTS`."""
    model: TargetModel | PooledModel
    share: float
    """Its weight; those of all parts sum to 1."""
    columns: np.ndarray
    """Its columns among the values of the average, shape ``(factors,)``."""


@dataclass(frozen=True)
class AveragedModel:
    """The average of models of one target; mean and variance are those of their mixture.

    Attributes
    ----------
    models
        The models by their names in `PARTS`, or what
        `landshift.mapping.compiled.model.compile_model` makes of them. All take the same factors
        in the same order; ``means`` is among them.
    shares
        Weight of each, sum 1.
    at_subcells
        Names of the factors that have values of their own at sub-cells.
    """

    models: Mapping[str, TargetModel | PooledModel]
    shares: Mapping[str, float]
    at_subcells: tuple[str, ...]

    @property
    def means(self) -> TargetModel:
        """The fine-tuned model of the means of cells."""
        return self.models["means"]

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns that `predict` takes."""
        return self.means.factors + tuple(f"{name}{SUBCELL_SUFFIX}" for name in self.at_subcells)

    @property
    def units(self) -> tuple[str, ...]:
        """Unit of each factor."""
        known = dict(zip(self.means.factors, self.means.units, strict=True))
        return self.means.units + tuple(known[name] for name in self.at_subcells)

    @property
    def score_error(self) -> float:
        """Relative variance by which the source score errs in new regions: the largest of them."""
        fine_tuned = [self.models[name] for name in PARTS[:2] if name in self.models]
        return max(model.score_error for model in fine_tuned)

    def __getattr__(self, name: str):
        """Give what all models have in common, such as region, labels and prevalence."""
        if name in ("region", "family", "labels", "weights", "prevalence", "seed", "version",
                    "classes_seen"):  # fmt: skip
            return getattr(self.means, name)
        raise AttributeError(f"an averaged model has no attribute {name!r}")

    @property
    def parts(self) -> tuple[Part, ...]:
        """The models with their weights and columns, that of the means first."""
        return tuple(
            Part(name, self.models[name], self.shares[name], self._find_columns(name))
            for name in PARTS
            if name in self.models
        )

    def _find_columns(self, part: str) -> np.ndarray:
        names = {name: column for column, name in enumerate(self.factors)}
        suffix = "" if part == "means" else SUBCELL_SUFFIX
        wanted = self.models[part].factors
        return np.array([names.get(f"{name}{suffix}", names[name]) for name in wanted])

    def predict(self, values: np.ndarray) -> Prediction:
        """Predict cells from factor values of shape ``(cells, factors)``, none of them NaN."""
        parts = self.parts
        predictions = [part.model.predict(values[:, part.columns]) for part in parts]
        return average_predictions(predictions, [part.share for part in parts])


def average_models(
    models: Mapping[str, TargetModel | PooledModel], at_subcells: Sequence[str]
) -> TargetModel | AveragedModel:
    """Average models, each by its evidence; a single one stays as it is.

    The evidence of a fine-tuned model is the sum over its members, that of a pooled model its
    score of labels that it has not seen. Without labels all have the same.
    """
    if list(models) == ["means"]:
        return models["means"]
    shares = softmax([model.evidence for model in models.values()])
    return AveragedModel(
        dict(models),
        {name: float(share) for name, share in zip(models, shares, strict=True)},
        tuple(at_subcells),
    )


def average_predictions(predictions: Sequence[Prediction], shares: Sequence[float]) -> Prediction:
    """Mean and standard deviation of the mixture of some predictions of the same cells.

    A prediction without deviations takes the mean variance of those that state one; where none
    does, the deviation is NaN.
    """
    weighted = list(zip(shares, predictions, strict=True))
    mean = sum(share * each.logit for share, each in weighted)
    between = sum(share * (each.logit - mean) ** 2 for share, each in weighted)
    stating = [(share, each.sd) for share, each in weighted if not np.isnan(each.sd).any()]
    within = np.average(
        [sd**2 for _, sd in stating] or [np.full(len(mean), np.nan)],
        axis=0,
        weights=[share for share, _ in stating] or None,
    )
    return Prediction(mean, np.sqrt(within + between), predictions[0].prevalence)


def list_parts(model: Model) -> tuple[Part, ...]:
    """List the models behind a map: those of an average, or the model itself."""
    if isinstance(model, AveragedModel):
        return model.parts
    return (Part("means", model, 1.0, np.arange(len(model.factors))),)


def list_fine_tuned(model: Model) -> tuple[Part, ...]:
    """List the fine-tuned models behind a map, whose parts tell what sources and shots add."""
    return tuple(part for part in list_parts(model) if part.name in PARTS[:2])
