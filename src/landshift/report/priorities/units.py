"""Where to act first: units of land ranked by the susceptible area and what stands on it.

A cell belongs to a unit if its centre lies inside, as in most zonal statistics; a unit between
all centres of cells has no area on the map.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from landshift.geodata.cells import read_cells, sample_points
from landshift.geodata.vectors import read_shapes

SUSCEPTIBLE_FROM = 4
"""Lowest class that counts as susceptible: high."""

HIGHEST = 5
"""The class whose area decides between units of equal susceptible area: very high."""

_log = logging.getLogger(__name__)


def read_units(path: str | Path, name: str, crs: str) -> gpd.GeoDataFrame:
    """Read the units to rank; features that are no polygons are left out.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, shapefile or GeoParquet with polygons.
    name
        Column that names a unit. A unit without a name there is named by its row, from 1.
    crs
        CRS of the result.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name`` and ``geometry``.

    Raises
    ------
    ValueError
        If the file cannot be read, states no CRS, or has no such column or no polygon.
    """
    shapes = read_shapes(path, "units", crs)
    columns = shapes.columns.drop(shapes.geometry.name)
    if name not in columns:
        raise ValueError(
            f"{path}: has no column {name!r} to name the units by; set priorities.units.name to "
            f"one of {', '.join(columns) or 'its columns, once it has some'}"
        )
    units = gpd.GeoDataFrame({"name": _fill_names(shapes[name])}, geometry=shapes.geometry)
    areas = units.geom_type.isin(("Polygon", "MultiPolygon"))
    if not areas.any():
        raise ValueError(
            f"{path}: holds no polygon to rank; give areas, such as communes, or remove "
            "priorities.units to rank squares"
        )
    if not areas.all():
        _log.warning("%s: %d features are no polygons and are left out", path, (~areas).sum())
    return units[areas].reset_index(drop=True)


def _fill_names(names: pd.Series) -> pd.Series:
    empty = names.isna() | (names.astype(str).str.strip() == "")
    if not empty.any():
        return names
    # numbers became floats where one was missing
    texts = names.convert_dtypes().astype(str)
    return texts.mask(empty, np.array([f"row {row + 1}" for row in names.index]))


def make_grid(grid: GeoBox, edge_m: float) -> gpd.GeoDataFrame:
    """Divide a region into squares; their edges lie on multiples of the edge.

    Parameters
    ----------
    grid
        Grid of the region.
    edge_m
        Edge of a square [m].

    Returns
    -------
    geopandas.GeoDataFrame
        ``name``, the south-west corner as ``E{km} N{km}``, and ``geometry``.
    """
    box = grid.boundingbox
    lefts, bottoms = (
        np.arange(np.floor(low / edge_m), np.ceil(high / edge_m)) * edge_m
        for low, high in ((box.left, box.right), (box.bottom, box.top))
    )
    left, bottom = (each.ravel() for each in np.meshgrid(lefts, bottoms))
    names = [f"E{x / 1000:g} N{y / 1000:g}" for x, y in zip(left, bottom, strict=True)]
    squares = shapely.box(left, bottom, left + edge_m, bottom + edge_m)
    return gpd.GeoDataFrame({"name": names}, geometry=squares, crs=str(grid.crs))


def rank_units(
    classes: xr.DataArray,
    units: gpd.GeoDataFrame,
    exposure: Mapping[str, gpd.GeoDataFrame],
    *,
    susceptible_from: int = SUSCEPTIBLE_FROM,
) -> gpd.GeoDataFrame:
    """Rank units by their susceptible area, and by what is exposed on it.

    Parameters
    ----------
    classes
        Susceptibility classes 1 to 5 of dimensions ``(y, x)``, 0 no data, eager or dask-backed.
    units
        Polygons with a column ``name``, in any CRS. Those without a mapped cell are left out.
        Where units overlap, what lies inside several counts in each; a point on their edges and
        inside none counts once, in the first of them.
    exposure
        Result of `landshift.report.priorities.exposure.read_exposure` by name.
    susceptible_from
        Lowest class that counts as susceptible.

    Returns
    -------
    geopandas.GeoDataFrame
        In the CRS of the map, most susceptible area first, and of equal ones that with the larger
        area of class `HIGHEST`: ``rank``, ``tied`` (further units of the same rank, equal in both),
        ``name``, ``area_km2`` (on the map), ``susceptible_km2``, ``very_high_km2``,
        ``susceptible_share`` [1], and for each kind of exposure its amount ``{name}``, that on
        susceptible cells ``{name}_susceptible``, and the rank by it ``{name}_rank``, which equal
        amounts share. Without rows, and with a warning, if no unit has a cell of the map.
    """
    placed = units[["name", "geometry"]].to_crs(str(classes.odc.crs)).reset_index(drop=True)
    cell_km2 = float(np.prod(np.abs(classes.odc.geobox.resolution.xy))) / 1e6
    least = (1, susceptible_from, HIGHEST)
    counts = np.array([_count_cells(classes, shape, least) for shape in placed.geometry])
    counts = counts.reshape(len(placed), len(least))
    mapped = counts[:, 0] > 0
    if not mapped.any():
        _log.warning(
            "none of the %d units has a cell of the map, so that none is ranked; if some should, "
            "check their CRS and place",
            len(units),
        )
    table = placed[mapped].reset_index(drop=True)
    table["area_km2"] = counts[mapped, 0] * cell_km2
    table["susceptible_km2"] = counts[mapped, 1] * cell_km2
    table["very_high_km2"] = counts[mapped, 2] * cell_km2
    table["susceptible_share"] = counts[mapped, 1] / counts[mapped, 0]
    for name, points in exposure.items():
        table[name], table[f"{name}_susceptible"] = _add_up(
            classes, table, points, susceptible_from
        )
        table[f"{name}_rank"] = _rank(table[f"{name}_susceptible"])
    steps = table.groupby(["susceptible_km2", "very_high_km2"]).ngroup()
    table.insert(0, "rank", _rank(steps))
    table.insert(1, "tied", steps.map(steps.value_counts()).astype(int) - 1)
    table = table.sort_values(["rank", "name"], kind="stable").reset_index(drop=True)
    return table[[*table.columns.drop("geometry"), "geometry"]]


def _count_cells(classes, shape, least: tuple[int, ...]) -> tuple[int, ...]:
    """Count the cells of a unit from each of some classes upwards."""
    found = read_cells(classes, shape)
    if found is None:
        return (0,) * len(least)
    values, inside, _ = found
    return tuple(int((inside & (values >= code)).sum()) for code in least)


def _add_up(classes, units, points, susceptible_from) -> tuple[np.ndarray, np.ndarray]:
    """Add up the amounts in each unit: all of them, and those on susceptible cells."""
    codes = sample_points(classes, points)
    unit, point = _pair(units.geometry.to_numpy(), points.geometry.to_numpy())
    amounts = points["amount"].to_numpy(float)
    totals = [
        np.bincount(unit, np.where(counted, amounts, 0)[point], len(units))
        for counted in (True, codes >= susceptible_from)
    ]
    return totals[0], totals[1]


def _pair(units: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Pair units and the points in them, shape ``(2, pairs)``."""
    tree = shapely.STRtree(points)
    inside = tree.query(units, predicate="contains")
    touched = tree.query(units, predicate="intersects")
    edge = touched[:, ~np.isin(touched[1], inside[1])]
    _, first = np.unique(edge[1], return_index=True)
    return np.concatenate([inside, edge[:, first]], axis=1)


def _rank(values: pd.Series) -> pd.Series:
    return values.rank(ascending=False, method="min").astype(int)
