"""Compare the library of source regions with the study's own real sources, and with none.

Each region of the real benchmark is a target of ten draws of twelve of its landslides. The others,
against random cells, judge the map that learned from the library (without the region itself), from
the other real regions, and from the twelve alone. Needs the tables of the regions that
`make benchmark` draws.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from landshift.acquire.library import PREFIX, read_library
from landshift.evaluation.baselines import predict_baselines
from landshift.evaluation.benchmark.run import RegionTables, join_sources
from landshift.runtime.seeds import derive_seed
from landshift.sampling.library import unpack_region
from landshift.sampling.shots import draw_shots
from landshift.sampling.tables import list_factors
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.pretraining import pretrain_sources
from landshift.transfer.without_sources import make_untaught

LEARNERS = ("lr", "rf", "xgb", "lgbm")
REGIONS = ("arenosa", "balakot", "ecuador", "korea")
SHOTS = 12


def main():
    """Score every target, write the table and print its means."""
    arguments = _parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    own = {name: _read(arguments.results / "regions" / name) for name in REGIONS}
    library = {
        name: RegionTables(*unpack_region(region)) for name, region in read_library().items()
    }
    rows = []
    for target in arguments.targets:
        sources = {
            "own": {name: tables for name, tables in own.items() if name != target},
            "library": {name: tables for name, tables in library.items()
                        if name != f"{PREFIX}{target}"},
        }  # fmt: skip
        for kind, tables in sources.items():
            rows += _score(target, own[target], kind, tables, arguments.draws, arguments.seed)
            logging.info("%s from %s: done", target, kind)
        untaught = [make_untaught(list_factors(own[target].samples), {}, seed=arguments.seed)]
        rows += _judge(target, own[target], "none", untaught, None, arguments.draws, arguments.seed)
    scores = pd.DataFrame(rows, columns=["target", "sources", "draw", "method", "auc"])
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    scores.to_csv(arguments.output, index=False)
    means = scores.pivot_table("auc", ["target", "sources"], "method")
    print(means.round(3).to_string())


def _read(folder: Path) -> RegionTables:
    samples, background = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("samples", "background")
    )
    known = set.intersection(*({*region.factors} for region in read_library().values()))
    keep = [name for name in samples if name.removesuffix("_subcell") in known]
    places = ["region", "x", "y", "block"]
    return RegionTables(samples[[*places, "presence", *keep]], background[[*places, *keep]])


def _score(target, tables, kind, sources, draws, seed):
    samples, background = join_sources(sources)
    models = [pretrain_sources(samples, background, learner=name, seed=seed) for name in LEARNERS]
    return _judge(target, tables, kind, models, (samples, background), draws, seed)


def _judge(target, tables, kind, models, sources, draws, seed):
    for draw in range(draws):
        draw_seed = derive_seed(seed, "library", target, str(draw))
        shots = draw_shots(tables.samples, region=target, shots=SHOTS, seed=draw_seed)
        model = fine_tune_target(
            models, shots, tables.background, prevalence=0.01, seed=draw_seed,
            sources=sources,
        )  # fmt: skip
        unseen = tables.samples[tables.samples["presence"] == 1].merge(
            shots[["x", "y"]], how="left", indicator=True
        )
        unseen = unseen[unseen["_merge"] == "left_only"]
        cells = pd.concat([unseen, tables.background], ignore_index=True)
        truth = np.arange(len(cells)) < len(unseen)
        predictions = predict_baselines(model, cells[list(model.factors)].to_numpy())
        for method, probability in predictions.items():
            yield target, kind, draw, method, roc_auc_score(truth, probability)


def _parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--results", type=Path, default=Path("results/benchmark"))
    parser.add_argument("--output", type=Path, default=Path("results/library_scores.csv"))
    parser.add_argument("--targets", nargs="+", default=list(REGIONS), choices=REGIONS)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


if __name__ == "__main__":
    main()
