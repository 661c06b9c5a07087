"""Conditioning factors: what is derived from elevations, rain, images, lines and classes."""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "table": ["FACTORS", "Factor", "factor_names"],
        "terrain.derive": ["derive_terrain_factors"],
        "drainage.derive": ["derive_drainage_factors"],
        "stability": ["derive_stability_factors"],
        "proximity": ["derive_proximity_factors"],
        "surface": ["derive_surface_factors"],
    },
)
