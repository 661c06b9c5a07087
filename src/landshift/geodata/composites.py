"""Reduce many images of a place to one."""

import numpy as np
import xarray as xr

CLEAR_CLASSES = (4, 5, 6, 7)
"""Scene classes of Sentinel-2 that count: vegetation, bare ground, water, unclassified."""


def compose_median(stack: xr.DataArray, scene_classes: xr.DataArray | None = None) -> xr.DataArray:
    """Reduce images of several dates to the median of the clear ones, cell by cell.

    Parameters
    ----------
    stack
        One band, dimensions ``(time, y, x)``, NaN as no data.
    scene_classes
        Sentinel-2's scene classification of the same shape: only `CLEAR_CLASSES` count, so that
        clouds, their shadows, snow and defects do not. None counts every value.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(y, x)``; NaN where no date is clear. The median of an even number of dates is
        the mean of the middle two.

    Raises
    ------
    ValueError
        If the dimensions differ.
    """
    if stack.dims != ("time", "y", "x"):
        raise ValueError(f"expected dimensions (time, y, x), found {stack.dims}")
    clear = stack
    if scene_classes is not None:
        if scene_classes.shape != stack.shape or scene_classes.dims != stack.dims:
            raise ValueError(
                f"scene classes have dimensions {dict(scene_classes.sizes)}, the bands "
                f"{dict(stack.sizes)}; align them to one grid and the same dates"
            )
        clear = stack.where(np.isin(scene_classes.data, CLEAR_CLASSES))
    whole = clear.chunk(time=-1) if clear.chunks else clear
    return xr.apply_ufunc(
        _median,
        whole,
        input_core_dims=[["time"]],
        dask="parallelized",
        output_dtypes=[np.float32],
    )


def _median(values: np.ndarray) -> np.ndarray:
    """Median over the last axis of the values that are not NaN; NaN where there are none."""
    # Not numpy.nanmedian, which warns where a cell is clear on no date.
    ordered = np.sort(values, axis=-1)
    known = np.count_nonzero(~np.isnan(ordered), axis=-1)[..., None]
    low = np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, known // 2, axis=-1)
    middle = np.where(known > 0, (low + high) / 2, np.nan)
    return middle[..., 0].astype(np.float32)
