"""Boxes in degrees around what is mapped in metres."""

from collections.abc import Sequence
from pathlib import Path

from rasterio.warp import transform_bounds

from landshift.geodata.opening import open_dataset


def turn_to_degrees(bounds: Sequence[float], crs: str) -> tuple[float, float, float, float]:
    """Find west, south, east and north [degree, WGS 84] of bounds in metres of some CRS.

    Examples
    --------
    >>> box = turn_to_degrees((500000, 5000000, 501000, 5001000), "EPSG:32632")
    >>> [round(edge, 3) for edge in box]
    [9.0, 45.153, 9.013, 45.162]
    """
    return transform_bounds(crs, "EPSG:4326", *map(float, bounds))


def find_degrees(raster: str | Path) -> tuple[float, float, float, float]:
    """Find the box of a raster by its header.

    Raises
    ------
    ValueError
        If it states no CRS.
    OSError
        If it cannot be read.
    """
    with open_dataset(raster) as dataset:
        if dataset.crs is None:
            raise ValueError(f"{raster}: states no CRS")
        return turn_to_degrees(dataset.bounds, dataset.crs.to_wkt())
