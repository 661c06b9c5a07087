"""The choice of factors under its public name."""

from landshift.sampling.selection import select_factors

__all__ = ["select_factors"]
