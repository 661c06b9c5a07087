"""Stage 2: fine-tune the pre-trained models on the shots of a target."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from landshift.factors.table import SUBCELL_SUFFIX
from landshift.runtime.seeds import derive_seed
from landshift.sampling.tables import (
    drop_subcells,
    keep_factors,
    list_subcells,
    swap_subcells,
)
from landshift.transfer.averaging import AveragedModel, average_models
from landshift.transfer.kernels import ResidualKernel, fit_target_kernel
from landshift.transfer.mixture import (
    LOCAL_MEMBERS,
    SOURCE_MEMBERS,
    ZERO_SHOT_MEMBERS,
    Member,
    fit_residual_mixture,
)
from landshift.transfer.pooling import LEARNER, fit_pooled
from landshift.transfer.prediction import check_prevalence
from landshift.transfer.preparation import fit_rank_transform
from landshift.transfer.pretraining import (
    SourceModel,
    TrainingTable,
    keep_regions_with_subcells,
    prepare_training,
)
from landshift.transfer.source_score import fit_source_score
from landshift.transfer.target_model import TargetModel

PSEUDO_ABSENCES = 150
"""Unlabelled cells of the target that join the absences of the shots."""

IMPORTANCE_EXPONENT = 1.5
"""Sharpens the importance of factors in the kernel: of 0, .5, 1 and 1.5 the best."""


def fine_tune_target(
    source_models: Sequence[SourceModel],
    shots: pd.DataFrame,
    background: pd.DataFrame,
    *,
    prevalence: float,
    seed: int,
    family: str = "ensemble",
    pseudo_absences: int = PSEUDO_ABSENCES,
    region: str = "target",
    target_factors: Sequence[str] = (),
    target_classes: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
    legends: Mapping[str, str | None] | None = None,
    sources: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> TargetModel | AveragedModel:
    """Fine-tune pre-trained source models on the shots of a target.

    Parameters
    ----------
    source_models
        One `SourceModel` per learner, all with the same factors. The random forest among them
        gives the importance of the factors; without it they count the same. Where all of them have
        a model of sub-cells, and the tables have values there, both are fine-tuned and averaged.
    shots
        Labelled cells of the target: column ``presence`` and the factors. Absences may be
        missing, and without any rows the result is the zero-shot model.
    background
        Random unlabelled cells of the target: the factors. They give the target's distributions,
        and some of them join the absences.
    prevalence
        Share of failing cells, within `PREVALENCE_LIMITS`: shots drawn one to one carry no
        information on it.
    seed
        Seed of the choice of pseudo-absences.
    family
        ``ensemble`` for all source models, or the name of one learner.
    pseudo_absences
        Number of background cells that join the absences.
    region
        Name of the target.
    target_factors, target_classes
        Measured factors and class factors that the source models lack; they serve
        only the kernel of the residual.
    units
        Unit of each factor of the target; those of its own factors are kept with the model.
    legends
        For every factor of the target whose values are class codes the name of its legend, None
        where it has none; None does not compare legends.
    sources
        Samples and background of the sources, those that the source models learned from: with them
        trees that learn from sources and target together are averaged in, where XGBoost is among
        the learners. None leaves those out, as with frozen models.

    Returns
    -------
    TargetModel or AveragedModel
        A new object; the source models stay as they are.

    Raises
    ------
    ValueError
        If the source models differ in factors, a factor is missing or has no value, its values
        have another unit or legend than in the source models, the family is not among the models,
        or the prevalence is not within its limits.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> from landshift import derive_terrain_factors, draw_samples
    >>> dem = region.layers["dem"]
    >>> factors = derive_terrain_factors(dem)
    >>> samples = draw_samples(factors, region.inventory, elevation=dem, region="alder", seed=1)
    >>> from landshift import draw_background, draw_shots, fine_tune_target, pretrain_sources
    >>> background = draw_background(factors, samples, region="alder", cells=200, seed=1)
    >>> source = pretrain_sources(samples, background, learner="lr", seed=1)
    >>> shots = draw_shots(samples, region="alder", seed=1, shots=5)
    >>> model = fine_tune_target([source], shots, background, prevalence=0.04, seed=1)
    >>> prediction = model.predict(shots[list(model.factors)].to_numpy())
    >>> prediction.probability.shape
    (10,)
    """
    own_factors = [*target_factors, *target_classes]
    _check_target(source_models, shots, background, prevalence, family, own_factors)
    _check_units(source_models[0], units or {})
    if legends is not None:
        _check_legends(source_models[0], legends)
    fit = partial(
        _fine_tune,
        prevalence=prevalence,
        seed=seed,
        family=family,
        pseudo_absences=pseudo_absences,
        region=region,
        measured=tuple(target_factors),
        classes=tuple(target_classes),
        units=units or {},
    )
    at_subcells = _find_subcells(source_models, shots, background)
    kinds = {"means": drop_subcells} | ({"subcells": swap_subcells} if at_subcells else {})
    models = {}
    for kind, take in kinds.items():
        chosen = [_of_kind(model, kind) for model in source_models]
        models[kind] = fit(chosen, take(shots), take(background))
    own = next((model for model in chosen if model.learner == LEARNER), None)
    if sources is not None and own is not None and family == "ensemble" and shots["presence"].any():
        # trees of sub-cells where there are any: those of the means as well would add nothing
        tables = keep_regions_with_subcells(*sources) if at_subcells else sources
        score_classes = own.class_scores.apply_table
        unlabelled = score_classes(take(background))
        models["pooled"] = fit_pooled(
            own,
            _prepare(own, [take(table) for table in tables], seed),
            gather_labels(
                score_classes(take(shots)), unlabelled, own.factors, pseudo_absences, seed
            ),
            unlabelled,
            prevalence=prevalence,
            seed=seed,
        )
    return average_models(models, at_subcells)


def _of_kind(model: SourceModel, kind: str) -> SourceModel:
    return model.subcells if kind == "subcells" else replace(model, subcells=None)


def _prepare(model: SourceModel, tables: Sequence[pd.DataFrame], seed: int) -> TrainingTable:
    """Prepare the samples of the sources as for a model of them."""
    samples, background = (keep_factors(table, model.factors) for table in tables)
    return prepare_training(samples, background, seed=seed, classes=model.legends)


def _find_subcells(
    source_models: Sequence[SourceModel], shots: pd.DataFrame, background: pd.DataFrame
) -> list[str]:
    """Find the factors that sources and target have at sub-cells; none if any lacks them."""
    columns = list_subcells(background)
    if any(model.subcells is None for model in source_models) or not columns:
        return []
    if not all(name in shots for name in columns):
        raise ValueError("the background table has values at sub-cells that the shots table lacks")
    factors = source_models[0].factors
    return [name for name in factors if f"{name}{SUBCELL_SUFFIX}" in columns]


def _fine_tune(
    source_models: Sequence[SourceModel],
    shots: pd.DataFrame,
    background: pd.DataFrame,
    *,
    prevalence: float,
    seed: int,
    family: str,
    pseudo_absences: int,
    region: str,
    measured: tuple[str, ...],
    classes: tuple[str, ...],
    units: Mapping[str, str],
) -> TargetModel:
    """Fine-tune on one value of every factor; see `fine_tune_target`."""
    factors, own_factors = list(source_models[0].factors), [*measured, *classes]
    score_classes = source_models[0].class_scores.apply_table
    shots, background = score_classes(shots), score_classes(background)
    reference = background[factors].to_numpy(np.float32)
    models = [model for model in source_models if family in ("ensemble", model.learner)]
    source_score = fit_source_score(models, fit_rank_transform(reference), reference)
    gathered, labels, weights = gather_labels(
        shots, background, factors + own_factors, pseudo_absences, seed
    )
    values, own_values = np.split(gathered, [len(factors)], axis=1)
    score, ranks = source_score.apply(values)
    kernel = ResidualKernel(weigh_factors(source_models))
    target_kernel = fit_target_kernel(
        background,
        measured=measured,
        classes=classes,
        units=[units.get(name, "") for name in own_factors],
    )
    own = target_kernel.prepare(own_values)
    members = members_of(family, presences=int(labels.sum()))
    covariance = kernel.covariance(ranks, ranks) + target_kernel.covariance(own, own)
    return TargetModel(
        region=region,
        family=family,
        source_score=source_score,
        kernel=kernel,
        target_kernel=target_kernel,
        mixture=fit_residual_mixture(members, score, covariance, labels, weights),
        label_score=score,
        label_ranks=ranks,
        label_own=own,
        labels=labels,
        weights=weights,
        prevalence=prevalence,
        seed=seed,
    )


def gather_labels(
    shots: pd.DataFrame,
    background: pd.DataFrame,
    factors: Sequence[str],
    pseudo_absences: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join shots and pseudo-absences: values, labels and weights.

    A presence weighs 1; absences and pseudo-absences together weigh as much as the presences.
    """
    names = list(factors)
    picked = find_pseudo_absences(len(background), pseudo_absences, seed)
    values = np.concatenate(
        [
            shots[names].to_numpy(np.float32),
            background[names].to_numpy(np.float32)[picked],
        ]
    )
    labels = np.concatenate([shots["presence"].to_numpy(np.int8), np.zeros(len(picked), np.int8)])
    presences = int(labels.sum())
    absences = max(len(labels) - presences, 1)
    return values, labels, np.where(labels == 1, 1.0, presences / absences)


def leave_pseudo_absences(background: np.ndarray, pseudo_absences: int, seed: int) -> np.ndarray:
    """Leave the background cells that a model has not learned from; all where it took all.

    Parameters
    ----------
    background
        Values of the background cells, shape ``(cells, factors)``.
    pseudo_absences, seed
        Those that the model was fine-tuned with.
    """
    picked = find_pseudo_absences(len(background), pseudo_absences, seed)
    return background if len(picked) == len(background) else np.delete(background, picked, axis=0)


def find_pseudo_absences(cells: int, pseudo_absences: int, seed: int) -> np.ndarray:
    """Find which of so many background cells join the absences: their numbers, rising."""
    generator = np.random.default_rng(derive_seed(seed, "pseudo-absences"))
    return np.sort(generator.choice(cells, min(pseudo_absences, cells), replace=False))


def weigh_factors(source_models: Sequence[SourceModel]) -> np.ndarray:
    """Weigh the factors in the residual kernel: sum 1, shape ``(factors,)``.

    The importance in the sources' random forests to the power of `IMPORTANCE_EXPONENT`; equal
    weights without any forest.
    """
    raised = find_importance(source_models) ** IMPORTANCE_EXPONENT
    return raised / raised.sum()


def find_importance(source_models: Sequence[SourceModel]) -> np.ndarray:
    """Find the importance of the factors in the sources' forest: sum 1, equal without any."""
    for model in source_models:
        if model.importance is not None:
            return model.importance
    factors = len(source_models[0].factors)
    return np.full(factors, 1 / factors)


def members_of(family: str, *, presences: int) -> tuple[Member, ...]:
    """Priors that stage 2 averages: without presences the one that does not adapt."""
    if presences == 0:
        return ZERO_SHOT_MEMBERS
    return SOURCE_MEMBERS + LOCAL_MEMBERS if family == "ensemble" else SOURCE_MEMBERS


def _check_target(source_models, shots, background, prevalence, family, own_factors) -> None:
    if not source_models:
        raise ValueError("fine-tuning needs at least one source model")
    factors = source_models[0].factors
    for model in source_models:
        if model.factors != factors:
            raise ValueError(
                f"the {model.learner} source model has the factors {model.factors}, "
                f"the {source_models[0].learner} model {factors}; pre-train them together"
            )
    if "presence" not in shots or not shots["presence"].isin([0, 1]).all():
        raise ValueError("the shots table needs a column presence of 0 and 1")
    learners = [model.learner for model in source_models]
    if len(set(learners)) < len(learners):
        raise ValueError(f"two source models of one learner were given: {learners}")
    twice = [factor for factor in own_factors if factor in factors]
    if twice:
        raise ValueError(f"the factors {twice} of the target are in the source models already")
    for table, name in ((shots, "shots"), (background, "background")):
        missing = [factor for factor in (*factors, *own_factors) if factor not in table]
        if missing:
            raise ValueError(f"the {name} table lacks the factors {missing}")
        empty = [factor for factor in (*factors, *own_factors) if table[factor].isna().any()]
        if empty:
            raise ValueError(f"the {name} table has cells without a value of {empty}")
    check_prevalence(prevalence)
    if family != "ensemble" and family not in learners:
        raise ValueError(f"no source model of the family {family!r} was given")


def _check_units(model: SourceModel, units: Mapping[str, str]) -> None:
    for factor, learned in zip(model.factors, model.units, strict=True):
        given = units.get(factor, "")
        # an empty unit is an unknown one
        if given and learned and given != learned:
            raise ValueError(
                f"the factor {factor} of the target is in {given}, but the source models learned "
                f"it in {learned}; bring its layer to {learned}, or choose source models that "
                f"learned it in {given}"
            )


def _check_legends(model: SourceModel, legends: Mapping[str, str | None]) -> None:
    for factor in model.factors:
        given, learned = (_name_values(each, factor) for each in (legends, model.legends))
        if given != learned:
            raise ValueError(
                f"the factor {factor} of the target holds {given}, but the source models learned "
                f"it from {learned}; bring its layer to these and state so in the configuration, "
                "or choose source models that learned from the same"
            )


def _name_values(legends: Mapping[str, str | None], factor: str) -> str:
    if factor not in legends:
        return "measurements"
    legend = legends[factor]
    return f"codes of the legend {legend}" if legend else "codes without a legend"
