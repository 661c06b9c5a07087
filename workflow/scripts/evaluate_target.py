"""Count the landslides that a map ranks high: those it was fitted on, and those it has not seen.

The table has the columns curve, area_share [1] and landslide_share [1]. The curve is ``success``
for the shots and ``prediction`` for later landslides or, without any, those that gave no shot.
"""

import logging

import numpy as np
import pandas as pd

from landshift.evaluation.rate_curves import prediction_rate_curve
from landshift.geodata.cells import sample_points
from landshift.geodata.raster import open_raster
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.runtime.tables import write_csv
from landshift.sampling.shots import find_held_out


def main(*, susceptibility, dem, samples, shots, validation, known, rate_curve):
    mapped = open_raster(susceptibility)
    tables = pd.read_parquet(samples), pd.read_parquet(shots)
    used, held_out = find_held_out(*tables, open_raster(dem), validation, known)
    columns = ["curve", "area_share", "landslide_share"]
    curves = [pd.DataFrame(columns=columns)]
    for name, points in {"prediction": held_out, "success": used}.items():
        known = points[~np.isnan(sample_points(mapped, points))]
        logging.info("%s-rate curve: %d landslides", name, len(known))
        if len(known):
            curves.append(prediction_rate_curve(mapped, known).assign(curve=name)[columns])
    write_csv(pd.concat(curves[1:] or curves), rate_curve)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake, validation=next(iter(snakemake.input.validation), None))
