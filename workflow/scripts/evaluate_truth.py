"""Score what every method makes of a virtual target against its true probability of failure.

The table has the columns method, family and auc [1]; method ``map`` is the published map.
"""

import numpy as np
import pandas as pd

from landshift.evaluation.benchmark.methods import get_methods
from landshift.evaluation.benchmark.methods.task import TransferTask, view_target
from landshift.evaluation.rate_curves import truth_auc
from landshift.geodata.raster import open_raster, read_factors
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.transfer.pretraining import prepare_training
from landshift.transfer.storage import load_model


def main(*, models, training, shots, background, factors, own, maps, seed, truth):
    learners = {model.learner: model for model in map(load_model, models)}
    first = next(iter(learners.values()))
    names = list(first.factors)
    columns = [*names, *own["target_factors"], *own["target_classes"]]
    layers = read_factors(factors, names=columns)
    values = np.column_stack([layers[name].to_numpy().ravel() for name in columns])
    mapped = open_raster(maps["susceptibility"]).to_numpy().ravel()
    probability = open_raster(maps["true_probability"]).to_numpy().ravel()
    known = np.isfinite(values).all(axis=1) & np.isfinite(mapped) & np.isfinite(probability)
    samples, cells = (
        pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
        for paths in training
    )
    labels = ["region", "x", "y", "block"]
    task = TransferTask(
        view_target(
            learners,
            pd.read_parquet(background),
            pd.DataFrame(values[known], columns=columns),
            **own,
        ),
        prepare_training(
            samples[[*labels, "presence", *names]],
            cells[[*labels, *names]],
            seed=seed,
            classes=first.legends,
        ),
        first.class_scores.apply_table(pd.read_parquet(shots)),
        seed,
    )
    rows = [("map", "ensemble", truth_auc(mapped[known], probability[known]))]
    for method in get_methods(group="core"):
        for family, score in method.predict_families(task).items():
            rows.append((method.name, family, truth_auc(score, probability[known])))
    table = pd.DataFrame(rows, columns=["method", "family", "auc"])
    write_csv(table.round(4), truth)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        models=list(snakemake.input.models),
        training=(list(snakemake.input.samples), list(snakemake.input.background_sources)),
        shots=snakemake.input.shots,
        background=snakemake.input.background,
        factors=list(snakemake.input.factors),
        own=snakemake.params.own,
        maps={name: snakemake.input[name] for name in ("susceptibility", "true_probability")},
        seed=snakemake.params.seed,
        truth=snakemake.output.truth,
    )
