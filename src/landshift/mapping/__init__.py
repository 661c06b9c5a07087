"""Susceptibility maps: predict by blocks, sort into classes, merge the maps of many targets."""

from landshift.mapping.classes import class_breaks, classify_susceptibility
from landshift.mapping.mosaic import MAXIMUM_MOSAIC_CELLS, OVERLAP_RULE, mosaic_maps
from landshift.mapping.predict import Model, Prediction, map_susceptibility

__all__ = [
    "MAXIMUM_MOSAIC_CELLS",
    "OVERLAP_RULE",
    "Model",
    "Prediction",
    "class_breaks",
    "classify_susceptibility",
    "map_susceptibility",
    "mosaic_maps",
]
