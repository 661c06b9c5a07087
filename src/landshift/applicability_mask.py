"""The area of applicability as a mask: cells inside and outside of it."""

import numpy as np
import xarray as xr
from dask import is_dask_collection

from landshift.raster import BLOCK

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
    counts = np.zeros(256, np.int64)
    for row in range(0, mask.sizes["y"], BLOCK):
        strip = mask.isel(y=slice(row, row + BLOCK)).to_numpy()
        counts += np.bincount(strip.ravel(), minlength=256)
    return float(counts[OUTSIDE] / max(counts[OUTSIDE] + counts[INSIDE], 1))
