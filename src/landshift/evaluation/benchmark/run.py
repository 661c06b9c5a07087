"""The transfer benchmark: every region in turn is the target, the others are its sources."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landshift.evaluation.benchmark.judge import MEASURES, Judge
from landshift.evaluation.benchmark.methods import Method, get_methods
from landshift.evaluation.benchmark.methods.task import (
    Shared,
    TransferTask,
    list_kinds,
    view_target,
)
from landshift.evaluation.benchmark.splits import Draw, draw_split, redraw_blocks
from landshift.runtime.one_thread import on_one_thread
from landshift.runtime.seeds import derive_seed
from landshift.sampling.selection import MAX_CORRELATION, select_factors
from landshift.sampling.tables import keep_factors, list_factors
from landshift.transfer.pretraining import SourceModel, pretrain_sources

logger = logging.getLogger(__name__)

REGIMES = ("inductive", "transductive")

COLUMNS = (
    "target",
    "family",
    "method",
    "regime",
    "shots",
    "draw",
    *MEASURES,
)


@dataclass(frozen=True)
class RegionTables:
    """Samples and background of a region, as `landshift.sampling.draw` draws them.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [0.0], "slope": [30.0], "lithology": [2]})
    >>> list(RegionTables(table, table).without(["lithology"]).samples)
    ['x', 'slope']
    """

    samples: pd.DataFrame
    background: pd.DataFrame

    def without(self, factors: Sequence[str]) -> "RegionTables":
        """Leave out factors, where there are any of these names."""
        tables = (self.samples, self.background)
        return RegionTables(*(table.drop(columns=factors, errors="ignore") for table in tables))


def run_transfer_benchmark(
    regions: Mapping[str, RegionTables],
    *,
    targets: Sequence[str] | None = None,
    learners: Sequence[str] = ("lr", "rf", "xgb", "lgbm"),
    shots: Sequence[int] = (5, 10, 20, 50),
    draws: int = 20,
    regimes: Sequence[str] = REGIMES,
    methods: Sequence[str] | None = None,
    redraw: bool = False,
    max_correlation: float = MAX_CORRELATION,
    legends: Mapping[str, str] | None = None,
    target_factors: Sequence[str] = (),
    target_classes: Sequence[str] = (),
    seed: int,
) -> pd.DataFrame:
    """Leave one region out: pre-train on the others, fine-tune on its shots, score the rest.

    Parameters
    ----------
    regions
        Tables of every region.
    targets
        Regions to take as targets; None takes all.
    learners
        Learners of stage 1.
    shots
        Numbers of landslides used, nested within a draw.
    draws
        Random splits of each target.
    regimes
        ``inductive``: background and distributions from the blocks that gave the shots;
        ``transductive``: from the whole target, as when a map is made.
    methods
        Names of methods; None runs all.
    redraw
        Divide each target into new blocks for every draw, instead of keeping those of its samples.
    max_correlation
        Of two factors more alike than this in the sources one is dropped.
    legends
        Class factors that the regions share, and the name of their common legend.
    target_factors, target_classes
        Measured and class factors that no source model takes; where a target has them, they serve
        the kernel of its residual. Every method with that kernel sees them.
    seed
        The study's seed.

    Returns
    -------
    pandas.DataFrame
        A row per target, family, method, regime, number of shots and draw, with the measures of
        `landshift.evaluation.benchmark.judge`.

    Examples
    --------
    >>> from landshift import derive_terrain_factors, draw_background, draw_samples
    >>> from landshift import generate_virtual_region
    >>> tables = {}
    >>> for seed, name in enumerate(["alder", "birch"]):
    ...     region = generate_virtual_region(
    ...         name, seed=seed, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ...     )
    ...     dem = region.layers["dem"]
    ...     factors = derive_terrain_factors(dem)
    ...     samples = draw_samples(factors, region.inventory, elevation=dem, region=name, seed=1)
    ...     background = draw_background(factors, samples, region=name, cells=200, seed=1)
    ...     tables[name] = RegionTables(samples, background)
    >>> scores = run_transfer_benchmark(
    ...     tables, targets=["birch"], learners=["lr"], shots=[5], draws=1,
    ...     methods=["zero_shot"], seed=1,
    ... )
    >>> bool(scores["auc"].between(0, 1).all())
    True
    """
    tables = []
    own = [*target_factors, *target_classes]
    for target in targets or list(regions):
        sources = {name: part.without(own) for name, part in regions.items() if name != target}
        samples, background = join_sources(
            sources, max_correlation=max_correlation, classes=list(legends or {})
        )
        models = [
            pretrain_sources(samples, background, learner=learner, seed=seed, legends=legends)
            for learner in learners
        ]
        known = regions[target].samples
        tables.append(
            evaluate_target(
                target,
                regions[target],
                models,
                sources,
                shots=shots,
                draws=draws,
                regimes=regimes,
                methods=methods,
                redraw=redraw,
                target_factors=[name for name in target_factors if name in known],
                target_classes=[name for name in target_classes if name in known],
                seed=seed,
            )
        )
    return pd.concat(tables, ignore_index=True)


def join_sources(
    sources: Mapping[str, RegionTables],
    factors: Sequence[str] | None = None,
    *,
    max_correlation: float = MAX_CORRELATION,
    classes: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join samples and background of all sources, with the factors selected on them.

    Parameters
    ----------
    sources
        Tables of the source regions.
    factors
        The factors to keep; None selects them on these sources.
    max_correlation
        Of two factors more alike than this one is dropped, see `select_factors`.
    classes
        Factors whose values are class codes.
    """
    samples = pd.concat([tables.samples for tables in sources.values()], ignore_index=True)
    background = pd.concat([tables.background for tables in sources.values()], ignore_index=True)
    if factors is None:
        factors = select_factors(
            samples,
            candidates=list_factors(samples),
            max_correlation=max_correlation,
            classes=classes,
        )
    return keep_factors(samples, factors), keep_factors(background, factors)


@on_one_thread
def evaluate_target(
    target: str,
    tables: RegionTables,
    source_models: Sequence[SourceModel],
    sources: Mapping[str, RegionTables],
    *,
    shots: Sequence[int],
    draws: int,
    regimes: Sequence[str] = REGIMES,
    methods: Sequence[str] | None = None,
    redraw: bool = False,
    target_factors: Sequence[str] = (),
    target_classes: Sequence[str] = (),
    seed: int,
) -> pd.DataFrame:
    """Score all methods on one target; see `run_transfer_benchmark`."""
    first = source_models[0]
    kinds = list_kinds(
        source_models, join_sources(sources, list(first.factors)), tables.samples, seed=seed
    )
    compared = get_methods(methods)
    rows = []
    kept: list[dict] = [{} for _ in kinds]
    for number in range(draws):
        draw_seed = derive_seed(seed, "draw", target, str(number))
        samples, background = tables.samples, tables.background
        if redraw:
            samples, background = redraw_blocks(samples, background, seed=draw_seed)
        draw = draw_split(samples, shots=max(shots), seed=draw_seed)
        judge = Judge(samples, background, draw, seed=draw_seed)
        by_shots = [{count: {} for count in shots} for _ in kinds]
        for regime in regimes:
            known = _background_of(background, draw, regime)
            views = [
                view_target(
                    kind.models,
                    kind.take(known),
                    kind.take(judge.queries),
                    target_factors=target_factors,
                    target_classes=target_classes,
                )
                for kind in kinds
            ]
            by_view: list[dict] = [{} for _ in kinds]
            for count in shots:
                taken = draw.take_shots(samples, count)
                task = None
                for kind, view, *shared in reversed(
                    list(zip(kinds, views, kept, [own[count] for own in by_shots], by_view,
                             strict=True))
                ):  # fmt: skip
                    score_classes = first.class_scores.apply_table
                    task = TransferTask(
                        view,
                        kind.training,
                        score_classes(kind.take(taken)),
                        draw_seed,
                        Shared(*shared),
                        score_classes(kind.take(samples[samples["block"].isin(draw.shot_blocks)])),
                        finer=task,
                    )
                for method, family, probability in _predict_all(compared, task):
                    measures = judge.measure(probability)
                    key = (target, family, method, regime, count, number)
                    rows.append((*key, *measures.values()))
        logger.info("%s: draw %d of %d done", target, number + 1, draws)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _predict_all(
    methods: Sequence[Method], task: TransferTask
) -> Iterator[tuple[str, str, np.ndarray]]:
    for method in methods:
        for family, probability in method.predict_families(task).items():
            yield method.name, family, probability


def _background_of(background: pd.DataFrame, draw: Draw, regime: str) -> pd.DataFrame:
    if regime == "transductive":
        return background
    if regime == "inductive":
        return background[background["block"].isin(draw.shot_blocks)]
    raise ValueError(f"no regime named {regime!r}; there are {', '.join(REGIMES)}")
