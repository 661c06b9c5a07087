"""What a source teaches apart from a target: no map is judged by what its model has learned."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from landshift.geodata.cells import locate_cells

STEPS = 10
"""Steps from a place to the margin around the ground, in which it is looked for [1]."""

SAME_M = 10.0
"""Landslides of two inventories at most this far apart are one [m]."""


@dataclass(frozen=True)
class Apart:
    """The tables of a source without what lies on the ground of a target.

    Attributes
    ----------
    samples, background
        As from `landshift.sampling.draw`, rows on the target's ground left out.
    record
        ``presences``, ``absences`` and ``background``: rows left out [1], and ``share`` of the
        source's background that lies on the target's ground [1].
    """

    samples: pd.DataFrame
    background: pd.DataFrame
    record: Mapping[str, float]


def keep_apart(
    samples: pd.DataFrame,
    background: pd.DataFrame,
    *,
    crs: str,
    ground: xr.DataArray,
    margin_m: float,
    source: str,
    target: str,
) -> Apart:
    """Leave out of a source what lies on the ground of a target.

    Where no row lies on that ground, the regions are neighbours at most, and all rows are kept.

    Parameters
    ----------
    samples, background
        Tables of the source, with columns ``x`` and ``y``.
    crs
        CRS of these coordinates.
    ground
        Raster that spans the target, NaN outside of it.
    margin_m
        Rows so near the ground are left out with those on it [m]: a landslide that reaches over
        the border is one landslide.
    source, target
        Names of the regions, for errors.

    Raises
    ------
    ValueError
        If nothing is left to learn from.
    """
    samples_on, background_on = (
        _find_on_ground(table, crs, ground, 0) for table in (samples, background)
    )
    share = float(background_on.mean())
    if samples_on.any() or background_on.any():
        samples_on, background_on = (
            _find_on_ground(table, crs, ground, margin_m) for table in (samples, background)
        )
    failed = samples["presence"].to_numpy() == 1
    counts = {
        "presences": int((samples_on & failed).sum()),
        "absences": int((samples_on & ~failed).sum()),
        "background": int(background_on.sum()),
    }
    kept = samples[~samples_on]
    if kept["presence"].nunique() < 2 or background_on.all():
        raise ValueError(
            f"regions.{source}: all that it could teach lies in {target}, which would be judged by "
            "what its models have learned; give the two separate grid.bounds, or remove one as a "
            "source"
        )
    return Apart(kept, background[~background_on], counts | {"share": round(share, 4)})


def count_same_places(landslides: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> int:
    """Count the landslides that are at the place of one of another inventory, within `SAME_M`.

    Examples
    --------
    >>> points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 500], [0, 0], crs=32632))
    >>> count_same_places(points, points.iloc[1:].to_crs(4326))
    1
    """
    tree = shapely.STRtree(others.to_crs(landslides.crs).geometry.to_numpy())
    found, _ = tree.query(landslides.geometry.to_numpy(), predicate="dwithin", distance=SAME_M)
    return len(set(found.tolist()))


def _find_on_ground(
    table: pd.DataFrame, crs: str, ground: xr.DataArray, margin_m: float
) -> np.ndarray:
    """Find the rows on cells with data, or at most a margin [m] away from such."""
    places = gpd.GeoSeries(gpd.points_from_xy(table["x"], table["y"], crs=crs))
    grid = ground.odc.geobox
    places = places.to_crs(grid.crs.to_wkt()).get_coordinates().to_numpy()
    values = ground.to_numpy()
    found = np.zeros(len(table), bool)
    offsets = np.linspace(-margin_m, margin_m, 2 * STEPS + 1) if margin_m else [0.0]
    for east in offsets:
        for north in offsets:
            if np.hypot(east, north) <= margin_m * (1 + 1e-9):
                moved = places + np.array([east, north])
                rows, columns, inside = locate_cells(grid, moved)
                found[inside] |= np.isfinite(values[rows[inside], columns[inside]])
    return found
