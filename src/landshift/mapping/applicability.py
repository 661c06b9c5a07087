"""Where a map may be trusted: how far each cell lies from all cells a model was trained on.

Meyer, H., Pebesma, E. (2021). Predicting into unknown space? Estimating the area of applicability
of spatial prediction models. Methods in Ecology and Evolution 12, 1620-1633,
doi:10.1111/2041-210X.13650.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr
from dask import delayed, is_dask_collection
from numba import njit
from scipy.spatial import cKDTree

from landshift.geodata.raster import BLOCK, count_codes

OUTSIDE, INSIDE, NO_DATA = 0, 1, 255
"""Codes of the mask."""

UNKNOWN = "not known: the sources' data are not part of this study"
"""What studies of frozen source models say of their area of applicability."""

MASK_COLOURS = {OUTSIDE: "#7b3294", INSIDE: "#d9d9d9"}
"""Colour table of the mask: what is outside stands out, also in greyscale."""


def mask_applicability(dissimilarity: xr.DataArray, threshold: float) -> xr.DataArray:
    """Mark the cells up to the threshold as inside (1), the others as outside (0); 255 no data."""

    def mark(index: np.ndarray) -> np.ndarray:
        codes = np.where(index <= np.float32(threshold), np.uint8(INSIDE), np.uint8(OUTSIDE))
        return np.where(np.isnan(index), np.uint8(NO_DATA), codes)

    data = dissimilarity.data
    codes = data.map_blocks(mark, dtype=np.uint8) if is_dask_collection(data) else mark(data)
    attributes = {
        "long_name": "area of applicability",
        "units": "class",
        "nodata": NO_DATA,
        "flag_values": (OUTSIDE, INSIDE),
        "flag_meanings": "outside inside",
    }
    return xr.DataArray(
        codes, dims=("y", "x"), coords=dissimilarity.coords, name="applicability", attrs=attributes
    )


def share_outside(mask: xr.DataArray) -> float:
    """Share of the mapped cells that lie outside the area of applicability."""
    counts = count_codes(mask)
    return float(counts[OUTSIDE] / max(counts[OUTSIDE] + counts[INSIDE], 1))


@dataclass(frozen=True)
class Space:
    """Factors as coordinates in which the distance of two cells is their dissimilarity.

    Attributes
    ----------
    centre, scale
        A measurement ``x`` becomes ``weight (x - mean) / sd``; shape ``(measurements,)``.
    measured, classed
        Columns of measurements, and of class codes.
    codes, steps
        Codes of each class factor that training met, and the coordinate of a code.
    axes
        Rotation towards the directions in which the training cells spread most, which changes no
        distance but lets the search tree stop early; shape ``(coordinates, coordinates)``.
    """

    measured: tuple[int, ...]
    classed: tuple[int, ...]
    centre: np.ndarray
    scale: np.ndarray
    codes: tuple[np.ndarray, ...]
    steps: tuple[float, ...]
    axes: np.ndarray

    def place(self, values: np.ndarray) -> np.ndarray:
        """Place cells by their values of shape ``(cells, factors)``."""
        columns = [(values[:, list(self.measured)] - self.centre) * self.scale]
        for column, codes, step in zip(self.classed, self.codes, self.steps, strict=True):
            # codes that training never met share a coordinate of their own, so they differ from all
            known = values[:, column, None] == codes
            columns.append(step * np.column_stack([known, ~known.any(axis=1)]))
        return _rotate(np.ascontiguousarray(np.hstack(columns), np.float64), self.axes)


@dataclass(frozen=True)
class Applicability:
    """The training cells of a model and how far apart they are.

    Attributes
    ----------
    factors
        Names of the factors, in the order of the columns that `dissimilarity` takes.
    space
        How cells become points.
    tree
        The training cells.
    mean_distance
        Mean distance between two training cells, the unit of the dissimilarity index.
    threshold
        Largest dissimilarity index inside the area of applicability.
    """

    factors: tuple[str, ...]
    space: Space
    tree: cKDTree
    mean_distance: float
    threshold: float

    def dissimilarity(self, values: np.ndarray) -> np.ndarray:
        """Dissimilarity index of cells with values of shape ``(cells, factors)``."""
        nearest, _ = self.tree.query(self.space.place(values))
        return nearest / self.mean_distance


def fit_applicability(
    training: pd.DataFrame,
    factors: Sequence[str],
    weights: np.ndarray,
    *,
    classes: Collection[str] = (),
) -> Applicability:
    """Measure the training cells of a model.

    Factors are standardised by the training cells and weighted by their importance; the
    dissimilarity index is the distance to the nearest training cell over the mean distance between
    training cells. The threshold is the upper whisker of the training cells' own index,
    ``min(Q75 + 1.5 IQR, maximum)``, each to the nearest cell *outside its own spatial block*.

    Parameters
    ----------
    training
        Cells that the model learned from: columns ``region``, ``block`` and the factors.
    factors
        Names of the factors of the model.
    weights
        Importance of each factor, 0 or more, shape ``(factors,)``.
    classes
        Factors whose values are codes. As in Gower's coefficient, two codes are equal or not; a
        difference counts so that over all pairs of training cells a class factor contributes as
        much as a measurement of the same weight.

    Raises
    ------
    ValueError
        If a factor is missing or without value, there are fewer than two blocks, or the cells do
        not differ.
    """
    values = _check_training(training, factors, weights)
    folds = training.groupby(["region", "block"], sort=True).ngroup().to_numpy()
    if len(np.unique(folds)) < 2:
        raise ValueError(
            "the area of applicability needs training cells in two spatial blocks or more; "
            "raise samples.blocks"
        )
    space = _fit_space(values, factors, np.asarray(weights, float), classes)
    points = space.place(values)
    mean_distance = _sum_distances(points) / (len(points) * (len(points) - 1) / 2)
    if mean_distance == 0:
        raise ValueError("all training cells have the same factors; there is no distance to scale")
    own = _nearest_elsewhere(points, folds) / mean_distance
    low, high = np.quantile(own, (0.25, 0.75))
    threshold = min(high + 1.5 * (high - low), own.max())
    # split in the middle of the space and not of the points, which takes a quarter less to search
    tree = cKDTree(points, leafsize=24, balanced_tree=False)
    return Applicability(tuple(factors), space, tree, mean_distance, float(threshold))


def map_dissimilarity(applicability: Applicability, factors: xr.Dataset) -> xr.DataArray:
    """Map the dissimilarity index of every cell, block by block.

    Parameters
    ----------
    applicability
        Result of `fit_applicability`.
    factors
        A variable of dimensions ``(y, x)`` per factor; dask-backed input is mapped lazily, at one
        chunk per thread in memory.

    Returns
    -------
    xarray.DataArray
        float32 ``dissimilarity`` [1] with NaN as no data.
    """
    layers = factors[list(applicability.factors)].transpose("y", "x")
    eager = not layers.chunks
    layers = (layers.chunk(y=BLOCK, x=BLOCK) if eager else layers).unify_chunks()
    arrays = [layers[name].data.astype(np.float32) for name in applicability.factors]
    index = da.map_blocks(
        _map_block,
        *arrays,
        # delayed: the graph holds the training cells once, however many blocks there are
        applicability=delayed(applicability, pure=False, traverse=False),
        name=f"map-dissimilarity-{uuid.uuid4().hex}",
        dtype=np.float32,
        meta=np.empty((0, 0), np.float32),
    )
    attributes = {"long_name": "dissimilarity index", "units": "1"}
    mapped = xr.DataArray(
        index, dims=("y", "x"), coords=layers.coords, name="dissimilarity", attrs=attributes
    )
    return mapped.compute() if eager else mapped


def _check_training(training, factors, weights) -> np.ndarray:
    missing = [name for name in factors if name not in training]
    if missing:
        raise ValueError(f"the training cells lack the factors {missing}")
    values = training[list(factors)].to_numpy(np.float64)
    if np.isnan(values).any():
        raise ValueError("some training cells have factors without a value; draw them again")
    if np.shape(weights) != (len(factors),) or np.min(weights) < 0 or np.sum(weights) <= 0:
        raise ValueError(f"expected {len(factors)} weights of 0 or more, not {weights}")
    return values


def _fit_space(values, factors, weights, classes) -> Space:
    measured = [column for column, name in enumerate(factors) if name not in classes]
    classed = [column for column, name in enumerate(factors) if name in classes]
    centre, sd = values[:, measured].mean(axis=0), values[:, measured].std(axis=0, ddof=1)
    codes, steps = [], []
    for column in classed:
        met, counts = np.unique(values[:, column], return_counts=True)
        codes.append(met)
        # probability that two cells differ; a measurement has a mean squared difference of 2
        differ = 1 - np.sum((counts / counts.sum()) ** 2)
        steps.append(float(weights[column] / np.sqrt(differ)) if differ > 0 else 0.0)
    size = len(measured) + sum(len(met) + 1 for met in codes)
    space = Space(
        tuple(measured),
        tuple(classed),
        centre,
        # a factor that never varies in training says nothing on distance
        np.divide(weights[measured], sd, out=np.zeros_like(sd), where=sd > 0),
        tuple(codes),
        tuple(steps),
        np.eye(size),
    )
    points = space.place(values)
    _, axes = np.linalg.eigh(np.cov(points, rowvar=False).reshape(size, size))
    return Space(**{**vars(space), "axes": np.ascontiguousarray(axes[:, ::-1])})


def _nearest_elsewhere(points: np.ndarray, folds: np.ndarray) -> np.ndarray:
    nearest = np.empty(len(points))
    for fold in np.unique(folds):
        inside = folds == fold
        nearest[inside], _ = cKDTree(points[~inside]).query(points[inside])
    return nearest


def _map_block(*layers: np.ndarray, applicability: Applicability) -> np.ndarray:
    valid = ~np.isnan(layers[0])
    for layer in layers[1:]:
        valid &= ~np.isnan(layer)
    index = np.full(valid.shape, np.nan, np.float32)
    if valid.any():
        values = np.column_stack([layer[valid] for layer in layers])
        index[valid] = applicability.dissimilarity(values)
    return index


@njit(nogil=True, cache=True)
def _rotate(points, axes):
    # not a matrix product of BLAS: its rounding depends on how many cells it gets at once
    result = np.zeros((len(points), axes.shape[1]))
    for cell in range(len(points)):
        for source in range(axes.shape[0]):
            for axis in range(axes.shape[1]):
                result[cell, axis] += points[cell, source] * axes[source, axis]
    return result


@njit(nogil=True, cache=True)
def _sum_distances(points):
    total = 0.0
    for first in range(len(points)):
        for second in range(first):
            square = 0.0
            for axis in range(points.shape[1]):
                difference = points[first, axis] - points[second, axis]
                square += difference * difference
            total += np.sqrt(square)
    return total
