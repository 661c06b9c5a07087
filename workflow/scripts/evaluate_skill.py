"""Compare a map with zero-shot and local-only on landslides that none of them has seen.

Landslides are the later ones where the study has them, otherwise those that gave no shot. The
tables are those of `evaluation.skill`; methods are ``fine_tuned`` (the map), ``zero_shot`` and
``local_only``.
"""

import logging

import numpy as np
import pandas as pd

from landshift.evaluation.baselines import predict_baselines
from landshift.evaluation.benchmark.names import OF_MAP
from landshift.evaluation.skill import find_better, measure_skill, trace_skill
from landshift.geodata.cells import sample_points
from landshift.geodata.raster import open_raster, read_factors
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.seeds import derive_seed
from landshift.runtime.tables import write_csv
from landshift.sampling.draw import keep_within
from landshift.sampling.shots import find_held_out
from landshift.transfer.fine_tuning import leave_pseudo_absences
from landshift.transfer.storage import load_model


def main(
    *, model, dem, factors, samples, shots, validation, background, surveyed, known,
    pseudo_absences, block_size, skill, curves,
):  # fmt: skip
    tuned = load_model(model)
    names = list(tuned.factors)
    layers = read_factors(factors, names=names, chunks=block_size)
    tables = pd.read_parquet(samples), pd.read_parquet(shots)
    _, landslides = find_held_out(*tables, open_raster(dem), validation, known)
    found = np.column_stack([sample_points(layers[name], landslides) for name in names])
    found = found[~np.isnan(found).any(axis=1)]
    logging.info("%d landslides that no model has seen", len(found))
    cells = pd.read_parquet(background)
    if surveyed:
        cells = keep_within(cells, open_raster(surveyed))
    cells = cells[names].to_numpy(np.float32)
    cells = leave_pseudo_absences(cells, pseudo_absences, tuned.seed)
    by_method = [
        predict_baselines(tuned, values) if len(values) else {} for values in (found, cells)
    ]
    scores = {method: (by_method[0][method], by_method[1][method]) for method in by_method[0]}
    seed = derive_seed(tuned.seed, "skill", tuned.region)
    tables = [each(scores, tuned.prevalence, seed=seed) for each in (measure_skill, trace_skill)]
    for table, path in zip(tables, (skill, curves), strict=True):
        write_csv(table, path, float_format="%.5g")
    if better := find_better(tables[0]):
        logging.warning(
            "%s: %s finds these landslides better than the map does%s; see the card of the map",
            *(tuned.region, OF_MAP[better[0]], "" if better[1] else ", though not beyond doubt"),
        )


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    inputs = snakemake.input
    one_or_none = {name: next(iter(inputs[name]), None) for name in ("validation", "surveyed")}
    call_main(main, snakemake, **one_or_none)
