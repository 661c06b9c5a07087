"""Where a region lies if only its inventory says so."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from landshift.geodata.grids import choose_crs

STEP_M = 1000.0
"""Edges lie on multiples of this [m]: most new landslides leave a region as it was."""

WIDEST_M = 200_000.0
"""Landslides farther apart than this are taken for a mistake [m]."""


def bound_landslides(
    landslides: gpd.GeoDataFrame,
    *,
    buffer_m: float,
    crs: str | None = None,
    origin: str = "inventory",
) -> dict[str, Any]:
    """Find the extent of all landslides of an inventory with a buffer around them.

    Parameters
    ----------
    landslides
        As from `read_inventory`, in any CRS.
    buffer_m
        Distance of the edges from the outermost landslides [m]; they are then moved outwards to
        multiples of `STEP_M`.
    crs
        Projected CRS in metres; None or ``auto`` takes the UTM zone of the middle.
    origin
        How errors name the inventory.

    Returns
    -------
    dict
        ``crs``, and ``bounds`` as xmin, ymin, xmax, ymax [m]: keys of a region's grid.

    Raises
    ------
    ValueError
        If no landslide has a place, they lie more than `WIDEST_M` apart, or the CRS is not
        projected in metres.
    """
    edges = landslides.bounds.to_numpy()
    placed = landslides[np.isfinite(edges).all(axis=1)]
    if placed.empty:
        raise ValueError(
            f"{origin}: no landslide has a place, and nothing else says where the region is; "
            "state grid.box"
        )
    wanted = choose_crs(crs, _find_degrees(placed))
    edges = placed.to_crs(wanted.to_wkt()).bounds.to_numpy()
    low, high = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    # not <=: what cannot be brought into the CRS is infinite
    if not (high - low).max() <= WIDEST_M:
        raise ValueError(f"{origin}: {_explain_width(placed)}")
    west, south = np.floor((low - buffer_m) / STEP_M) * STEP_M
    east, north = np.ceil((high + buffer_m) / STEP_M) * STEP_M
    return {"crs": str(wanted), "bounds": [float(edge) for edge in (west, south, east, north)]}


def _find_degrees(landslides: gpd.GeoDataFrame) -> tuple[float, ...]:
    """Find west, south, east, north [degree]; across the antimeridian east is beyond 180."""
    west, south, east, north = landslides.to_crs("EPSG:4326").total_bounds
    if east - west > 180:
        longitudes = _unwrap(_list_places(landslides)[:, 0])
        west, east = longitudes.min(), longitudes.max()
    return west, south, east, north


def _list_places(landslides: gpd.GeoDataFrame) -> np.ndarray:
    """List a longitude and latitude [degree] within every landslide."""
    return shapely.get_coordinates(landslides.representative_point().to_crs("EPSG:4326"))


def _unwrap(longitudes: np.ndarray) -> np.ndarray:
    """Count from -180 or from 0 degrees, as the landslides are nearer to each other."""
    return min(longitudes, longitudes % 360, key=np.ptp)


def _explain_width(landslides: gpd.GeoDataFrame) -> str:
    places = _list_places(landslides)
    unwrapped = np.column_stack([_unwrap(places[:, 0]), places[:, 1]])
    apart = np.abs(unwrapped - np.median(unwrapped, axis=0)).max(axis=1)
    farthest = int(np.argmax(apart))
    longitude, latitude = places[farthest]
    return (
        f"its landslides lie more than {WIDEST_M / 1000:g} km apart, the farthest from the others "
        f"in row {landslides['id'].iloc[farthest]} at longitude {longitude:.3f}, latitude "
        f"{latitude:.3f}; correct it, or state grid.box"
    )
