"""A fine-tuned model compiled for maps: the same numbers, many cells at once."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit

from landshift.mapping.compiled.forests import BitForest, compile_forest, list_limits
from landshift.mapping.compiled.intervals import LANES, Intervals, ends_of_values, join_intervals
from landshift.mapping.compiled.posterior import CompiledResidual, compile_residual
from landshift.transfer.averaging import AveragedModel
from landshift.transfer.learners.logistic_regression import LogisticRegressionModel
from landshift.transfer.pooling import PooledModel
from landshift.transfer.prediction import Model, Prediction
from landshift.transfer.preparation import PREPARATIONS
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.source_score import SourceScore, weigh_models
from landshift.transfer.target_model import TargetModel

TOLERANCES = (1e-6, 1e-5)
"""Largest differences from the model itself: of the logit, and of its standard deviation.

The latter is a sum in single precision, commonly right to 1e-6.
"""

_CHECKED_CELLS = 256

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CompiledModel:
    """A target model as compiled arrays; made by `compile_model`.

    Attributes
    ----------
    model
        The model it stands for.
    intervals
        Intervals of the factors that all parts share.
    forests
        Compiled trees by column of the logits; the other columns are linear.
    residual
        The compiled stage 2.
    """

    model: TargetModel
    intervals: Intervals
    forests: dict[int, BitForest]
    residual: CompiledResidual

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns that `predict` takes."""
        return self.model.factors

    def predict(self, values: np.ndarray) -> Prediction:
        """Predict cells from factor values of shape ``(cells, factors)``, none of them NaN.

        A cell's numbers do not depend on the cells next to it.
        """
        count = len(values)
        values = self.model.source_score.models[0].class_scores.apply(values, self.factors)
        missing = -count % LANES
        if missing:
            values = np.concatenate([values, np.repeat(values[-1:], missing, axis=0)])
        intervals = self.intervals.find(values)
        mean, sd = self.residual.predict(intervals, self._score(values, intervals))
        return Prediction(mean[:count], sd[:count], self.model.prevalence)

    def logits(self, values: np.ndarray, intervals: np.ndarray) -> np.ndarray:
        """Logits of the source models, shape ``(cells, models * preparations)``."""
        columns = _list_columns(self.model.source_score)
        logits = np.empty((len(columns), len(values)))
        for column, (source, preparation) in enumerate(columns):
            fitted = source.fitted[preparation]
            if column in self.forests:
                logits[column] = fitted.logit_of_sum(self.forests[column].sum(intervals))
                continue
            logits[column] = fitted.intercept
            if preparation == "rank":
                starts, scores = self.residual.arrays.starts, self.residual.arrays.scores
                _add_ranked(intervals, scores, starts, fitted.weights, logits[column])
            else:
                raw = source.standardisation
                _add_standardised(values, raw.mean, raw.sd, fitted.weights, logits[column])
        return logits.T

    def _score(self, values: np.ndarray, intervals: np.ndarray) -> np.ndarray:
        score = self.model.source_score
        scaled = score.logit_scale.apply(self.logits(values, intervals))
        total = np.zeros(len(values))
        # one after the other: the rounding of a matrix product depends on the number of cells
        for column, weight in enumerate(weigh_models(score.models)):
            total += weight * scaled[:, column]
        return total / score.scale


def compile_model(model: TargetModel | Any) -> Any:
    """Compile a target model for the prediction of many cells.

    The compiled model is tried on some cells first. A model whose parts the compiler does not
    know, or whose numbers it does not meet, is returned as it is.

    Returns
    -------
    CompiledModel or the model itself; of an average the average of both, compiled
    """
    if isinstance(model, AveragedModel):
        models = {name: compile_model(part) for name, part in model.models.items()}
        return replace(model, models=models)
    if isinstance(model, PooledModel):
        return _accept(_compile_pooled, model)
    if not isinstance(model, TargetModel) or not _is_known(model):
        return model
    return _accept(_compile, model)


def _accept(compile_it: Callable[[Any], Any], model: Any) -> Any:
    """Compile a model, and take it as it is where that fails or gives other numbers."""
    try:
        compiled = compile_it(model)
    except ValueError as error:
        _log.warning("the model cannot be compiled (%s): it is used as it is", error)
        return model
    differences = _compare(compiled, model)
    if not np.all(differences <= TOLERANCES):
        _log.warning("compiled, the model differs by %s: it is used as it is", differences)
        return model
    return compiled


def _is_known(model: TargetModel) -> bool:
    return all(
        hasattr(fitted, "trees") or isinstance(fitted, LogisticRegressionModel)
        for source in model.source_score.models
        for fitted in source.fitted.values()
    )


def _compile(model: TargetModel) -> CompiledModel:
    score = model.source_score
    factors = len(score.models[0].factors)
    trees, limits = {}, {}
    for column, (source, preparation) in enumerate(_list_columns(score)):
        fitted = source.fitted[preparation]
        if hasattr(fitted, "trees"):
            prepare = (score.ranks if preparation == "rank" else source.standardisation).apply
            trees[column] = fitted.trees()
            limits[column] = list_limits(trees[column], prepare, factors)
    shared = [ends_of_values(score.ranks.reference), *limits.values()]
    intervals = join_intervals([*map(list, zip(*shared, strict=True)), *_list_own_ends(model)])
    represented = np.split(intervals.represent(), [factors], axis=1)
    ranked = np.hstack(
        [score.ranks.apply(represented[0]), model.target_kernel.prepare(represented[1])]
    )
    prepared = [ranked[:count, factor] for factor, count in enumerate(intervals.counts)]
    residual = compile_residual(model, intervals, prepared)
    forests = {
        column: compile_forest(own, limits[column], intervals) for column, own in trees.items()
    }
    return CompiledModel(model, intervals, forests, residual)


@dataclass(frozen=True)
class CompiledTrees:
    """A pooled model as compiled arrays; made by `compile_model`.

    Attributes
    ----------
    model
        The model it stands for.
    intervals
        Intervals of its factors.
    forests
        Compiled trees of each preparation.
    """

    model: PooledModel
    intervals: Intervals
    forests: dict[str, BitForest]

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns that `predict` takes."""
        return self.model.factors

    def predict(self, values: np.ndarray) -> Prediction:
        """Predict cells as the model does, each by itself."""
        trees = self.model.trees
        padded = np.concatenate([values, np.repeat(values[-1:], -len(values) % LANES, axis=0)])
        intervals = self.intervals.find(trees.class_scores.apply(padded, self.factors))
        logits = [
            trees.fitted[name].logit_of_sum(forest.sum(intervals))
            for name, forest in self.forests.items()
        ]
        logit = np.mean(logits, axis=0)[: len(values)]
        return Prediction(logit, np.full(len(values), np.nan), self.model.prevalence)


def _compile_pooled(model: PooledModel) -> CompiledTrees:
    prepare = {"raw": model.trees.standardisation.apply, "rank": model.ranks.apply}
    trees = {name: model.trees.fitted[name].trees() for name in PREPARATIONS}
    limits = {
        name: list_limits(own, prepare[name], len(model.factors)) for name, own in trees.items()
    }
    intervals = join_intervals([*map(list, zip(*limits.values(), strict=True))])
    forests = {name: compile_forest(own, limits[name], intervals) for name, own in trees.items()}
    return CompiledTrees(model, intervals, forests)


def _list_own_ends(model: TargetModel) -> list[list[np.ndarray]]:
    """Where the intervals of the factors end that only the target has."""
    kernel = model.target_kernel
    codes = [np.unique(own) for own in model.label_own.T[len(kernel.measured) :]]
    return [[ends] for ends in ends_of_values([*kernel.ranks.reference, *codes])]


def _list_columns(score: SourceScore) -> list[tuple[SourceModel, str]]:
    return [(source, preparation) for source in score.models for preparation in PREPARATIONS]


def _compare(compiled: Model, model: Model) -> np.ndarray:
    """Largest differences at cells that take known values of every factor at random."""
    generator = np.random.default_rng(0)
    values = np.column_stack(
        [generator.choice(known, _CHECKED_CELLS) for known in _list_values(model)]
    )
    ours, theirs = compiled.predict(values), model.predict(values)
    pairs = ((ours.logit, theirs.logit), (ours.sd, theirs.sd))
    # trees state no deviation, in neither form
    return np.array([np.abs(np.nan_to_num(own - other)).max() for own, other in pairs])


def _list_values(model: TargetModel | PooledModel) -> list[np.ndarray]:
    """Values of each factor: those of the background, or the classes and one that is none."""
    if isinstance(model, PooledModel):
        values = dict(zip(model.factors, model.ranks.reference, strict=True))
        for name, scores in model.trees.class_scores.scores.items():
            values[name] = np.array([*scores, -1])
        return [values[name].astype(np.float32) for name in model.factors]
    source, kernel = model.source_score.models[0], model.target_kernel
    measured = (*model.source_score.ranks.reference, *kernel.ranks.reference)
    values = dict(zip((*source.factors, *kernel.measured), measured, strict=True))
    for name, codes in model.classes_seen.items():
        values[name] = np.array([*codes, -1])
    return [values[name].astype(np.float32) for name in model.factors]


@njit(nogil=True, cache=True)
def _add_ranked(intervals, scores, starts, weights, total):
    for block in range(len(intervals)):
        sums = total[block * LANES : (block + 1) * LANES]
        for factor in range(len(weights)):
            for lane in range(LANES):
                score = scores[starts[factor] + intervals[block, factor, lane]]
                sums[lane] += weights[factor] * score


@njit(nogil=True, cache=True)
def _add_standardised(values, mean, sd, weights, total):
    column = np.empty(LANES, values.dtype)
    for first in range(0, len(values), LANES):
        sums = total[first : first + LANES]
        for factor in range(len(weights)):
            for lane in range(LANES):
                column[lane] = values[first + lane, factor]
            for lane in range(LANES):
                prepared = np.float32((column[lane] - mean[factor]) / sd[factor])
                sums[lane] += weights[factor] * prepared
