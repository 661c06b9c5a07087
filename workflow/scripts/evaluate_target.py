"""Count the landslides that a map ranks high: those it was fitted on, and those it has not seen.

The table has the columns curve, area_share [1] and landslide_share [1]. The curve is ``success``
for the shots and ``prediction`` for later landslides or, without any, those that gave no shot.
"""

import logging

import pandas as pd

from landshift.curves import prediction_rate_curve
from landshift.inventory import load_inventory
from landshift.logs import set_up_logging
from landshift.raster import open_raster
from landshift.shots import split_landslides


def main(*, susceptibility, samples, shots, validation, rate_curve):
    mapped = open_raster(susceptibility)
    tables = pd.read_parquet(samples), pd.read_parquet(shots)
    used, held_out = split_landslides(*tables, crs=str(mapped.odc.crs))
    later = load_inventory(validation[0])[0] if validation else []
    if len(later):
        held_out = later.set_geometry(later.representative_point())
    curves = []
    for name, points in {"prediction": held_out, "success": used}.items():
        logging.info("%s-rate curve: %d landslides", name, len(points))
        if len(points):
            curves.append(prediction_rate_curve(mapped, points).assign(curve=name))
    columns = ["curve", "area_share", "landslide_share"]
    pd.concat(curves)[columns].to_csv(rate_curve, index=False)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    main(
        susceptibility=snakemake.input.susceptibility,
        samples=snakemake.input.samples,
        shots=snakemake.input.shots,
        validation=list(snakemake.input.validation),
        rate_curve=snakemake.output.rate_curve,
    )
