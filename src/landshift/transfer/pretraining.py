"""Stage 1: one learner pre-trained on all sources, on both preparations of the factors."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from joblib import parallel_config

from landshift import __version__
from landshift.runtime.seeds import derive_seed
from landshift.sampling.tables import drop_subcells, list_factors, list_subcells, swap_subcells
from landshift.transfer.class_scores import ClassScores, fit_class_scores, score_sources
from landshift.transfer.learners import get_learner
from landshift.transfer.preparation import (
    PREPARATIONS,
    Standardisation,
    fit_rank_transform,
    fit_standardisation,
)
from landshift.transfer.score_error import measure_score_error

MAX_PRESENCES = 400
MAX_ABSENCES = 800
"""Samples of one region that enter stage 1; more gain nothing."""


@dataclass(frozen=True)
class SourceModel:
    """A learner fitted on the sources.

    Attributes
    ----------
    learner
        Its name, a key of `landshift.study.learners.LEARNERS`.
    factors
        Names of the conditioning factors, in the order of the columns it takes.
    units
        Unit of each factor.
    standardisation
        The statistics of the sources behind the ``raw`` preparation.
    class_scores
        What the codes of class factors are replaced by, before anything else.
    legends
        Name of the legend of every class factor.
    fitted
        The fitted model of each preparation.
    sources
        Checksum of the samples of each source region.
    transfer_error
        How far its score errs in a new region: mean over the sources, each scored by models of the
        others, of the relative variance of `landshift.transfer.score_error.measure_score_error`,
        at least 0. None with fewer than two sources.
    seed, version
        Seed and package version it was made with.
    subcells
        The same learner, fitted on the factors at the sub-cells of the sources that have such; None
        where none has. It takes the same factors.
    """

    learner: str
    factors: tuple[str, ...]
    units: tuple[str, ...]
    standardisation: Standardisation
    class_scores: ClassScores
    legends: Mapping[str, str]
    fitted: Mapping[str, object]
    sources: Mapping[str, str]
    transfer_error: float | None
    seed: int
    version: str = __version__
    subcells: "SourceModel | None" = None

    @property
    def importance(self) -> np.ndarray | None:
        """Mean importance of each factor, sum 1; None if the learner gives none or never splits."""
        shares = [getattr(model, "importance", None) for model in self.fitted.values()]
        if any(share is None for share in shares) or np.sum(shares) == 0:
            return None
        return np.sum(shares, axis=0) / np.sum(shares)

    def logits(self, values: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        """Logits of the model of each preparation.

        Parameters
        ----------
        values
            Factor values with classes scored, shape ``(cells, factors)``.
        ranks
            Their normal scores within the region, same shape.

        Returns
        -------
        numpy.ndarray
            Shape ``(cells, preparations)``.
        """
        prepared = {"raw": self.standardisation.apply(values), "rank": ranks}
        return np.column_stack([self.fitted[name].logit(prepared[name]) for name in PREPARATIONS])


@dataclass(frozen=True)
class TrainingTable:
    """Samples of all sources, ready for a learner.

    Attributes
    ----------
    factors
        Names of the factors, sorted.
    prepared
        Factor values of each preparation, shape ``(samples, factors)``.
    labels
        1 for presence, 0 for absence.
    weights
        Mean 1; every region and class has the same total.
    standardisation
        The statistics behind the ``raw`` preparation.
    class_scores
        The scores behind the columns of class factors.
    regions, blocks
        Region of each sample and its spatial block there.
    """

    factors: tuple[str, ...]
    prepared: Mapping[str, np.ndarray]
    labels: np.ndarray
    weights: np.ndarray
    standardisation: Standardisation
    class_scores: ClassScores
    regions: np.ndarray
    blocks: np.ndarray


def pretrain_sources(
    samples: pd.DataFrame,
    background: pd.DataFrame,
    *,
    learner: str,
    seed: int,
    units: Mapping[str, str] | None = None,
    legends: Mapping[str, str] | None = None,
    threads: int = 1,
) -> SourceModel:
    """Fit one learner on the samples of all sources.

    Every region and class has the same total weight. The result does not depend on the order of
    rows, regions or factors. Where sources have values at sub-cells, a second model learns from
    these; a source without them, whose elevation model is too coarse, has no part in it.

    Parameters
    ----------
    samples
        Columns ``region, x, y, block, presence`` and the factors, of all sources; values at
        sub-cells in columns with the ending ``_subcell``, NaN in regions that have none.
    background
        Random cells of the same regions: columns ``region`` and the factors.
    learner
        A key of `landshift.study.learners.LEARNERS`.
    seed
        Seed of the choice of samples and of the learner.
    units
        Unit of each factor, kept with the model.
    legends
        For every factor whose values are class codes the name of the legend that all sources and
        the target share; see `landshift.transfer.class_scores`.
    threads
        Threads that a learner may use, of which the result does not depend.

    Raises
    ------
    ValueError
        If a region has no presences, no absences or no background, or a factor is missing.

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
    >>> from landshift import draw_background
    >>> background = draw_background(factors, samples, region="alder", cells=200, seed=1)
    >>> model = pretrain_sources(samples, background, learner="lr", seed=1)
    >>> model.learner, len(model.factors) == len(factors)
    ('lr', True)
    """
    settings = {"learner": learner, "seed": seed, "units": units, "legends": legends}
    finer = keep_regions_with_subcells(samples, background)
    with parallel_config("threading", n_jobs=threads):
        model = _pretrain(drop_subcells(samples), drop_subcells(background), **settings)
        if finer is None:
            return model
        return replace(model, subcells=_pretrain(*map(swap_subcells, finer), **settings))


def keep_regions_with_subcells(
    samples: pd.DataFrame, background: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Keep the sources that have values at sub-cells; None without any."""
    columns = list_subcells(samples)
    regions = [
        region
        for region, own in samples.groupby("region")
        if columns and own[columns].notna().all(axis=None)
    ]
    if not regions:
        return None
    return tuple(table[table["region"].isin(regions)] for table in (samples, background))


def _pretrain(samples, background, *, learner, seed, units, legends) -> SourceModel:
    classes = {name: legend for name, legend in (legends or {}).items() if name in samples}
    training = prepare_training(samples, background, seed=seed, classes=classes)
    factors = training.factors
    regions = sorted(samples["region"].unique())
    checksums = {region: _checksum(samples, region, factors) for region in regions}
    unit_of = units or {}
    return SourceModel(
        learner=learner,
        factors=factors,
        units=tuple(unit_of.get(name, "") for name in factors),
        standardisation=training.standardisation,
        class_scores=training.class_scores,
        legends=dict(sorted(classes.items())),
        fitted=_fit_preparations(training, learner, seed),
        sources=checksums,
        transfer_error=_measure_transfer(samples, background, learner, seed, classes),
        seed=seed,
    )


def _fit_preparations(training: TrainingTable, learner: str, seed: int) -> dict[str, object]:
    fit = get_learner(learner).fit
    return {
        name: fit(
            training.prepared[name],
            training.labels,
            training.weights,
            seed=derive_seed(seed, learner, name),
        )
        for name in PREPARATIONS
    }


def _measure_transfer(
    samples: pd.DataFrame,
    background: pd.DataFrame,
    learner: str,
    seed: int,
    classes: Collection[str],
) -> float | None:
    """Mean error on each source of the models that the other sources train."""
    regions = sorted(samples["region"].unique())
    if len(regions) < 2:
        return None
    errors = [
        error
        for region in regions
        for error in _measure_on_region(samples, background, learner, seed, classes, region)
    ]
    return max(float(np.mean(errors)), 0.0)


def _measure_on_region(samples, background, learner, seed, classes, region):
    """Error on a region of the model of each preparation that the other regions train."""
    left_out, own = samples["region"] == region, background["region"] == region
    training = prepare_training(samples[~left_out], background[~own], seed=seed, classes=classes)
    fitted = _fit_preparations(training, learner, seed)
    columns = list(training.factors)
    presences, reference = (
        training.class_scores.apply_table(table)[columns].to_numpy(np.float32)
        for table in (samples[left_out & (samples["presence"] == 1)], background[own])
    )
    ranks = fit_rank_transform(reference)
    ranked = ranks.apply(reference)
    for name, cells in (("raw", training.standardisation.apply(reference)), ("rank", ranked)):
        yield measure_score_error(
            fitted[name].logit(cells),
            ranked,
            ranks.apply(presences),
            seed=derive_seed(seed, "groups", region),
        )


def prepare_training(
    samples: pd.DataFrame, background: pd.DataFrame, *, seed: int, classes: Collection[str] = ()
) -> TrainingTable:
    """Choose, weigh and prepare the samples of stage 1; see `pretrain_sources`."""
    factors = tuple(sorted(list_factors(samples)))
    regions = sorted(samples["region"].unique())
    _check_sources(samples, background, factors, regions)
    class_scores = fit_class_scores(samples, classes)
    samples, background = score_sources(samples, background, classes)
    chosen = pd.concat([limit_samples(samples, region, seed) for region in regions])
    values = chosen[list(factors)].to_numpy(np.float32)
    weights = _balance_weights(chosen)
    standardisation = fit_standardisation(values, weights)
    prepared = {
        "raw": standardisation.apply(values),
        "rank": _rank_within_regions(chosen, background, factors, regions),
    }
    labels = chosen["presence"].to_numpy(np.int8)
    return TrainingTable(
        factors,
        prepared,
        labels,
        weights,
        standardisation,
        class_scores,
        chosen["region"].to_numpy(str),
        chosen["block"].to_numpy(),
    )


def _check_sources(samples, background, factors, regions) -> None:
    missing = [name for name in factors if name not in background]
    if missing:
        raise ValueError(f"the background table lacks the factors {missing}")
    if not factors:
        raise ValueError("the sample table holds no factors")
    for table, name in ((samples, "samples"), (background, "background")):
        empty = [factor for factor in factors if table[factor].isna().any()]
        if empty:
            raise ValueError(
                f"the {name} table of the sources has cells without a value of {empty}"
            )
    for region in regions:
        labels = samples.loc[samples["region"] == region, "presence"]
        if labels.nunique() < 2:
            raise ValueError(
                f"source {region}: needs presences and absences, found "
                f"{int(labels.sum())} presences in {len(labels)} samples; check its inventory"
            )
        if not (background["region"] == region).any():
            raise ValueError(f"source {region}: has no background cells")


def limit_samples(samples: pd.DataFrame, region: str, seed: int) -> pd.DataFrame:
    """Take the samples of a region that enter stage 1: 400 presences and 800 absences at most."""
    own = samples[samples["region"] == region].sort_values(["presence", "x", "y"], kind="stable")
    generator = np.random.default_rng(derive_seed(seed, "limit", region))
    parts = []
    for presence, limit in ((0, MAX_ABSENCES), (1, MAX_PRESENCES)):
        part = own[own["presence"] == presence]
        if len(part) > limit:
            part = part.iloc[np.sort(generator.choice(len(part), limit, replace=False))]
        parts.append(part)
    return pd.concat(parts)


def _balance_weights(samples: pd.DataFrame) -> np.ndarray:
    """Weights of mean 1 that give every region and class the same total."""
    sizes = samples.groupby(["region", "presence"])["x"].transform("size").to_numpy(float)
    return len(samples) / (sizes * np.sum(1 / sizes))


def _rank_within_regions(samples, background, factors, regions) -> np.ndarray:
    columns = list(factors)
    ranked = []
    for region in regions:
        reference = background.loc[background["region"] == region, columns].to_numpy()
        own = samples.loc[samples["region"] == region, columns].to_numpy(np.float32)
        ranked.append(fit_rank_transform(reference).apply(own))
    return np.concatenate(ranked)


def _checksum(samples: pd.DataFrame, region: str, factors: tuple[str, ...]) -> str:
    own = samples[samples["region"] == region].sort_values(["presence", "x", "y"], kind="stable")
    content = own[["x", "y", "presence", *factors]].to_numpy(np.float64)
    return hashlib.sha256(",".join(factors).encode() + content.tobytes()).hexdigest()
