"""Vector files of the user, read in one way whatever they hold."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow
import pyogrio
import pyproj
import shapely
from odc.geo.geobox import GeoBox
from shapely import box

from landshift.geodata.crs import check_crs, find_shift
from landshift.geodata.documents import DOCUMENTS, check_document
from landshift.geodata.geojson import check_stated_crs, is_sequence
from landshift.geodata.impostors import refuse_impostor
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

NO_PLACE = -1e38
"""Numbers below this mean "no data" in a shapefile."""

_log = logging.getLogger("landshift.geodata.vectors")

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
    path: str | Path,
    what: str,
    *,
    formats: str = FORMATS,
    layer: str | None = None,
    usual: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Read a vector file as it is, with or without a CRS.

    Layers without geometry or without features are passed over. The folders of a KML are read
    together, the column ``folder`` names them; of a GPX the waypoints count.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile, GeoParquet or what else GDAL reads.
    what
        What it holds, in the words of an error, such as ``"lines"``.
    formats
        Formats that the user may choose from.
    layer
        Of several layers the one to read.
    usual
        Names of layers that are read without being stated, where there are several.

    Returns
    -------
    geopandas.GeoDataFrame
        Dates with a time are text, in the zone of the file. What ESRI writes for an empty
        point, numbers below -1e38, is no geometry.

    Raises
    ------
    ValueError
        If it cannot be read, has no geometry, or has several layers and none of that name.
    """
    path = Path(path)
    refuse_impostor(path, what)
    check_stated_crs(path)
    with _explain_unreadable(path, what, formats):
        if path.suffix.lower() in PARQUET:
            return _empty_lost_places(gpd.read_parquet(path))
    with _open(path) as place:
        with _explain_unreadable(path, what, formats):
            found = [(str(name), kind) for name, kind in pyogrio.list_layers(place)]
            spatial = {number: name for number, (name, kind) in enumerate(found) if kind}
            filled = [number for number in spatial if _count(place, number)]
        if not found:
            raise ValueError(f"{path}: holds no layer; give {formats}")
        if not spatial:
            raise ValueError(f"{path}: has no geometry; give {formats}")
        names = {number: spatial[number] for number in filled or spatial}
        if len(found) > 1:
            names = _choose_layers(path, names, found, layer, usual)
        with _explain_unreadable(path, what, formats):
            return _empty_lost_places(_read_layers(place, names))


def _count(place: str | Path, layer: int) -> int:
    return pyogrio.read_info(place, layer=layer, force_feature_count=True)["features"]


def _read_layers(place: str | Path, names: dict[int, str]) -> gpd.GeoDataFrame:
    tables = [
        # text keeps the day where the landslide was, whatever the zone
        pyogrio.read_dataframe(place, layer=number, datetime_as_string=True)
        for number in names
    ]
    if len(tables) == 1:
        return tables[0]
    folders = [
        table.assign(folder=name) for table, name in zip(tables, names.values(), strict=True)
    ]
    return pd.concat(folders, ignore_index=True)


def _choose_layers(
    path: Path,
    names: dict[int, str],
    found: list[tuple[str, str | None]],
    layer: str | None,
    usual: Sequence[str],
) -> dict[int, str]:
    """Choose which of several layers are read."""
    if layer is not None:
        chosen = {number: name for number, (name, _) in enumerate(found) if name == layer}
        if not chosen:
            raise ValueError(
                f"{path}: layer is {layer!r}, but there are {[name for name, _ in found]}"
            )
        return chosen
    suffix = path.suffix.lower()
    if suffix in (".kml", ".kmz") or len(names) == 1:
        chosen = names
    else:
        wanted = ("waypoints",) if suffix == ".gpx" else usual
        chosen = {number: name for number, name in names.items() if name in wanted}
    if len(chosen) != 1 and chosen != names:
        remedy = "name one of them by layer" if usual else "keep one of them in the file"
        raise ValueError(f"{path}: has the layers {list(names.values())}; {remedy}")
    left = [name for number, (name, _) in enumerate(found) if number not in chosen]
    _log.info("%s: layers read: %s; left out: %s", path, [*chosen.values()], left)
    return chosen


def _empty_lost_places(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make a geometry with a number below -1e38, which ESRI calls no data, a missing one."""
    places, owners = shapely.get_coordinates(table.geometry.array, return_index=True)
    lost = owners[(places < NO_PLACE).any(axis=1)]
    if len(lost):
        shapes = table.geometry.to_numpy().copy()
        shapes[lost] = None
        table = table.set_geometry(gpd.GeoSeries(shapes, table.index, crs=table.crs))
    return table


@contextmanager
def _open(path: Path) -> Iterator[str | Path]:
    """Yield what GDAL opens for a file: its path, or one that stands for it."""
    if path.is_file() and path.suffix.lower() in DOCUMENTS:
        check_document(path)
    with plain_name(path) as place:
        yield f"GeoJSONSeq:{place}" if is_sequence(path) else place


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
        reason = (str(error).splitlines() or [type(error).__name__])[0].partition("; It might")[0]
        raise ValueError(
            f"{path}: no {what} that can be read; give {formats} ({reason})"
        ) from error
