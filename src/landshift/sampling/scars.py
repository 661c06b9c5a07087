"""Whether landslides lie in hollows, or whether the elevation model shows the scars they left.

A model that is younger than the landslides holds their scars. What is learned from it is where
slopes have failed, and an unfailed slope has no scar to be found by.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from landshift.factors.table import SUBCELL_SUFFIX

CURVATURE = "tangential_curvature"
ALIKE = ("slope", "twi", "tangential_curvature_90m")
"""Factors in which cells must resemble a landslide: as steep, as wet, in as wide a hollow."""
NEIGHBOURS = 30
"""Cells that are compared with each landslide [1]."""
LEAST_LANDSLIDES = 20
"""Landslides that a comparison needs [1]."""
SHARP = 0.4
"""Below this index landslides lie in sharper hollows than other cells of their kind [1]."""


@dataclass(frozen=True)
class ScarIndex:
    """How sharp the hollows of landslides are among cells that are otherwise like them.

    Attributes
    ----------
    value
        Mean share of the cells like a landslide that are more concave than it is [1]: 0.5 if
        landslides are nothing special, 0 if each lies in the sharpest hollow of its kind.
    error
        Standard error of `value` [1].
    landslides
        Landslides that were compared [1].
    """

    value: float
    error: float
    landslides: int

    @property
    def is_sharp(self) -> bool:
        """Whether the landslides stand out by more than chance."""
        return self.value + 2 * self.error < SHARP


def measure_scars(samples: pd.DataFrame, background: pd.DataFrame) -> ScarIndex | None:
    """Compare the tangential curvature of landslides with that of cells like them.

    Each landslide is compared with the `NEIGHBOURS` background cells that are nearest in slope,
    wetness and the curvature over 90 m, each in standard deviations. Where cells have values at
    sub-cells, those count.

    Parameters
    ----------
    samples, background
        As `landshift.sampling.draw` draws them.

    Returns
    -------
    ScarIndex or None
        None where a factor is missing, or with fewer than `LEAST_LANDSLIDES` landslides or
        background cells than `NEIGHBOURS`.
    """
    finer = f"{CURVATURE}{SUBCELL_SUFFIX}" in samples
    names = [f"{name}{SUBCELL_SUFFIX}" if finer else name for name in (CURVATURE, *ALIKE)]
    if not set(names) <= {*samples} & {*background}:
        return None
    landslides = samples.loc[samples["presence"] == 1, names].dropna().to_numpy(float)
    others = background[names].dropna().to_numpy(float)
    if len(landslides) < LEAST_LANDSLIDES or len(others) < NEIGHBOURS:
        return None
    spread = np.maximum(others[:, 1:].std(axis=0), 1e-12)
    _, near = cKDTree(others[:, 1:] / spread).query(landslides[:, 1:] / spread, k=NEIGHBOURS)
    curvature = others[near, 0]
    own = landslides[:, :1]
    shares = ((curvature < own) + 0.5 * (curvature == own)).mean(axis=1)
    return ScarIndex(
        value=float(shares.mean()),
        error=float(shares.std(ddof=1) / np.sqrt(len(shares))),
        landslides=len(shares),
    )
