"""Choose the settings of stage 2 on the sources alone, and measure what that is worth.

Every source in turn is a mock target of the others. The setting with the highest mean AUC on these
is used on the real target, and compared there with the project's own setting: nested, so no
held-out cell of a target has a part in the choice. Prints a row per target.
"""

import argparse
import itertools
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import pandas as pd
from robustness import pretrain, read_regions

from landshift.evaluation.benchmark.run import RegionTables, evaluate_target
from landshift.evaluation.benchmark.virtual_study import SOURCES, Shift, draw_shifts, make_region
from landshift.runtime.seeds import derive_seed
from landshift.transfer import fine_tuning as target
from landshift.transfer import mixture as residual

SHOTS = (5, 10, 20, 50)
TRIED = 24
"""Settings drawn from all combinations, besides the project's own."""


class Setting(NamedTuple):
    """Factors by which the project's own setting is multiplied."""

    strength: float = 1.0
    exponent: float = 1.0
    slope: float = 1.0
    intercept_variance: float = 1.0


OWN = Setting()
RANGES = Setting((0.6, 1.0, 1.5), (0.67, 1.0, 1.33), (0.75, 1.0, 1.4), (0.5, 1.0, 2.0))


def draw_settings(seed: int) -> list[Setting]:
    """Draw the settings to try, the project's own first."""
    others = [Setting(*each) for each in itertools.product(*RANGES) if each != OWN]
    generator = np.random.default_rng(seed)
    return [OWN, *(others[i] for i in generator.choice(len(others), TRIED, replace=False))]


@contextmanager
def applied(setting: Setting) -> Iterator[None]:
    """Run stage 2 with another setting."""
    members = {
        name: tuple(
            replace(member, strength=member.strength * setting.strength)
            for member in getattr(residual, name)
        )
        for name in ("SOURCE_MEMBERS", "LOCAL_MEMBERS")
    }
    exponent = target.IMPORTANCE_EXPONENT * setting.exponent
    with (
        patch.multiple(target, IMPORTANCE_EXPONENT=exponent, **members),
        patch.multiple(
            residual,
            PRIOR_SLOPE=residual.PRIOR_SLOPE * setting.slope,
            INTERCEPT_VARIANCE=residual.INTERCEPT_VARIANCE * setting.intercept_variance,
        ),
    ):
        yield


def main():
    """Choose and compare for all targets, and print the table."""
    arguments = _parse_arguments()
    groups = list_real(arguments.study) if arguments.study else list_virtual(arguments)
    # fresh processes: a copy of one whose libraries have threads may wait for these for ever
    with ProcessPoolExecutor(arguments.cores, mp_context=get_context("spawn")) as pool:
        table = pd.concat([compare(pool, *group, arguments) for group in groups])
    print(table.round(4).to_string(index=False))
    gain = table["chosen"] - table["own"]
    print(f"mean gain of the chosen settings {gain.mean():+.4f}, {(gain > 0).sum()} of {len(gain)}")


def list_real(study: Path) -> Iterator[tuple[Mapping, Mapping]]:
    """List the regions of a study, each with the others as its sources."""
    regions = read_regions(study)
    for name in regions:
        yield {name: regions[name]}, _without(regions, name)


def list_virtual(arguments) -> Iterator[tuple[Mapping, Mapping]]:
    """List virtual targets, with four virtual sources that differ from each other as they do."""
    seed = arguments.seed
    generator = np.random.default_rng(derive_seed(seed, "source shifts"))
    drawn = {name: Shift(*generator.uniform(size=2)) for name in SOURCES}
    drawn |= draw_shifts(arguments.targets, seed=seed)
    regions = {name: make_region(name, shift, seed=seed).tables for name, shift in drawn.items()}
    sources = {name: regions.pop(name) for name in SOURCES}
    yield regions, sources


def compare(pool, targets: Mapping, sources: Mapping, arguments) -> pd.DataFrame:
    """Choose a setting on the mock targets; compare it with the project's on the targets."""
    settings = draw_settings(arguments.seed)
    try_all = partial(score, settings=settings, arguments=arguments)
    others = [_without(sources, name) for name in sources]
    mocks = np.mean(list(pool.map(try_all, sources, sources.values(), others)), axis=0)
    chosen = settings[int(np.argmax(mocks))]
    try_both = partial(score, settings=[OWN, chosen], arguments=arguments)
    found = list(pool.map(try_both, targets, targets.values(), [sources] * len(targets)))
    table = pd.DataFrame(found, columns=["own", "chosen"], index=list(targets))
    table.insert(0, "mock_gain", mocks.max() - mocks[0])
    return table.assign(**chosen._asdict()).reset_index(names="target")


def _without(regions: Mapping, name: str) -> dict[str, RegionTables]:
    return {other: tables for other, tables in regions.items() if other != name}


def score(name: str, tables: RegionTables, sources: Mapping, settings, arguments) -> list[float]:
    """Mean AUC of the fine-tuned ensemble on a target with each setting."""
    models = pretrain(sources, arguments.seed)
    means = []
    for setting in settings:
        with applied(setting):
            scores = evaluate_target(
                name,
                tables,
                models,
                sources,
                shots=SHOTS,
                draws=arguments.draws,
                regimes=["transductive"],
                methods=["fine_tuned"],
                seed=arguments.seed,
            )
        means.append(scores.loc[scores["family"] == "ensemble", "auc"].mean())
    return means


def _parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, help="folder of a study; without it virtual regions")
    parser.add_argument("--targets", type=int, default=12, help="number of virtual targets")
    parser.add_argument("--draws", type=int, default=5, help="splits of each target")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


if __name__ == "__main__":
    main()
