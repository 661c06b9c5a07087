"""Vector files of the user, read in one way whatever they hold."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow
import pyogrio
import pyproj
import shapely
from odc.geo.geobox import GeoBox
from shapely import box

from landshift.geodata.crs import check_crs, find_shift
from landshift.geodata.geojson import check_stated_crs
from landshift.geodata.plain_names import plain_name

_log = logging.getLogger("landshift.geodata")

FARTHEST_M = 100_000.0
"""Lines farther from a region than this belong to another one [m]."""


def read_lines(
    path: str | Path, region: GeoBox, *, notes: list[str] | None = None
) -> gpd.GeoDataFrame:
    """Read a layer of lines into the CRS of a region.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile or GeoParquet.
    region
        Grid of the region.
    notes
        As for `read_shapes`.

    Returns
    -------
    geopandas.GeoDataFrame
        All features with a geometry, in the CRS of the region.

    Raises
    ------
    ValueError
        If the file cannot be read, states no CRS, holds no geometry, or lies far from the region.
    """
    lines = read_shapes(path, "lines", region.crs.to_wkt(), notes=notes).reset_index(drop=True)
    distance_m = box(*lines.total_bounds).distance(box(*region.boundingbox.bbox))
    # Not `>`: without a line that the CRS can hold, the distance is NaN.
    if not distance_m <= FARTHEST_M:
        raise ValueError(
            f"{path}: lies {distance_m / 1000:.0f} km from the region; check its CRS, or "
            "remove the layer"
        )
    return lines


FORMATS = "GeoPackage, GeoJSON, shapefile (with .shx, .dbf, .prj next to it) or GeoParquet"
"""Formats that are read, in the words of an error."""

PARQUET = (".parquet", ".geoparquet")
"""Endings of GeoParquet."""

# What geopandas, pyogrio and pyarrow raise on a file that is none, is cut, or holds no geometry.
_UNREADABLE = (
    ValueError,
    OSError,
    TypeError,
    LookupError,
    AttributeError,
    pyarrow.ArrowException,
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pyproj.exceptions.CRSError,
    shapely.errors.GEOSException,
)


def read_vector(
    path: str | Path, what: str, *, formats: str = FORMATS, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read a vector file as it is, with or without a CRS.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile or GeoParquet.
    what
        What it holds, in the words of an error, such as ``"lines"``.
    formats
        Formats that the user may choose from.
    layer
        Of several layers the one to read; None reads the first one.

    Raises
    ------
    ValueError
        If it cannot be read, has no geometry, or has several layers and none of that name.
    """
    path = Path(path)
    check_stated_crs(path)
    with _explain_unreadable(path, what, formats):
        if path.suffix.lower() in PARQUET:
            return gpd.read_parquet(path)
        with plain_name(path) as place:
            names = [str(name) for name, _ in pyogrio.list_layers(place)] if layer else []
    if layer and not names:
        raise ValueError(f"{path}: holds no layer; give {formats}")
    if len(names) > 1 and layer not in names:
        raise ValueError(f"{path}: has the layers {names}; name one of them {layer}")
    with _explain_unreadable(path, what, formats), plain_name(path) as place:
        table = pyogrio.read_dataframe(place, layer=layer if len(names) > 1 else None)
    if not isinstance(table, gpd.GeoDataFrame):
        raise ValueError(f"{path}: has no geometry; give {formats}")
    return table


def read_shapes(
    path: str | Path, what: str, crs: str, *, notes: list[str] | None = None
) -> gpd.GeoDataFrame:
    """Read the features of a vector file that have a geometry, in a CRS.

    Parameters
    ----------
    path, what
        As for `read_vector`.
    crs
        CRS of the result. What it cannot hold, on the other side of the Earth, is left out.
    notes
        Receives a sentence where nobody knows how well positions are brought there; None warns
        in the log.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by the row in the file, from 0.

    Raises
    ------
    ValueError
        If the file cannot be read, holds no geometry, or states no CRS, or one that leads nowhere.
    """
    shapes = read_vector(path, what).reset_index(drop=True)
    shapes = shapes[~(shapes.geometry.isna() | shapes.geometry.is_empty)]
    if shapes.empty:
        raise ValueError(
            f"{path}: holds no {what}; give a file with some, or remove it from the configuration"
        )
    if shapes.crs is None:
        raise ValueError(f"{path}: states no CRS; put the .prj next to it, or state it in the file")
    check_crs(path, shapes.crs)
    shift = find_shift(shapes.crs, pyproj.CRS(crs), shapes.total_bounds)
    if shift and (sentence := shift.describe()):
        if notes is None:
            _log.warning("%s: %s", path, sentence)
        else:
            notes.append(f"{path}: {sentence}")
    placed = shapes.to_crs(crs)
    return placed[np.isfinite(placed.bounds).all(axis=1)]


@contextmanager
def _explain_unreadable(path: Path, what: str, formats: str) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"{path}: no {what} that can be read; give {formats} ({reason})"
        ) from error
