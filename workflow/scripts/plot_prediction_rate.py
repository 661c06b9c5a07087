"""Draw the rate curves of a target's map."""

from landshift.evaluation.tables import read_results
from landshift.report.figures.curves import plot_prediction_rate
from landshift.report.figures.style import write_figure
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging

NAMES = {"prediction": "prediction: unseen", "success": "success: fitted on"}


def main(*, rate_curve, figure):
    table = read_results(rate_curve, ["curve", "area_share", "landslide_share"])
    curves = {
        label: table[table["curve"] == curve]
        for curve, label in NAMES.items()
        if (table["curve"] == curve).any()
    }
    write_figure(plot_prediction_rate(curves), figure)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    call_main(main, snakemake)
