"""Factors of the surface's shape: slopes, curvatures, ruggedness, positions, openness."""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "derive": ["derive_terrain_factors"],
    },
)
