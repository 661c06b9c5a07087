"""Terrain factors under their public name."""

from landshift.factors.terrain.derive import derive_terrain_factors

__all__ = ["derive_terrain_factors"]
