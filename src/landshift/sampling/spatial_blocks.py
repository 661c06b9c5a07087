"""Spatial blocks: groups of neighbouring samples, which a split never divides."""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree


def assign_blocks(table: pd.DataFrame, blocks: int, seed: int) -> np.ndarray:
    """Spatial block of every row: k-means on the coordinates ``x`` and ``y``, numbered from 0."""
    from sklearn.cluster import KMeans

    coordinates = table[["x", "y"]].to_numpy()
    distinct = len(np.unique(coordinates, axis=0))
    means = KMeans(min(blocks, distinct), n_init=4, random_state=seed)
    return means.fit_predict(coordinates - coordinates.mean(axis=0)).astype(np.int16)


def nearest_blocks(samples: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Block of the nearest sample for every row of a table with ``x`` and ``y``."""
    _, nearest = cKDTree(samples[["x", "y"]]).query(table[["x", "y"]])
    return samples["block"].to_numpy()[nearest]
