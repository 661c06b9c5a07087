"""Explain the map of a target: contributions of factors [logit], per class, and in the sources.

The cells are random ones of the background table, so that tables of any size of region take the
same time.
"""

import geopandas
import numpy as np
import pandas as pd

from landshift.evaluation.drivers.explanation import (
    EXPLAINED_CELLS,
    choose_reference,
    explain_cells,
)
from landshift.evaluation.drivers.summary import (
    compare_sources,
    summarise_dependence,
    summarise_drivers,
    summarise_shots,
)
from landshift.geodata.cells import sample_points
from landshift.geodata.raster import open_raster
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.transfer.averaging import list_parts
from landshift.transfer.storage import load_model


def main(*, model, classes, background, source_backgrounds, shots, drivers, dependence, influence):
    tuned = load_model(model)
    factors = list(tuned.factors)
    cells = pd.read_parquet(background)
    values = cells[factors].to_numpy(np.float32)
    reference = choose_reference(values, seed=tuned.seed)
    explanation = explain_cells(tuned, values[:EXPLAINED_CELLS], reference)
    places = geopandas.points_from_xy(cells["x"], cells["y"])[:EXPLAINED_CELLS]
    mapped = open_raster(classes)
    codes = sample_points(mapped, geopandas.GeoDataFrame(geometry=places, crs=mapped.odc.crs))
    tables = {table["region"].iloc[0]: table for table in map(pd.read_parquet, source_backgrounds)}
    models = list_parts(tuned)[0].model.source_score.models
    first = models[0]
    shared = list(first.factors)
    strengths = compare_sources(
        summarise_drivers(explanation, codes),
        models,
        {
            name: first.class_scores.apply_table(table)[shared].to_numpy(np.float32)
            for name, table in tables.items()
        },
        cells=EXPLAINED_CELLS // 2,
        seed=tuned.seed,
    )
    write_csv(strengths, drivers, float_format="%.5g")
    curves = summarise_dependence(
        explanation, values[:EXPLAINED_CELLS], tuned.units, classes=tuned.classes_seen
    )
    write_csv(curves, dependence, float_format="%.5g")
    moved = summarise_shots(explanation, pd.read_parquet(shots))
    write_csv(moved, influence, float_format="%.9g")


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
