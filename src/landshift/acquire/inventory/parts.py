"""One landslide, one feature: parts that lie apart, and places that stand in several files."""

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

PART_GAP_M = 10.0
"""Parts of a feature farther apart than this are landslides of their own [m]: a landslide is mapped
in touching parts, a dissolved inventory holds all of them as one feature."""

LEAST_ROUNDING_M = 0.5
"""No place is known better than this [m]: programs transform coordinates differently by as much."""

WORST_ROUNDING_M = 100.0
"""Counts for coordinates that are rounded more coarsely [m]: neighbours must stay apart."""

_METRES_PER_DEGREE = 111_320.0
_MULTIPLE = ("MultiPoint", "MultiPolygon")
_log = logging.getLogger("landshift.acquire.inventory")


def part_features(
    landslides: gpd.GeoDataFrame, *, origin: str = "inventory"
) -> tuple[gpd.GeoDataFrame, int]:
    """Make landslides of the parts of a feature that lie more than `PART_GAP_M` apart.

    Parameters
    ----------
    landslides
        In a projected CRS in metres. Parts that touch or nearly touch, also one by one as the
        links of a chain, stay together.
    origin
        How the log names the inventory.

    Returns
    -------
    landslides : geopandas.GeoDataFrame
        The parts follow each other, and their ``id`` gets a number: ``12.1``, ``12.2``.
    further : int
        How many landslides there are more than before [1].
    """
    several = np.flatnonzero(landslides.geom_type.isin(_MULTIPLE))
    groups = {row: _group_parts(landslides.geometry.iloc[row]) for row in several}
    apart = {row: shapes for row, shapes in groups.items() if len(shapes) > 1}
    if not apart:
        return landslides, 0
    counts = np.ones(len(landslides), int)
    counts[list(apart)] = [len(shapes) for shapes in apart.values()]
    parted = landslides.iloc[np.repeat(np.arange(len(landslides)), counts)].reset_index(drop=True)
    shapes = [
        shape for row, whole in enumerate(landslides.geometry) for shape in apart.get(row, [whole])
    ]
    numbers = [
        f".{part + 1}" if row in apart else ""
        for row, count in enumerate(counts)
        for part in range(count)
    ]
    further = len(parted) - len(landslides)
    _log.warning(
        "%s: features that hold parts more than %g m apart: %d; each such part is a landslide: %d",
        origin, PART_GAP_M, len(apart), further + len(apart),
    )  # fmt: skip
    parted = parted.assign(id=parted["id"] + pd.Series(numbers, dtype="str"))
    return parted.set_geometry(gpd.GeoSeries(shapes, parted.index, crs=landslides.crs)), further


def _group_parts(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Group the parts of a shape into those that belong together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    parts = shapely.get_parts(shape)
    first, second = shapely.STRtree(parts).query(parts, "dwithin", PART_GAP_M)
    links = coo_array((np.ones(len(first)), (first, second)), shape=(len(parts),) * 2)
    count, group = connected_components(links, directed=False)
    join = shapely.multipoints if shape.geom_type == "MultiPoint" else shapely.multipolygons
    members = [parts[group == number] for number in range(count)]
    return [each[0] if len(each) == 1 else join(each) for each in members]


def measure_rounding(shapes: gpd.GeoSeries) -> float:
    """Measure how far the rounding of coordinates can move a place [m].

    Parameters
    ----------
    shapes
        In the CRS of their file, as they were written.

    Returns
    -------
    float
        Half the diagonal of the last decimal that any coordinate has [m], from `LEAST_ROUNDING_M`
        to `WORST_ROUNDING_M`.

    Examples
    --------
    >>> degrees = gpd.GeoSeries.from_xy([73.4512], [34.56], crs="EPSG:4326")
    >>> round(measure_rounding(degrees), 1)
    7.9
    """
    places = shapely.get_coordinates(shapes.array)
    places = places[np.isfinite(places).all(axis=1)]
    decimals = next((count for count in range(10) if _ends_after(count, places)), 10)
    crs = pyproj.CRS(shapes.crs)
    unit_m = _METRES_PER_DEGREE if crs.is_geographic else crs.axis_info[0].unit_conversion_factor
    rounded_m = 10.0**-decimals * unit_m / np.sqrt(2)
    return float(np.clip(rounded_m, LEAST_ROUNDING_M, WORST_ROUNDING_M))


def _ends_after(decimals: int, places: np.ndarray) -> bool:
    scaled = places * 10.0**decimals
    return bool((np.abs(scaled - np.round(scaled)) < 1e-3).all())


def find_repeated(landslides: gpd.GeoDataFrame) -> np.ndarray:
    """Find landslides at the place of one before.

    Of one file, equal shapes are. Of two files, shapes are that differ by no more than the rounding
    of both: the same points may have been written in another CRS.

    Parameters
    ----------
    landslides
        In a projected CRS in metres. With columns ``file`` and ``rounding_m`` if there are several
        files.

    Returns
    -------
    numpy.ndarray
        True for each landslide that repeats another.
    """
    repeated = shapely.normalize(landslides.geometry).to_wkb().duplicated().to_numpy(copy=True)
    if "file" not in landslides or landslides["file"].nunique() < 2:
        return repeated
    from scipy.spatial import KDTree

    edges = landslides.bounds.to_numpy()
    finite = np.flatnonzero(np.isfinite(edges).all(axis=1))
    rounding_m = landslides["rounding_m"].to_numpy()
    near = KDTree(edges[finite]).query_pairs(2 * rounding_m.max(), p=np.inf, output_type="ndarray")
    first, second = finite[near].T
    files, shapes = landslides["file"].to_numpy(), landslides.geometry.array
    others = files[first] != files[second]
    first, second = first[others], second[others]
    apart_m = shapely.hausdorff_distance(shapes[first], shapes[second])
    repeated[second[apart_m <= rounding_m[first] + rounding_m[second]]] = True
    return repeated
