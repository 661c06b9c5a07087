"""Drainage factors under their public name."""

from landshift.factors.drainage.derive import derive_drainage_factors

__all__ = ["derive_drainage_factors"]
