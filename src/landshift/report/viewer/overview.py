"""Maps reduced to what a page can hold, and to 254 steps of value."""

import base64
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds
from scipy.special import expit, logit

from landshift.geodata.opening import open_dataset
from landshift.geodata.raster_errors import explain_unreadable

SIDE = 4096
"""Most cells on the longer side of a map on the page; larger maps are averaged."""

TILE = 256
"""Edge of the tiles that the page reads [cells]."""

STEPS = 254
"""Steps of value of a byte: 0 is no data, 1 the least and 255 the greatest value."""

Scale = Literal["linear", "logit"]


@dataclass(frozen=True)
class Overview:
    """A map at the resolution of the page.

    Attributes
    ----------
    data
        Shape ``(y, x)``, north-up, NaN as no data.
    bounds
        West, south, east and north in the CRS [m].
    crs
        The CRS as ``EPSG:code`` or WKT.
    cell_m
        Edge of a cell of the map itself [m].
    tags
        Metadata of the file.
    """

    data: np.ndarray
    bounds: tuple[float, float, float, float]
    crs: str
    cell_m: float
    tags: dict[str, str]

    @property
    def shown_m(self) -> float:
        """Edge of a cell as shown [m]."""
        west, _, east, _ = self.bounds
        return (east - west) / self.data.shape[1]


def read_overview(path: str | Path, *, side: int = SIDE) -> Overview:
    """Read a map with at most so many cells on its longer side, from overviews if there are any.

    Codes show the most frequent code of the cells that one of the overview stands for, values
    their mean.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read.
    """
    with explain_unreadable(path), open_dataset(path) as source:
        step = math.ceil(max(source.shape) / side)
        codes = source.dtypes[0] == "uint8"
        read = source.read(
            1,
            out_shape=tuple(math.ceil(length / step) for length in source.shape),
            masked=True,
            resampling=Resampling.mode if codes else Resampling.average,
        )
        return Overview(
            data=np.ma.filled(read.astype(np.float32), np.nan),
            bounds=tuple(source.bounds),
            crs=source.crs.to_string(),
            cell_m=source.res[0],
            tags=source.tags(),
        )


@dataclass(frozen=True)
class Steps:
    """How bytes stand for values: 1 for `low` to 255 for `high`, evenly on a scale."""

    low: float
    high: float
    scale: Scale

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Round values to steps; NaN becomes 0. Values beyond the ends take these."""
        low, high, spaced = (self._space(each) for each in (self.low, self.high, values))
        share = np.clip((spaced - low) / (high - low), 0, 1)
        steps = np.rint(np.nan_to_num(share) * STEPS).astype(np.uint8) + np.uint8(1)
        return np.where(np.isnan(values), np.uint8(0), steps)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Compute the values that bytes from 1 stand for."""
        low, high = self._space(self.low), self._space(self.high)
        spaced = low + (np.asarray(codes, float) - 1) / STEPS * (high - low)
        return expit(spaced) if self.scale == "logit" else spaced

    def _space(self, values):
        return logit(values) if self.scale == "logit" else np.asarray(values, float)


def fit_steps(values: np.ndarray, scale: Scale) -> Steps:
    """Span the values of a map, those of no chance or certainty left out on the logit scale.

    Raises
    ------
    ValueError
        If no cell has data.
    """
    known = values[np.isfinite(values)].astype(float)
    if not known.size:
        raise ValueError("a map without any cell with data cannot be shown")
    if scale == "logit":
        known = np.clip(known, 1e-6, 1 - 1e-6)
    low, high = float(known.min()), float(known.max())
    # A map of one value still needs two ends.
    return Steps(low, high if high > low else low + max(abs(low), 1.0) * 1e-3, scale)


def count_levels(shape: tuple[int, int]) -> int:
    """Count how often a map is halved until it fits into a tile."""
    return max(0, math.ceil(math.log2(max(shape) / TILE)))


def encode_cog(codes: np.ndarray, overview: Overview, *, average: bool) -> str:
    """Write bytes of shape ``(y, x)`` as a Cloud Optimized GeoTIFF in base64.

    Parameters
    ----------
    codes
        0 is no data.
    overview
        The map they stand for.
    average
        Whether an overview averages its cells, or shows the most frequent byte.
    """
    levels = count_levels(codes.shape)
    # whole cells of the last overview: then every one has exactly half the cells of the one before
    padded = np.pad(codes, [(0, -length % 2**levels) for length in codes.shape])
    west, south, east, north = overview.bounds
    height, width = codes.shape
    profile = {
        "driver": "COG",
        "height": padded.shape[0],
        "width": padded.shape[1],
        "count": 1,
        "dtype": "uint8",
        "nodata": 0,
        "crs": overview.crs,
        "transform": from_bounds(west, south, east, north, width, height),
        "blocksize": TILE,
        "compress": "deflate",
        "level": 9,
        # neighbours of an average are alike, those of a code are equal
        "predictor": "yes" if average else "no",
        "overview_resampling": "average" if average else "mode",
    }
    profile |= {"overview_count": levels} if levels else {"overviews": "none"}
    with MemoryFile() as memory:
        with memory.open(**profile) as sink:
            sink.write(padded, 1)
        return base64.b64encode(memory.read()).decode("ascii")
