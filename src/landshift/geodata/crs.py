"""Coordinate reference systems that files of others state."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pyproj


def check_crs(path: str | Path, crs: Any) -> None:
    """Check that the CRS of a file says where on the Earth it lies.

    Parameters
    ----------
    path
        The file, for the message.
    crs
        Its CRS, as rasterio, pyproj or odc-geo have it.

    Raises
    ------
    ValueError
        If it is neither projected nor geographic, or PROJ finds no way from it to WGS 84.
    """
    if not _is_placed(crs.to_wkt()):
        raise ValueError(
            f"{path}: its CRS leads to no place on the Earth, so nobody knows where it lies; "
            "state the right one, such as with rio edit-info --crs EPSG:32643"
        )


@lru_cache(maxsize=64)
def _is_placed(wkt: str) -> bool:
    try:
        crs = pyproj.CRS(wkt)
        pyproj.Transformer.from_crs(crs, 4326)
    except pyproj.exceptions.ProjError:  # CRSError is one
        return False
    return crs.is_projected or crs.is_geographic
