"""Score what every method makes of a virtual target against its true probability of failure.

The table has the columns method, family and auc [1]; method ``map`` is the published map.
"""

import numpy as np
import pandas as pd

from landshift.evaluation.benchmark.methods import get_methods
from landshift.evaluation.benchmark.methods.task import TransferTask, list_kinds, view_target
from landshift.evaluation.rate_curves import truth_auc
from landshift.factors.table import SUBCELL_SUFFIX
from landshift.geodata.raster import open_raster, read_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.sampling.tables import keep_factors, list_subcells
from landshift.transfer.storage import load_model


def main(*, models, training, shots, background, factors, own, maps, seed, truth):
    models = [load_model(folder) for folder in models]
    first = models[0]
    names = list(first.factors)
    finer = [name for name in list_subcells(pd.read_parquet(background))
             if name.removesuffix(SUBCELL_SUFFIX) in names]  # fmt: skip
    columns = [*names, *finer, *own["target_factors"], *own["target_classes"]]
    layers = read_factors(factors, names=columns)
    values = np.column_stack([layers[name].to_numpy().ravel() for name in columns])
    mapped = open_raster(maps["susceptibility"]).to_numpy().ravel()
    probability = open_raster(maps["true_probability"]).to_numpy().ravel()
    known = np.isfinite(values).all(axis=1) & np.isfinite(mapped) & np.isfinite(probability)
    samples, cells = (
        pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
        for paths in training
    )
    taken = pd.read_parquet(shots)
    sources = (keep_factors(samples, names), keep_factors(cells, names))
    queries = pd.DataFrame(values[known], columns=columns)
    task = None
    for kind in reversed(list_kinds(models, sources, taken, seed=seed)):
        view = view_target(
            kind.models, kind.take(pd.read_parquet(background)), kind.take(queries), **own
        )
        labelled = first.class_scores.apply_table(kind.take(taken))
        task = TransferTask(view, kind.training, labelled, seed, finer=task)
    rows = [("map", "ensemble", truth_auc(mapped[known], probability[known]))]
    for method in get_methods(group="core"):
        for family, score in method.predict_families(task).items():
            rows.append((method.name, family, truth_auc(score, probability[known])))
    table = pd.DataFrame(rows, columns=["method", "family", "auc"])
    write_csv(table.round(4), truth)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(
        main,
        snakemake,
        training=(list(snakemake.input.samples), list(snakemake.input.background_sources)),
        maps={name: snakemake.input[name] for name in ("susceptibility", "true_probability")},
    )
