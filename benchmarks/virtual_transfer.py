"""Measure the transfer on virtual regions of known shift and truth, and print the tables.

Writes ``transfer.parquet`` (a row per case), ``dominance.csv`` (methods compared, for all targets
and by size of shift) and ``coverage.csv`` (how often the 90 % interval holds the truth).
"""

import argparse
import logging
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from landshift.evaluation.benchmark.dominance import compare_methods
from landshift.evaluation.benchmark.run import evaluate_target, join_sources
from landshift.evaluation.benchmark.virtual_study import (
    SOURCES,
    Shift,
    draw_shifts,
    make_region,
    measure_coverage,
    split_by_shift,
    summarise_coverage,
)
from landshift.transfer.pretraining import pretrain_sources

LEARNERS = ("lr", "rf", "xgb", "lgbm")
SHOTS = (5, 10, 20, 50)
COVERAGE_DRAWS = 3
"""Splits on which the interval is held against the truth: each has a thousand cells."""

METHODS = ("fine_tuned", "residual", "residual_subcells", "zero_shot", "local_only", "slope")
"""Pooling takes three times as long as these together, and is measured on the real regions."""


def main():
    """Generate the regions, run the benchmark, write and print its tables."""
    arguments = _parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    shifts = draw_shifts(arguments.targets, seed=arguments.seed)
    sources = {name: make_region(name, Shift(0, 0), seed=arguments.seed).tables for name in SOURCES}
    joined = join_sources(sources)
    models = [
        pretrain_sources(*joined, learner=learner, seed=arguments.seed) for learner in LEARNERS
    ]
    measure = partial(
        measure_target, models=models, sources=sources, draws=arguments.draws, seed=arguments.seed
    )
    # fresh processes: a copy of one whose libraries have threads may wait for these for ever
    with ProcessPoolExecutor(arguments.cores, mp_context=get_context("spawn")) as pool:
        measured = list(pool.map(measure, shifts, shifts.values()))
    scores, coverage = map(partial(pd.concat, ignore_index=True), zip(*measured, strict=True))
    _write(arguments.output, scores, coverage, shifts, arguments.seed)


def measure_target(name, shift, *, models, sources, draws, seed):
    """Score the methods and the intervals on one target."""
    region = make_region(name, shift, seed=seed)
    settings = {"shots": SHOTS, "seed": seed}
    scores = evaluate_target(
        name,
        region.tables,
        models,
        sources,
        regimes=["transductive"],
        methods=METHODS,
        draws=draws,
        **settings,
    )
    coverage = measure_coverage(name, region, models, draws=min(draws, COVERAGE_DRAWS), **settings)
    logging.info("%s done, %s", name, shift)
    return scores, coverage


def _write(folder: Path, scores, coverage, shifts, seed) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scores.to_parquet(folder / "transfer.parquet", index=False)
    compared = pd.concat(
        [
            compare_methods(scores[scores["target"].isin(names)], seed=seed).assign(shift=group)
            for group, names in split_by_shift(shifts).items()
        ]
    )
    compared.round(4).to_csv(folder / "dominance.csv", index=False)
    covered = pd.concat(
        [
            summarise_coverage(coverage[coverage["target"].isin(names)]).assign(shift=group)
            for group, names in split_by_shift(shifts).items()
        ]
    )
    covered.round(3).to_csv(folder / "coverage.csv", index=False)
    shown = ["shift", "method", "family", "auc", "gain_zero_shot", "losses_zero_shot"]
    shown += ["gain_tougher", "gain_tougher_low", "gain_tougher_high", "losses_tougher", "cells"]
    print(compared[shown].round(3).to_string(index=False))
    print(covered.round(3).to_string(index=False))


def _parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=24, help="number of target regions")
    parser.add_argument("--draws", type=int, default=10, help="splits of each target")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--output", type=Path, default=Path("results/virtual_benchmark"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
