"""What all adapters share: arguments, plain GeoTIFF in and out, and the closing report."""

import json
import sys
import time
from pathlib import Path

import numpy as np

STREAM_AREA_M2 = 1.0e5
"""Least catchment of a stream [m2], the threshold of `landshift.factors.drainage.derive`."""


class Report:
    """Names of what was derived, and seconds by step."""

    def __init__(self) -> None:
        self.attributes: list[str] = []
        self.steps: dict[str, float] = {}
        self._last = time.perf_counter()

    def finish_step(self, name: str) -> None:
        """Book the time since the last step under `name`."""
        now = time.perf_counter()
        self.steps[name] = round(now - self._last, 3)
        self._last = now

    def print(self) -> None:
        """Print the line that `measure.run_measured` reads."""
        print(json.dumps({"attributes": self.attributes, "steps": self.steps}))


def read_paths() -> tuple[Path, Path]:
    """Return DEM and output folder from the command line."""
    return Path(sys.argv[1]), Path(sys.argv[2])


def read_dem(path: Path) -> tuple[np.ndarray, dict]:
    """Read elevation [m] as float32 with NaN as no data, and the profile of a plain GeoTIFF."""
    import rasterio

    with rasterio.open(path) as source:
        elevation = source.read(1).astype(np.float32)
        if source.nodata is not None and not np.isnan(source.nodata):
            elevation[elevation == np.float32(source.nodata)] = np.nan
        profile = {
            "driver": "GTiff",
            "height": source.height,
            "width": source.width,
            "count": 1,
            "crs": source.crs,
            "transform": source.transform,
        }
    return elevation, profile


def write_band(folder: Path, name: str, values: np.ndarray, profile: dict) -> None:
    """Write one raster as uncompressed float32 GeoTIFF."""
    import rasterio

    with rasterio.open(
        folder / f"{name}.tif", "w", **profile, dtype="float32", nodata=np.nan
    ) as sink:
        sink.write(values.astype(np.float32, copy=False), 1)
