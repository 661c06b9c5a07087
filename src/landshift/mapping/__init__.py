"""Susceptibility maps: predict by blocks, sort into classes, merge the maps of many targets."""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "classes": ["class_breaks", "classify_susceptibility"],
        "mosaic": ["MAXIMUM_MOSAIC_CELLS", "OVERLAP_RULE", "mosaic_maps"],
        "predict": ["map_susceptibility"],
    },
)
