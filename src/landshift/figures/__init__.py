"""Figures for reports; every function returns a matplotlib figure and draws on nothing global."""

from landshift.figures.curves import plot_prediction_rate, plot_transfer_curves
from landshift.figures.maps import (
    plot_classes,
    plot_susceptibility_map,
    plot_truth_comparison,
    plot_uncertainty_map,
)
from landshift.figures.style import write_figure

__all__ = [
    "plot_classes",
    "plot_prediction_rate",
    "plot_susceptibility_map",
    "plot_transfer_curves",
    "plot_truth_comparison",
    "plot_uncertainty_map",
    "write_figure",
]
