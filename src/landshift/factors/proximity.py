"""Distances to mapped lines, and how dense they are: faults, roads, rivers.

Distances are Euclidean and exact, from the centre of a cell to the nearest point of a line, not to
the nearest cell of a drawn line. The grid is worked through in tiles: the distance from the centre
of a tile bounds which line segments can be nearest to any of its cells, and only those few are
compared cell by cell. Densities are exact as well: each segment is cut by the circle around each
cell within reach, and its length inside is counted.
"""

import logging
import math
from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from numba import njit
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.factors.table import (
    DENSITY_RADIUS_M,
    DISTANCE_CAP_M,
    Factor,
    line_density,
    line_distance,
)
from landshift.geodata.grids import check_metric

_TILE = 16
"""Edge of a tile that shares its candidate segments [cells]."""

log = logging.getLogger(__name__)


def derive_proximity_factors(
    lines: Mapping[str, gpd.GeoDataFrame], geobox: GeoBox, *, mask: xr.DataArray | None = None
) -> xr.Dataset:
    """Derive the distance to each layer of mapped lines, and the density of the lines.

    Parameters
    ----------
    lines
        Lines or points in any CRS by the name of their layer, such as ``faults``; they should
        reach `landshift.factors.table.DISTANCE_CAP_M` beyond the grid.
    geobox
        The region's grid, in a projected CRS in metres.
    mask
        Raster on that grid, such as its elevation model: the factors have no data where it is NaN.

    Returns
    -------
    xarray.Dataset
        Two float32 variables per layer, named by `landshift.factors.table.line_distance` and
        `table.line_density`: ``faults`` leads to ``fault_distance`` [m], which ends at
        `table.DISTANCE_CAP_M`, and to ``fault_density`` [km/km2], the length of lines
        within `landshift.factors.table.DENSITY_RADIUS_M` over the area of that disc. Points have no
        length, and a line that is listed twice counts twice.

    Raises
    ------
    ValueError
        If a layer has no CRS, holds polygons, or two layers lead to one factor; if the grid is
        not in metres, or `mask` is on another one.

    Examples
    --------
    >>> grid = GeoBox.from_bbox((0, 0, 90, 60), "EPSG:32632", resolution=30)
    >>> road = shapely.LineString([(15, -100), (15, 100)])
    >>> roads = gpd.GeoDataFrame(geometry=[road], crs="EPSG:32632")
    >>> derive_proximity_factors({"roads": roads}, grid).road_distance.values.round(3)
    array([[ 0., 30., 60.],
           [ 0., 30., 60.]], dtype=float32)
    >>> derive_proximity_factors({"roads": roads}, grid).road_density.values.round(4)[0]
    array([0.0637, 0.0637, 0.0637], dtype=float32)
    """
    _check_grid(geobox, mask)
    variables: dict[str, xr.DataArray] = {}
    for layer, features in lines.items():
        factor = line_distance(layer)
        if factor.name in variables:
            raise ValueError(f"two layers lead to the factor {factor.name}; merge them into one")
        segments = _to_segments(layer, features, geobox)
        measured = (
            (factor, _measure_distance(segments, geobox)),
            (line_density(layer), _measure_density(segments, geobox)),
        )
        for factor, values in measured:
            if mask is not None:
                values[np.isnan(mask.values)] = np.nan
            variables[factor.name] = _wrap(values, geobox, factor)
    return xr.Dataset(variables)


def _check_grid(geobox: GeoBox, mask: xr.DataArray | None) -> None:
    check_metric(geobox.crs, "the grid")
    if mask is not None and mask.odc.geobox != geobox:
        raise ValueError("the mask is not on the region's grid; align it first")


def _wrap(values: np.ndarray, geobox: GeoBox, factor: Factor) -> xr.DataArray:
    wrapped = wrap_xr(values, geobox, nodata=None)
    wrapped.attrs = {"units": factor.units, "long_name": factor.long_name}
    return wrapped.rename(factor.name)


def _to_segments(layer: str, features: gpd.GeoDataFrame, geobox: GeoBox) -> np.ndarray:
    """Cut lines into segments ``(n, 4)``, x and y of both ends; those of points have no length.

    Coordinates are metres east and north of the grid's upper left corner: doubles are finest there.
    """
    if features.crs is None:
        raise ValueError(f"the layer {layer} has no CRS; state it in the file")
    geometries = features.geometry.to_crs(str(geobox.crs)).explode(ignore_index=True)
    geometries = geometries[~(geometries.isna() | geometries.is_empty)]
    kinds = set(geometries.geom_type.unique()) - {"LineString", "LinearRing", "Point"}
    if kinds:
        raise ValueError(
            f"the layer {layer} holds {', '.join(sorted(kinds))}; expected lines or points: "
            "take the centre lines or boundaries"
        )
    coordinates, owners = shapely.get_coordinates(geometries.values, return_index=True)
    coordinates = coordinates - (geobox.transform.c, geobox.transform.f)
    joined = owners[1:] == owners[:-1]
    segments = np.hstack([coordinates[:-1], coordinates[1:]])[joined]
    points = coordinates[(geometries.geom_type == "Point").to_numpy()[owners]]
    return np.vstack([segments, np.hstack([points, points])])


def _measure_distance(segments: np.ndarray, geobox: GeoBox) -> np.ndarray:
    """Distance [m] of every cell to the nearest segment, capped."""
    distance = np.full(geobox.shape, DISTANCE_CAP_M, np.float32)
    candidates = list(_find_candidates(segments, geobox))
    if not candidates:
        log.warning("no line comes within %g m of the grid", DISTANCE_CAP_M)
    width_m, height_m = geobox.transform.a, geobox.transform.e
    for row, column, nearby in candidates:
        tile = distance[row : row + _TILE, column : column + _TILE]
        _measure_tile(
            tile, nearby, (column + 0.5) * width_m, (row + 0.5) * height_m, width_m, height_m
        )
    return distance


def _measure_density(segments: np.ndarray, geobox: GeoBox) -> np.ndarray:
    """Length of the segments within `DENSITY_RADIUS_M` of every cell over the disc's area."""
    length_m = np.zeros(geobox.shape)
    _add_lengths(length_m, segments, geobox.transform.a, geobox.transform.e, DENSITY_RADIUS_M)
    area_m2 = math.pi * DENSITY_RADIUS_M**2
    return (length_m * (1000.0 / area_m2)).astype(np.float32)


def _find_candidates(segments: np.ndarray, geobox: GeoBox) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield each tile near a line, by its first row and column, and the segments that may count.

    A segment nearest to a cell is at most twice the tile's half diagonal farther from the tile's
    centre than the segment nearest to that centre.
    """
    rows, columns = geobox.shape
    width_m, height_m = geobox.transform.a, geobox.transform.e
    row, column = (axis.ravel() for axis in np.mgrid[0:rows:_TILE, 0:columns:_TILE])
    centre = shapely.points((column + _TILE / 2) * width_m, (row + _TILE / 2) * height_m)
    half_diagonal_m = math.hypot(width_m, height_m) * _TILE / 2
    tree = shapely.STRtree(shapely.linestrings(segments.reshape(-1, 2, 2)))
    (near, _), nearest_m = tree.query_nearest(
        centre,
        max_distance=DISTANCE_CAP_M + half_diagonal_m,
        all_matches=False,
        return_distance=True,
    )
    if not near.size:
        return
    # a centimetre more than the bound, so that rounding loses no candidate
    reach_m = nearest_m + 2 * half_diagonal_m + 0.01
    tile, segment = tree.query(centre[near], predicate="dwithin", distance=reach_m)
    order = np.argsort(tile, kind="stable")
    ends = np.searchsorted(tile[order], np.arange(near.size + 1))
    for index, place in enumerate(near):
        nearby = segments[segment[order[ends[index] : ends[index + 1]]]]
        yield int(row[place]), int(column[place]), nearby


@njit(nogil=True, cache=True, error_model="numpy")
def _measure_tile(tile, segments, left, top, width, height):
    """Write the distance to the nearest segment where it is below the present value."""
    for row in range(tile.shape[0]):
        y = top + row * height
        for column in range(tile.shape[1]):
            x = left + column * width
            least = np.inf
            for index in range(segments.shape[0]):
                start_x, start_y = segments[index, 0], segments[index, 1]
                along_x, along_y = segments[index, 2] - start_x, segments[index, 3] - start_y
                square = along_x * along_x + along_y * along_y
                share = 0.0
                if square > 0.0:
                    share = ((x - start_x) * along_x + (y - start_y) * along_y) / square
                    share = min(max(share, 0.0), 1.0)
                away_x, away_y = x - start_x - share * along_x, y - start_y - share * along_y
                least = min(least, away_x * away_x + away_y * away_y)
            tile[row, column] = min(tile[row, column], math.sqrt(least))


@njit(nogil=True, cache=True, error_model="numpy")
def _add_lengths(length, segments, width, height, radius):
    """Add the length of each segment inside the circle around each cell's centre.

    Rows and columns are bounded by the segment's box, widened by the radius; `height` is negative.
    """
    rows, columns = length.shape
    for index in range(segments.shape[0]):
        start_x, start_y, end_x, end_y = segments[index]
        along_x, along_y = end_x - start_x, end_y - start_y
        square = along_x * along_x + along_y * along_y
        if square == 0.0:
            continue
        whole = math.sqrt(square)
        first_row = max(0, math.floor((max(start_y, end_y) + radius) / height - 0.5))
        last_row = min(rows, math.ceil((min(start_y, end_y) - radius) / height + 0.5))
        first_column = max(0, math.floor((min(start_x, end_x) - radius) / width - 0.5))
        last_column = min(columns, math.ceil((max(start_x, end_x) + radius) / width + 0.5))
        for row in range(first_row, last_row):
            y = (row + 0.5) * height - start_y
            for column in range(first_column, last_column):
                x = (column + 0.5) * width - start_x
                # where along the segment the centre projects, and half the chord there
                middle = (x * along_x + y * along_y) / whole
                aside = (x * along_y - y * along_x) / whole
                if abs(aside) >= radius:
                    continue
                half = math.sqrt(radius * radius - aside * aside)
                inside = min(middle + half, whole) - max(middle - half, 0.0)
                if inside > 0.0:
                    length[row, column] += inside
