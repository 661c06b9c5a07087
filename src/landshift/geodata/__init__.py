"""Rasters and vectors: grids, cells, reading and writing them whole, aligning and joining them."""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "alignment": ["align_raster"],
        "cells": ["sample_points"],
        "cog": ["write_cog"],
        "grids": ["plan_grid"],
        "opening": ["open_dataset"],
        "raster": ["open_raster", "read_factors", "write_factors", "write_raster"],
        "vectors": ["read_vector"],
    },
)
