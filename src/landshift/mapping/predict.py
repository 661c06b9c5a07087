"""Predict every cell of a region, block by block."""

import uuid
from collections.abc import Mapping
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from dask import delayed

from landshift.geodata.raster import BLOCK
from landshift.transfer.prediction import Model

VARIABLES = {
    "susceptibility": {"units": "1", "long_name": "landslide susceptibility"},
    "uncertainty": {"units": "logit", "long_name": "standard deviation of the logit"},
}
"""The variables of a map and their attributes."""

_BATCH = 8192


def map_susceptibility(model: Model, factors: xr.Dataset) -> xr.Dataset:
    """Predict every cell of a region, block by block.

    Cells without data in any factor the model uses are left out before the model is asked. The
    model always sees batches of one size, because the rounding of a matrix product depends on its
    shape: the map is the same for any chunking.

    Parameters
    ----------
    model
        A fine-tuned model. One that `mapping.compiled.model.compile_model` has compiled gives the
        same map in a fraction of the time.
    factors
        A variable of dimensions ``(y, x)`` per factor, in any order; more than the model uses are
        ignored. Dask-backed input is mapped lazily, at one chunk per thread in memory; eager
        input is mapped at once.

    Returns
    -------
    xarray.Dataset
        float32 with NaN as no data: ``susceptibility`` [1], 0-1, and ``uncertainty`` [logit], the
        standard deviation of the susceptibility's logit. Write both in one pass with
        `landshift.geodata.cog.write_cogs`, or the model runs once per variable.

    Raises
    ------
    ValueError
        If a factor of the model is missing.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> from landshift import derive_terrain_factors, draw_samples
    >>> dem = region.layers["dem"]
    >>> factors = derive_terrain_factors(dem)
    >>> samples = draw_samples(factors, region.inventory, elevation=dem, region="alder", seed=1)
    >>> from landshift import draw_background, draw_shots, fine_tune_target, pretrain_sources
    >>> background = draw_background(factors, samples, region="alder", cells=200, seed=1)
    >>> source = pretrain_sources(samples, background, learner="lr", seed=1)
    >>> shots = draw_shots(samples, region="alder", seed=1, shots=5)
    >>> model = fine_tune_target([source], shots, background, prevalence=0.04, seed=1)
    >>> maps = map_susceptibility(model, factors)
    >>> sorted(maps), bool((maps["susceptibility"] <= 1).all())
    (['susceptibility', 'uncertainty'], True)
    """
    missing = [name for name in model.factors if name not in factors]
    if missing:
        raise ValueError(
            f"the model needs the factors {missing}, the region has {sorted(factors.data_vars)}; "
            "derive them for the target as for the sources"
        )
    layers = factors[list(model.factors)].transpose("y", "x")
    eager = not layers.chunks
    layers = (layers.chunk(y=BLOCK, x=BLOCK) if eager else layers).unify_chunks()
    arrays = [layers[name].data.astype(np.float32) for name in model.factors]
    both = da.map_blocks(
        _predict_block,
        *arrays,
        # Delayed: the graph holds the model once, however many blocks there are.
        model=delayed(model, pure=False, traverse=False),
        name=f"map-susceptibility-{uuid.uuid4().hex}",
        new_axis=0,
        chunks=((2,), *arrays[0].chunks),
        dtype=np.float32,
        meta=np.empty((0, 0, 0), np.float32),
    )
    maps = wrap_maps(both, layers[model.factors[0]].coords)
    return maps.compute() if eager else maps


def _predict_block(*layers: np.ndarray, model: Model) -> np.ndarray:
    valid = ~np.isnan(layers[0])
    for layer in layers[1:]:
        valid &= ~np.isnan(layer)
    maps = np.full((2, *valid.shape), np.nan, np.float32)
    if valid.any():
        matrix = np.column_stack([layer[valid] for layer in layers])
        maps[:, valid] = _predict_cells(model, matrix)
    return maps


def _predict_cells(model: Model, matrix: np.ndarray) -> np.ndarray:
    result = np.empty((2, len(matrix)), np.float32)
    for start in range(0, len(matrix), _BATCH):
        part = matrix[start : start + _BATCH]
        count = len(part)
        if count < _BATCH:
            part = np.concatenate([part, np.repeat(part[:1], _BATCH - count, axis=0)])
        prediction = model.predict(part)
        result[0, start : start + count] = prediction.probability[:count]
        result[1, start : start + count] = prediction.sd[:count]
    return result


def wrap_maps(both: da.Array, coords: Mapping[Any, Any]) -> xr.Dataset:
    """Name the two layers of an array of shape ``(2, y, x)``, on a grid's coordinates."""
    return xr.Dataset(
        {
            name: xr.DataArray(both[index], dims=("y", "x"), coords=coords, attrs=attrs)
            for index, (name, attrs) in enumerate(VARIABLES.items())
        }
    )
