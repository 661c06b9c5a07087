"""Inventories: mapped landslides read from what people have, cleaned, and kept in one form.

An inventory is a GeoDataFrame with the columns ``id`` (text), ``date`` (ISO text: year, or day;
missing where unknown) and ``geometry`` (points, patches of points, or polygons).
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
import xarray as xr
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from landshift.footprints import Footprints
from landshift.raster import unfinished

SOURCE_QUANTILE = 0.8
"""Quantile of elevation within a landslide at which its source area is taken [1]."""
FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""Time of change written into every GeoPackage, so that equal content gives equal bytes."""

NO_DATE = "1899-12-30"
"""Day zero of spreadsheets and desktop databases, which export an empty date as this day."""

Value = str | float | int | bool


def read_inventory(
    path: str | Path,
    *,
    crs: str | None = None,
    x: str | None = None,
    y: str | None = None,
    label: str | None = None,
    presence: Value | Sequence[Value] | None = None,
    date: str | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Read mapped landslides, and listed absences where the file has them.

    Parameters
    ----------
    path
        CSV with points, or GeoPackage, GeoJSON, shapefile or GeoParquet with points or polygons.
    crs
        CRS of the coordinates; required where the file states none.
    x, y
        Columns of a CSV that hold the coordinates, by default ``x`` and ``y`` in any case.
    label
        Column that tells landslides from absences; None takes every row as a landslide.
    presence
        Value or values of `label` that mean a landslide; all other rows are absences.
    date
        Column of dates or years; zero and empty mean unknown.

    Returns
    -------
    landslides : geopandas.GeoDataFrame
        Columns ``id`` (row of the file, from 1), ``date`` and ``geometry``, in the file's CRS.
    absences : geopandas.GeoDataFrame or None
        The same for the absences; None without `label`.

    Raises
    ------
    ValueError
        If the file cannot be read, a column or the CRS is missing or contradicted, a coordinate
        is no number, a date cannot be understood, or no row is a landslide.
    """
    path = Path(path)
    table = _read_table(path, x, y) if path.suffix.lower() == ".csv" else _read_vector(path)
    table = table.set_crs(_resolve_crs(path, table.crs, crs), allow_override=True)
    inventory = gpd.GeoDataFrame(
        {"id": pd.Series([str(row + 1) for row in range(len(table))], dtype="str")},
        geometry=gpd.GeoSeries(shapely.force_2d(table.geometry.array), crs=table.crs),
    )
    dates = [None] * len(table) if date is None else _parse_dates(path, table, date)
    inventory.insert(1, "date", pd.Series(dates, dtype="str"))
    if label is None:
        if presence is not None:
            raise ValueError(
                f"{path}: presence is {presence!r} but label is missing; name its column"
            )
        landslides, absences = inventory, None
    else:
        failed = _find_presences(path, table, label, presence)
        landslides = inventory[failed].reset_index(drop=True)
        absences = inventory[~failed].reset_index(drop=True)
    if landslides.empty:
        raise ValueError(f"{path}: the inventory holds no landslide")
    return landslides, absences


def clean_inventory(
    landslides: gpd.GeoDataFrame,
    elevation: xr.DataArray,
    *,
    merge_m: float = 0.0,
    origin: str = "inventory",
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Bring an inventory into a region and drop what cannot be used, with counts.

    Parameters
    ----------
    landslides
        As from `read_inventory`, in any CRS.
    elevation
        Elevation on the region's grid [m], NaN as no data.
    merge_m
        Points at most this far apart are one landslide, kept as a patch of points [m]: for
        inventories that were made from a raster. 0 merges nothing.
    origin
        How errors name the inventory.

    Returns
    -------
    landslides : geopandas.GeoDataFrame
        Columns ``id``, ``date``, ``geometry``, in the region's CRS; polygons are made valid.
    counts : dict
        Number of landslides ``read``, ``no_geometry``, ``not_point_or_polygon``, ``duplicate``,
        ``outside`` (the region), ``no_data`` (in the elevation), ``merged`` (into another) and
        ``kept``.

    Raises
    ------
    ValueError
        If nothing is left.
    """
    counts = {"read": len(landslides)}
    kept = landslides.to_crs(elevation.odc.crs.to_wkt())
    kept = kept.set_geometry(_make_valid(kept.geometry))

    def drop(reason: str, wrong: np.ndarray) -> None:
        nonlocal kept
        counts[reason] = int(wrong.sum())
        kept = kept[~wrong]

    drop("no_geometry", np.asarray(kept.is_empty) | shapely.is_missing(kept.geometry.array))
    kinds = ("Point", "MultiPoint", "Polygon", "MultiPolygon")
    drop("not_point_or_polygon", ~np.isin(kept.geom_type, kinds))
    drop("duplicate", np.asarray(shapely.normalize(kept.geometry).to_wkb().duplicated()))
    # Not `intersects` the box: a point on the eastern or southern edge lies in no cell.
    grid = Footprints(elevation)
    drop("outside", np.array([not grid.touches(shape) for shape in kept.geometry], bool))
    drop("no_data", np.array([len(grid.find_cells(shape)) == 0 for shape in kept.geometry], bool))
    if kept.empty:
        raise ValueError(_explain_empty(origin, counts, landslides, elevation))
    merged = _merge_points(kept, merge_m) if merge_m > 0 else kept
    counts["merged"] = len(kept) - len(merged)
    counts["kept"] = len(merged)
    return merged.reset_index(drop=True)[["id", "date", "geometry"]], counts


def source_points(landslides: gpd.GeoDataFrame, elevation: xr.DataArray) -> gpd.GeoDataFrame:
    """Return one point per landslide where it began.

    A point stands for itself. Of a polygon or a patch of points, it is the centre of the cell
    whose elevation is nearest to the 80 % quantile of the elevation within: the source lies
    high, but the very top of a mapped landslide is often its crown or a digitizing error.

    Parameters
    ----------
    landslides
        As from `clean_inventory`, in the CRS of `elevation`.
    elevation
        Elevation on the region's grid [m].

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``id``, ``date``, ``geometry`` (points), in the order of `landslides`.

    Raises
    ------
    ValueError
        If a landslide lies on no cell with data.
    """
    grid = Footprints(elevation)
    points = [
        shape if shape.geom_type == "Point" else _find_source(grid, name, shape)
        for name, shape in zip(landslides["id"], landslides.geometry, strict=True)
    ]
    return landslides[["id", "date"]].set_geometry(
        gpd.GeoSeries(points, landslides.index), crs=landslides.crs
    )


def write_inventory(
    path: str | Path, landslides: gpd.GeoDataFrame, absences: gpd.GeoDataFrame | None = None
) -> None:
    """Write a GeoPackage with the layers ``landslides`` and, if given, ``absences``.

    Equal content gives equal bytes.

    Raises
    ------
    ValueError
        If there is no landslide.
    """
    if landslides.empty:
        raise ValueError(f"{path}: the inventory holds no landslide")
    layers = {"landslides": landslides}
    layers |= {} if absences is None or absences.empty else {"absences": absences}
    write_geopackage(path, layers)


def write_geopackage(path: str | Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write tables as the layers of a GeoPackage; equal content gives equal bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        with unfinished(path) as partial:
            for index, (name, layer) in enumerate(layers.items()):
                pyogrio.write_dataframe(layer, partial, layer=name, driver="GPKG", append=index > 0)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def load_inventory(path: str | Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Load what `write_inventory` wrote: landslides, and absences or None."""
    layers = {str(name) for name, _ in pyogrio.list_layers(path)}
    if "landslides" not in layers:
        raise ValueError(f"{path}: no layer landslides, only {sorted(layers)}")
    landslides = _load_layer(path, "landslides")
    return landslides, _load_layer(path, "absences") if "absences" in layers else None


def _load_layer(path: str | Path, name: str) -> gpd.GeoDataFrame:
    layer = pyogrio.read_dataframe(path, layer=name)
    # A column of missing dates only comes back without a type.
    return layer.astype({"id": "str", "date": "str"})


def _read_table(path: Path, x: str | None, y: str | None) -> gpd.GeoDataFrame:
    try:
        table = pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: no CSV table with a header in UTF-8 ({error})") from error
    coordinates = []
    for key, column in (("x", x), ("y", y)):
        named = [name for name in table if name == column]
        named = named or [name for name in table if column is None and str(name).lower() == key]
        if len(named) != 1:
            asked = f"column {column!r} ({key})" if column else f"a column {key}"
            raise ValueError(
                f"{path}: {asked} is not there; name the columns of the coordinates with x and y,"
                f" out of {list(table)}"
            )
        values = pd.to_numeric(table[named[0]], errors="coerce")
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(
                f"{path}: {named[0]} in row {row + 1} is {table[named[0]].iloc[row]}, no number;"
                " correct or remove the row"
            )
        coordinates.append(values)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(*coordinates))


def _read_vector(path: Path) -> gpd.GeoDataFrame:
    if not path.is_file():
        raise FileNotFoundError(f"inventory {path} does not exist; correct the path")
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        return gpd.read_parquet(path)
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        if len(layers) > 1 and "landslides" not in layers:
            raise ValueError(f"{path}: has the layers {layers}; name one of them landslides")
        table = pyogrio.read_dataframe(path, layer="landslides" if len(layers) > 1 else layers[0])
    except pyogrio.errors.DataSourceError as error:
        raise ValueError(
            f"{path}: no inventory that can be read; give CSV, GeoPackage, GeoJSON, shapefile"
            f" (with .shx, .dbf, .prj beside it) or GeoParquet ({error})"
        ) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise ValueError(f"{path}: has no geometry; a table of coordinates must be a CSV")
    return table


def _resolve_crs(path: Path, own: pyproj.CRS | None, stated: str | None) -> pyproj.CRS:
    if stated is None:
        if own is None:
            raise ValueError(f"{path}: states no CRS; give the inventory's crs, such as EPSG:32717")
        return own
    try:
        wanted = pyproj.CRS.from_user_input(stated)
    except pyproj.exceptions.CRSError as error:
        raise ValueError(f"{path}: crs {stated} is unknown; give one such as EPSG:32717") from error
    same = own is None or own.equals(wanted, ignore_axis_order=True)
    if not same and (own.to_epsg() is None or own.to_epsg() != wanted.to_epsg()):
        raise ValueError(
            f"{path}: its own CRS is {own.to_string()[:60]}, but crs says {stated}; remove crs if"
            " the file is right, else correct the file"
        )
    return wanted if own is None else own


def _find_presences(
    path: Path, table: pd.DataFrame, label: str, presence: Value | Sequence[Value] | None
) -> np.ndarray:
    if presence is None:
        raise ValueError(
            f"{path}: label is {label} but presence is missing; state which values are landslides"
        )
    labels = _column(path, table, label, "label")
    if labels.isna().any():
        raise ValueError(
            f"{path}: {label} is empty in {int(labels.isna().sum())} rows; fill or remove them"
        )
    several = isinstance(presence, Sequence) and not isinstance(presence, str)
    wanted = {_normalise(value) for value in (presence if several else [presence])}
    failed = labels.map(_normalise).isin(wanted).to_numpy(dtype=bool)
    if not failed.any():
        found = sorted(labels.map(str).unique())[:10]
        raise ValueError(f"{path}: no {label} is {presence!r}; its values are {found}")
    return failed


def _normalise(value: Value) -> str:
    # 1, 1.0, true and "TRUE" are one answer written by different programs.
    text = str(value).strip().lower()
    text = {"true": "1", "false": "0"}.get(text, text)
    return re.sub(r"\.0+$", "", text)


def _column(path: Path, table: pd.DataFrame, name: str, key: str) -> pd.Series:
    if name not in table or name == "geometry":
        columns = [column for column in table if column != "geometry"]
        raise ValueError(f"{path}: {key} names the column {name!r}, but there are {columns}")
    return table[name]


def _parse_dates(path: Path, table: pd.DataFrame, name: str) -> list[str | None]:
    values = _column(path, table, name, "date")
    return [_parse_date(path, name, row, value) for row, value in enumerate(values, start=1)]


def _parse_date(path: Path, name: str, row: int, value: object) -> str | None:
    text = re.sub(r"\.0$", "", "" if pd.isna(value) else str(value).strip())
    if text in ("", "0") or text.startswith(NO_DATE):
        return None
    wrong = f"{path}: {name} in row {row} is {value!r}; write dates as 2015 or 2015-08-31"
    if re.fullmatch(r"\d{4}", text):
        if not 1500 <= int(text) <= 2200:
            raise ValueError(wrong)
        return text
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(wrong)
    try:
        return pd.Timestamp(text).date().isoformat()
    except ValueError as error:
        raise ValueError(wrong) from error


def _make_valid(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    broken = ~(shapes.is_valid | shapely.is_missing(shapes.array))
    if not broken.any():
        return shapes
    repaired = shapes.copy()
    # A repaired bow-tie may hold a stray line beside its polygons; only areas are landslides.
    repaired[broken] = shapes[broken].make_valid(method="structure", keep_collapsed=False)
    return repaired


def _explain_empty(
    origin: str,
    counts: Mapping[str, int],
    landslides: gpd.GeoDataFrame,
    elevation: xr.DataArray,
) -> str:
    reasons = {key: count for key, count in counts.items() if count and key != "read"}
    message = f"{origin}: none of {counts['read']} landslides is left ({reasons})"
    if not counts.get("outside"):
        return message
    bounds = [round(float(edge), 4) for edge in landslides.total_bounds]
    grid = Footprints(elevation)
    return (
        f"{message}; they span {bounds} in {landslides.crs.to_string()[:60]}, the region"
        f" {grid.bounds} in {elevation.odc.crs}; check the CRS and whether x and y are swapped"
    )


def _find_source(grid: Footprints, name: str, shape: shapely.Geometry) -> shapely.Point:
    cells = grid.find_cells(shape)
    if len(cells) == 0:
        raise ValueError(
            f"landslide {name} lies on no cell with elevation; clean the inventory with the"
            " region's own elevation first"
        )
    heights = grid.values_at(cells)
    nearest = np.argmin(np.abs(heights - np.quantile(heights, SOURCE_QUANTILE)))
    return grid.centre_of(cells[nearest])


def _merge_points(landslides: gpd.GeoDataFrame, distance_m: float) -> gpd.GeoDataFrame:
    """Join points into patches; the first of each gives id and date."""
    single = np.asarray(landslides.geom_type == "Point")
    points = landslides[single]
    pairs = KDTree(points.get_coordinates()).query_pairs(distance_m, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    _, patch = connected_components(links, directed=False)
    order = np.arange(len(landslides))[single]
    leaders, shapes = [], []
    for number in np.unique(patch):
        members = np.flatnonzero(patch == number)
        leaders.append(order[members[0]])
        shape = points.geometry.iloc[members]
        shapes.append(shape.iloc[0] if len(members) == 1 else shapely.MultiPoint(list(shape)))
    others = np.flatnonzero(~single)
    merged = landslides.iloc[[*leaders, *others]]
    merged = merged.set_geometry(
        gpd.GeoSeries([*shapes, *landslides.geometry.iloc[others]], merged.index, crs=merged.crs)
    )
    return merged.iloc[np.argsort([*leaders, *others])]
