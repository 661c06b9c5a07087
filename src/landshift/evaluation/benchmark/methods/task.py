"""What a method is given to predict a target from few shots."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress

import numpy as np
import pandas as pd
from scipy.special import expit

from landshift.sampling.tables import drop_subcells, list_subcells, swap_subcells
from landshift.transfer.fine_tuning import PSEUDO_ABSENCES, gather_labels, weigh_factors
from landshift.transfer.kernels import ResidualKernel, TargetKernel, fit_target_kernel
from landshift.transfer.learners import LogitModel
from landshift.transfer.preparation import PREPARATIONS, RankTransform, fit_rank_transform
from landshift.transfer.pretraining import (
    SourceModel,
    TrainingTable,
    keep_regions_with_subcells,
    prepare_training,
)
from landshift.transfer.source_score import collect_logits, fit_logit_scale, weigh_models


@dataclass(frozen=True)
class TargetView:
    """What can be known of a target without labels: shared by all methods and shots.

    The classes of shared class factors are scored (`view_target`).

    Attributes
    ----------
    source_models
        Pre-trained model of each learner.
    background
        Unlabelled cells of the target.
    queries
        Factor values of the cells to predict, shape ``(cells, factors)``.
    target_kernel
        What factors that only the target has add to the kernel of the residual.
    own_queries
        Their prepared values at the cells to predict, shape ``(cells, own factors)``.
    """

    source_models: Mapping[str, SourceModel]
    background: pd.DataFrame
    queries: np.ndarray
    target_kernel: TargetKernel
    own_queries: np.ndarray

    @property
    def factors(self) -> list[str]:
        """Names of the factors, in the order of the columns of `queries`."""
        return list(next(iter(self.source_models.values())).factors)

    @cached_property
    def ranks(self) -> RankTransform:
        """Distribution of the factors in the target."""
        return fit_rank_transform(self._background_values)

    @cached_property
    def query_ranks(self) -> np.ndarray:
        """Normal scores of the queries."""
        return self.ranks.apply(self.queries)

    @cached_property
    def kernel(self) -> ResidualKernel:
        """Kernel of the residual."""
        return ResidualKernel(weigh_factors(list(self.source_models.values())))

    @cached_property
    def query_logits(self) -> np.ndarray:
        """Standardised logits at the queries, shape ``(cells, models * preparations)``."""
        return self.standardise_logits(self.queries, self.query_ranks)

    def standardise_logits(self, values: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        """Standardised logits of all source models at any cells."""
        return self._logit_scale.apply(collect_logits(self._models, values, ranks))

    def family_score(self, logits: np.ndarray, family: str) -> np.ndarray:
        """Source score of a family from standardised logits."""
        chosen = [family in ("ensemble", model.learner) for model in self._models]
        columns = np.flatnonzero(np.repeat(chosen, len(PREPARATIONS)))
        weights = weigh_models(list(compress(self._models, chosen)))
        spread = float((self._background_logits[:, columns] @ weights).std())
        return logits[:, columns] @ weights / (spread or 1.0)

    @property
    def families(self) -> list[str]:
        """The ensemble and every learner."""
        return ["ensemble", *self.source_models]

    @property
    def _models(self) -> list[SourceModel]:
        return list(self.source_models.values())

    @cached_property
    def _background_values(self) -> np.ndarray:
        return self.background[self.factors].to_numpy(np.float32)

    @cached_property
    def _raw_background_logits(self) -> np.ndarray:
        values = self._background_values
        return collect_logits(self._models, values, self.ranks.apply(values))

    @cached_property
    def _logit_scale(self):
        return fit_logit_scale(self._raw_background_logits)

    @cached_property
    def _background_logits(self) -> np.ndarray:
        return self._logit_scale.apply(self._raw_background_logits)


def view_target(
    source_models: Mapping[str, SourceModel],
    background: pd.DataFrame,
    queries: pd.DataFrame,
    *,
    target_factors: Sequence[str] = (),
    target_classes: Sequence[str] = (),
) -> TargetView:
    """View a target with its unlabelled cells and the cells to predict, from tables of factors.

    Parameters
    ----------
    source_models
        Pre-trained model of each learner.
    background, queries
        Unlabelled cells of the target, and cells to predict.
    target_factors, target_classes
        Measured and class factors that only the target has; see `fine_tune_target`.
    """
    first = next(iter(source_models.values()))
    score_classes = first.class_scores.apply_table
    kernel = fit_target_kernel(background, measured=target_factors, classes=target_classes)
    return TargetView(
        source_models,
        score_classes(background),
        score_classes(queries)[list(first.factors)].to_numpy(np.float32),
        kernel,
        kernel.prepare(queries[list(kernel.factors)].to_numpy(np.float32)),
    )


@dataclass(frozen=True)
class Shared:
    """Where a method may keep what other tasks of the same target need again.

    Attributes
    ----------
    draws
        What depends only on the sources.
    regimes
        What depends on the shots, but not on the regime.
    shots
        What depends on the split and the regime, but not on the shots.
    """

    draws: dict = field(default_factory=dict)
    regimes: dict = field(default_factory=dict)
    shots: dict = field(default_factory=dict)


@dataclass(frozen=True)
class TransferTask:
    """One target, one draw of shots, one regime.

    Attributes
    ----------
    view
        The target without labels.
    training
        The samples of the sources.
    shots
        Labelled cells of the target: column ``presence`` and the factors, classes scored.
    seed
        Seed of every random choice of the method.
    shared
        What the tasks of a target have in common.
    all_labels
        Every labelled cell of the blocks that gave the shots: only for the ceiling.
    finer
        The same task with the factors at sub-cells, where sources and target have such.
    """

    view: TargetView
    training: TrainingTable
    shots: pd.DataFrame
    seed: int
    shared: Shared = field(default_factory=Shared)
    all_labels: pd.DataFrame | None = None
    finer: "TransferTask | None" = None

    @property
    def parts(self) -> list["TransferTask"]:
        """The task with the means of cells, and that with their sub-cells if there is one."""
        return [self] if self.finer is None else [self, self.finer]

    @property
    def shot_labels(self) -> np.ndarray:
        """1 or 0 for every shot."""
        return self.shots["presence"].to_numpy(np.int8)

    @cached_property
    def prepared_shots(self) -> dict[str, np.ndarray]:
        """Factors of the shots in each preparation, shape ``(shots, factors)``."""
        return self.prepare(self.shots[self.view.factors].to_numpy(np.float32))

    @cached_property
    def prepared_queries(self) -> dict[str, np.ndarray]:
        """Factors of the queries in each preparation, shape ``(cells, factors)``."""
        raw = self.training.standardisation.apply(self.view.queries)
        return {"raw": raw, "rank": self.view.query_ranks}

    def prepare(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Prepare factor values of the target as those of the sources are."""
        raw = self.training.standardisation.apply(values)
        return {"raw": raw, "rank": self.view.ranks.apply(values)}

    @cached_property
    def labelled(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values, labels and weights of shots and pseudo-absences."""
        return self._gather(self.view.factors)

    @cached_property
    def label_ranks(self) -> np.ndarray:
        """Normal scores of the labelled cells."""
        return self.view.ranks.apply(self.labelled[0])

    @cached_property
    def label_logits(self) -> np.ndarray:
        """Standardised logits of the source models at the labelled cells."""
        return self.view.standardise_logits(self.labelled[0], self.label_ranks)

    @cached_property
    def label_kernel(self) -> np.ndarray:
        """Kernel among the labelled cells."""
        view = self.view
        shared = view.kernel.covariance(self.label_ranks, self.label_ranks)
        return shared + view.target_kernel.covariance(self._label_own, self._label_own)

    @cached_property
    def query_kernel(self) -> np.ndarray:
        """Kernel between queries and labelled cells."""
        # the pseudo-absences stand behind the shots and are the same for any number of these
        shots = len(self.shots)
        kept = self.shared.shots
        if "query_kernel" not in kept:
            kept["query_kernel"] = self._to_queries(slice(shots, None))
        return np.hstack([self._to_queries(slice(shots)), kept["query_kernel"]])

    def _to_queries(self, labels: slice) -> np.ndarray:
        view = self.view
        shared = view.kernel.covariance(view.query_ranks, self.label_ranks[labels])
        return shared + view.target_kernel.covariance(view.own_queries, self._label_own[labels])

    @cached_property
    def _label_own(self) -> np.ndarray:
        kernel = self.view.target_kernel
        return kernel.prepare(self._gather(kernel.factors)[0])

    def _gather(self, factors: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return gather_labels(self.shots, self.view.background, factors, PSEUDO_ABSENCES, self.seed)


@dataclass(frozen=True)
class Kind:
    """One value of every factor: the means of cells, or those at their sub-cells.

    Attributes
    ----------
    take
        Makes a table of this kind of one with both.
    models
        Source model of each learner.
    training
        Samples of the sources that the models learned from.
    """

    take: Callable[[pd.DataFrame], pd.DataFrame]
    models: Mapping[str, SourceModel]
    training: TrainingTable


def list_kinds(
    source_models: Sequence[SourceModel],
    sources: tuple[pd.DataFrame, pd.DataFrame],
    target: pd.DataFrame,
    *,
    seed: int,
) -> list[Kind]:
    """List the values of the factors that sources and target have: the means first.

    Parameters
    ----------
    source_models
        A model per learner.
    sources
        Samples and background of the sources.
    target
        Samples of the target.
    seed
        Seed that the models were pre-trained with.
    """
    settings = {"seed": seed, "classes": source_models[0].legends}
    means = {model.learner: replace(model, subcells=None) for model in source_models}
    kinds = [Kind(drop_subcells, means, prepare_training(*map(drop_subcells, sources), **settings))]
    finer = keep_regions_with_subcells(*sources)
    models = {model.learner: model.subcells for model in source_models}
    if finer is None or None in models.values() or not list_subcells(target):
        return kinds
    training = prepare_training(*map(swap_subcells, finer), **settings)
    return [*kinds, Kind(swap_subcells, models, training)]


def predict_mean(task: TransferTask, fit: Callable[[str], LogitModel]) -> np.ndarray:
    """Probability of the queries from the mean logit of a model of each preparation.

    Parameters
    ----------
    task
        The target and its shots.
    fit
        Makes the model of a preparation, by its name.
    """
    logits = [fit(name).logit(task.prepared_queries[name]) for name in PREPARATIONS]
    return expit(np.mean(logits, axis=0))
