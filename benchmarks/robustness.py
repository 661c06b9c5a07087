"""Measure what hurts the transfer, one thing at a time, on the regions of a study that has run.

Every scenario changes what the fine-tuning is told, never what it is scored on; `gain` is over the
zero-shot ensemble with the same sources. Needs the samples of `make benchmark`. Writes
``scores.parquet`` (a row per case) and ``summary.csv`` (the table it prints).
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.special import expit, logit

from landshift.acquire.inventory.source_areas import source_points
from landshift.acquire.inventory.storage import load_inventory
from landshift.evaluation.benchmark.measures import measure_prediction
from landshift.evaluation.benchmark.run import RegionTables, join_sources
from landshift.evaluation.benchmark.splits import Draw, draw_split
from landshift.evaluation.benchmark.summary import bootstrap_interval
from landshift.geodata.raster import open_raster
from landshift.runtime.seeds import derive_seed
from landshift.sampling.selection import drop_inflated, screen_factors, select_factors
from landshift.sampling.tables import list_factors
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.pretraining import SourceModel, pretrain_sources

LEARNERS = ("lr", "rf", "xgb", "lgbm")
MISLABELLED = 0.1
"""Share of the shots whose label is turned around."""

PREVALENCE = 1 / 6
"""Prevalence of the held-out samples once the classes are weighted to it."""

MAX_INFLATION = 10.0
"""A usual limit of the variance inflation factor."""

EARLY, LATE = 2005, 2009
"""Landslides up to the first year give shots; those from the second on are predicted."""


@dataclass(frozen=True)
class Case:
    """One draw of a target: its samples, the split, and a random generator."""

    samples: pd.DataFrame
    draw: Draw
    generator: np.random.Generator


def take_plain(case: Case, count: int) -> pd.DataFrame:
    """Take the shots of the benchmark."""
    return case.draw.take_shots(case.samples, count)


def take_clustered(case: Case, count: int) -> pd.DataFrame:
    """Take the presences and absences nearest to one of the landslides."""
    presences, absences = (
        case.samples.iloc[rows] for rows in (case.draw.presences, case.draw.absences)
    )
    centre = presences.iloc[0]
    return pd.concat([_nearest(part, centre, count) for part in (presences, absences)])


def take_mislabelled(case: Case, count: int) -> pd.DataFrame:
    """Turn the labels of some of the shots around."""
    shots = take_plain(case, count)
    wrong = case.generator.permutation(len(shots)) < round(MISLABELLED * len(shots))
    return shots.assign(presence=np.where(wrong, 1 - shots["presence"], shots["presence"]))


def split_by_time(samples: pd.DataFrame, *, shots: int, seed: int) -> Draw:
    """Split as the benchmark does, but with early landslides as shots and late ones held out."""
    draw = draw_split(samples, shots=shots, seed=seed)
    year = samples["year"].to_numpy()
    late = (year >= LATE) | (samples["presence"].to_numpy() == 0)
    return replace(
        draw,
        held_out=draw.held_out[late[draw.held_out]],
        presences=draw.presences[year[draw.presences] <= EARLY],
    )


def _nearest(table: pd.DataFrame, centre: pd.Series, count: int) -> pd.DataFrame:
    distance = np.hypot(table["x"] - centre["x"], table["y"] - centre["y"])
    return table.loc[distance.nsmallest(count).index]


def main():
    """Run all scenarios and print a table."""
    arguments = _parse_arguments()
    regions = read_regions(arguments.study)
    rows = []
    for target in regions:
        sources = {name: tables for name, tables in regions.items() if name != target}
        rows += measure_sources(target, regions[target], sources, arguments)
    balakot = read_dated(arguments.study, regions["balakot"])
    others = {name: tables for name, tables in regions.items() if name != "balakot"}
    models = pretrain(others, arguments.seed)
    rows += measure("later landslides", "balakot", balakot, models, arguments, split=split_by_time)
    table = pd.DataFrame(rows)
    summary = summarise(table, arguments.seed)
    arguments.output.mkdir(parents=True, exist_ok=True)
    table.to_parquet(arguments.output / "scores.parquet", index=False)
    summary.to_csv(arguments.output / "summary.csv", index=False)
    print(summary.to_string(index=False))


def measure_sources(target, tables, sources: Mapping[str, RegionTables], arguments) -> list[dict]:
    """Measure all scenarios of a target: other shots, other prevalence, other sources."""
    models = pretrain(sources, arguments.seed)
    rows = measure("as in the benchmark", target, tables, models, arguments)
    for scenario, take in (
        ("clustered shots", take_clustered),
        ("10 % of the shots mislabelled", take_mislabelled),
    ):
        rows += measure(scenario, target, tables, models, arguments, take=take)
    for factor in (0.2, 5.0):
        name = f"prevalence stated {factor:g} times"
        rows += measure(name, target, tables, models, arguments, factor=factor)
    for scenario, choose in (
        ("all factors, none dropped", list_varying),
        ("factors of low inflation only", list_uninflated),
        ("without factors that flip sign", list_steady),
    ):
        chosen = pretrain(sources, arguments.seed, choose=choose)
        rows += measure(scenario, target, tables, chosen, arguments)
    for name in sources:
        alone = pretrain({name: sources[name]}, arguments.seed)
        rows += measure("one source only", target, tables, alone, arguments)
        liar = invert_labels(sources[name])
        misled = pretrain({**sources, name: liar}, arguments.seed)
        rows += measure("one source inverted", target, tables, misled, arguments)
    return rows


def measure(
    scenario: str,
    target: str,
    tables: RegionTables,
    models,
    arguments,
    *,
    take: Callable[[Case, int], pd.DataFrame] = take_plain,
    split: Callable[..., Draw] = draw_split,
    factor: float = 1.0,
) -> list[dict]:
    """Score the fine-tuned ensemble in one scenario: a row per number of shots and draw."""
    factors = list(models[0].factors)
    stated = min(factor * PREVALENCE, 0.99)
    rows = []
    for number in range(arguments.draws):
        seed = derive_seed(arguments.seed, "draw", target, str(number))
        draw = split(tables.samples, shots=max(arguments.shots), seed=seed)
        held_out = tables.samples.iloc[draw.held_out]
        case = Case(tables.samples, draw, np.random.default_rng(seed))
        queries = held_out[factors].to_numpy(np.float32)
        for count in (0, *arguments.shots):
            shots = take(case, count) if count else tables.samples.iloc[:0]
            model = fine_tune_target(models, shots, tables.background, prevalence=stated, seed=seed)
            probability = expit(logit(model.predict(queries).probability) - logit(PREVALENCE))
            measures = measure_prediction(held_out["presence"].to_numpy(), probability)
            key = {"scenario": scenario, "target": target, "shots": count, "draw": number}
            rows.append(key | measures)
    return rows


def pretrain(
    sources: Mapping[str, RegionTables],
    seed: int,
    *,
    choose: Callable[[pd.DataFrame], list[str]] | None = None,
) -> list[SourceModel]:
    """Pre-train all learners on sources, with the factors of the benchmark or a choice of all."""
    joined = join_sources(sources)
    if choose is not None:
        everything = join_sources(sources, max_correlation=1.0)[0]
        joined = join_sources(sources, choose(everything))
    return [pretrain_sources(*joined, learner=learner, seed=seed) for learner in LEARNERS]


def list_varying(samples: pd.DataFrame) -> list[str]:
    """List all factors that the sources share and that vary."""
    return list_factors(samples)


def list_uninflated(samples: pd.DataFrame) -> list[str]:
    """List the factors left once none has a large variance inflation."""
    return drop_inflated(samples, list_factors(samples), limit=MAX_INFLATION)


def list_steady(samples: pd.DataFrame) -> list[str]:
    """List the benchmark's factors but those whose effect certainly differs in sign by source."""
    factors = select_factors(samples, candidates=list_factors(samples))
    screened = screen_factors(samples, factors)
    return screened.loc[~screened["flips"], "factor"].tolist()


def invert_labels(tables: RegionTables) -> RegionTables:
    """Turn presences into absences and the other way round."""
    samples = tables.samples.assign(presence=1 - tables.samples["presence"])
    return RegionTables(samples, tables.background)


def summarise(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Mean AUC of zero-shot and fine-tuned, log score, and gain with its 95 % interval."""
    keys = ["scenario", "target", "draw"]
    zero_shot = table[table["shots"] == 0].groupby(keys)["auc"].mean().rename("zero_shot")
    tuned = table[table["shots"] > 0].join(zero_shot, on=keys)
    tuned["gain"] = tuned["auc"] - tuned["zero_shot"]
    groups = tuned.groupby(["scenario", "shots"], sort=False)
    summary = groups[["zero_shot", "auc", "log_score", "gain"]].mean().round(3)
    limits = [bootstrap_interval(own["gain"], seed=seed) for _, own in groups]
    summary[["gain_low", "gain_high"]] = np.round(limits, 3)
    return summary.reset_index()


def read_regions(study: Path) -> dict[str, RegionTables]:
    """Read samples and background of all regions of a study, with the factors that all have."""
    regions = {
        folder.name: RegionTables(
            pd.read_parquet(folder / "samples.parquet"),
            pd.read_parquet(folder / "background.parquet"),
        )
        for folder in sorted((study / "regions").iterdir())
    }
    factors = [set(list_factors(tables.samples)) for tables in regions.values()]
    own = sorted(set.union(*factors) - set.intersection(*factors))
    return {name: tables.without(own) for name, tables in regions.items()}


def read_dated(study: Path, tables: RegionTables) -> RegionTables:
    """Add the year of the nearest landslide to the presences of Balakot; absences have none."""
    folder = study / "regions" / "balakot"
    inventory, _ = load_inventory(folder / "inventory.gpkg")
    points = source_points(inventory, open_raster(folder / "layers" / "dem.tif")).geometry
    tree = cKDTree(np.column_stack([points.x, points.y]))
    samples = tables.samples
    _, nearest = tree.query(samples[["x", "y"]])
    years = inventory["date"].str[:4].astype(float).to_numpy()[nearest]
    dated = samples.assign(year=np.where(samples["presence"] == 1, years, np.nan))
    return RegionTables(dated, tables.background)


def _parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("results/benchmark"))
    parser.add_argument("--draws", type=int, default=10, help="splits of each target")
    parser.add_argument("--shots", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--output", type=Path, default=Path("results/robustness"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
