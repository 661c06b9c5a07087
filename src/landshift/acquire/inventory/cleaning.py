"""Cleaning: an inventory in its region, without what cannot be used, with counts of it."""

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from landshift.acquire.inventory.dates import sort_by_period
from landshift.acquire.inventory.labels import Value, normalise
from landshift.acquire.inventory.parts import PART_GAP_M, find_repeated, part_features
from landshift.geodata.cells import Footprints
from landshift.geodata.crs import describe_crs

REASONS = {
    "read": "landslides in the file",
    "parts": f"further landslides: parts of one feature more than {PART_GAP_M:g} m apart",
    "other_type": "of a type that is not wanted",
    "undated": "without a date that tells whether they lie in the period",
    "outside_period": "before or after the period",
    "no_geometry": "without a place",
    "not_point_or_polygon": "neither points nor polygons",
    "invalid_geometry": "polygons that enclose nothing",
    "duplicate": "at the same place as another",
    "outside": "outside the region",
    "no_data": "where the elevation model has no data",
    "merged": "joined to a neighbour within merge_m",
    "kept": "landslides that are used",
}
"""What each count of `clean_inventory` means, in order."""

_KINDS = ("Point", "MultiPoint", "Polygon", "MultiPolygon")


def clean_inventory(
    landslides: gpd.GeoDataFrame,
    elevation: xr.DataArray,
    *,
    types: Sequence[Value] | None = None,
    begin: str | int | None = None,
    end: str | int | None = None,
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
    types
        Values of the column ``type`` that are wanted; None keeps all.
    begin, end
        First and last year or day of the period that is wanted, such as 2015 or ``2015-08-31``;
        None leaves that side open. With a period, landslides without a date are dropped.
    merge_m
        Points at most this far apart are one landslide, kept as a patch of points [m]: for
        inventories that were made from a raster. 0 merges nothing.
    origin
        How errors name the inventory.

    Returns
    -------
    landslides : geopandas.GeoDataFrame
        The columns of `landslides`, in the region's CRS; polygons are made valid. Parts of one
        feature that lie apart are landslides of their own (`part_features`).
    counts : dict
        Number of landslides for every key of `REASONS`; ``read`` and ``parts`` together are the
        sum of all others.

    Raises
    ------
    ValueError
        If nothing is left, or the period is none.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> kept, counts = clean_inventory(region.inventory, region.layers["dem"])
    >>> counts["read"], counts["kept"] == len(kept)
    (30, True)
    """
    counts = {"read": len(landslides), "parts": 0}
    kept = landslides

    def drop(reason: str, wrong: np.ndarray) -> None:
        nonlocal kept
        counts[reason] = int(wrong.sum())
        kept = kept[~wrong]

    drop("other_type", _find_others(kept, types, origin))
    undated, outside = sort_by_period(kept["date"], begin, end)
    drop("undated", undated)
    drop("outside_period", outside[~undated])
    drop("no_geometry", np.asarray(kept.is_empty) | shapely.is_missing(kept.geometry.array))
    drop("not_point_or_polygon", ~np.isin(kept.geom_type, _KINDS))
    kept = kept.to_crs(elevation.odc.crs.to_wkt())
    kept = kept.set_geometry(_make_valid(kept.geometry))
    drop("invalid_geometry", np.asarray(kept.is_empty))
    kept, counts["parts"] = part_features(kept, origin=origin)
    drop("duplicate", find_repeated(kept))
    # Not `intersects` the box: a point on the eastern or southern edge lies in no cell.
    grid = Footprints(elevation)
    drop("outside", np.array([not grid.touches(shape) for shape in kept.geometry], bool))
    drop("no_data", np.array([len(grid.find_cells(shape)) == 0 for shape in kept.geometry], bool))
    if kept.empty:
        raise ValueError(_explain_empty(origin, counts, landslides, elevation))
    merged = _merge_points(kept, merge_m) if merge_m > 0 else kept
    counts["merged"] = len(kept) - len(merged)
    counts["kept"] = len(merged)
    return merged.reset_index(drop=True), counts


def _find_others(
    landslides: gpd.GeoDataFrame, types: Sequence[Value] | None, origin: str
) -> np.ndarray:
    if types is None:
        return np.zeros(len(landslides), bool)
    if "type" not in landslides:
        raise ValueError(f"{origin}: types are {list(types)} but type is missing; name its column")
    others = ~landslides["type"].isin({normalise(value) for value in types}).to_numpy(bool)
    if others.all():
        found = sorted(landslides["type"].unique())[:10]
        raise ValueError(f"{origin}: no landslide is of the types {list(types)}; there are {found}")
    return others


def _make_valid(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    # Points outside the domain of the region's CRS become infinite, and lie outside the region.
    finite = np.isfinite(shapes.bounds.to_numpy()).all(axis=1)
    broken = finite & ~np.asarray(shapes.is_valid)
    if not broken.any():
        return shapes
    repaired = shapes.copy()
    # A repaired bow-tie may hold a stray line next to its polygons; only areas are landslides.
    repaired[broken] = shapes[broken].make_valid(method="structure", keep_collapsed=False)
    return repaired


def _explain_empty(
    origin: str,
    counts: Mapping[str, int],
    landslides: gpd.GeoDataFrame,
    elevation: xr.DataArray,
) -> str:
    reasons = [
        f"{count} {REASONS[key]}"
        for key, count in counts.items()
        if count and key not in ("read", "parts")
    ]
    read = counts["read"] + counts["parts"]
    message = f"{origin}: none of {read} landslides is left: {', '.join(reasons)}"
    if not counts["outside"]:
        return f"{message}; correct the inventory, its period or its types"
    bounds = [round(float(edge), 4) for edge in landslides.total_bounds]
    grid = Footprints(elevation)
    degrees = landslides.crs.is_projected and np.abs(landslides.total_bounds).max() <= 180
    remedy = (
        "they look like degrees, so state crs: EPSG:4326"
        if degrees
        else "check the CRS and whether x and y are swapped"
    )
    return (
        f"{message}; they span {bounds} in {landslides.crs.to_string()[:60]}, the region"
        f" {grid.bounds} in {describe_crs(elevation.odc.crs)}; {remedy}"
    )


def _merge_points(landslides: gpd.GeoDataFrame, distance_m: float) -> gpd.GeoDataFrame:
    """Join points into patches; the first of each gives id and date."""
    # these take a third of a second, and all who read an inventory import this module
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

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
