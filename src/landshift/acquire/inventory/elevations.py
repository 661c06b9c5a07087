"""Elevations that an inventory states, compared with those of the elevation model.

Positions that were moved, in a conversion or by a datum, no longer lie on the terrain that they
describe; the elevations noted with them tell.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import xarray as xr

from landshift.geodata.cells import Footprints

LEAST_LANDSLIDES = 10
"""Landslides with an elevation that a comparison needs [1]."""

REACH_CELLS = 10
"""How far positions are moved to see whether they then fit [cells]."""

GAIN = 0.5
"""Positions count as shifted where moving them leaves less than this share of the misfit [1]."""

OFFSET_M = 10.0
"""Elevations count as offset where their median difference is larger [m]."""

_UNITS = {"feet": 1 / 0.3048, "decimetres": 10.0, "centimetres": 100.0}
_TOLERANCE = 0.02


@dataclass(frozen=True)
class ElevationComparison:
    """How the elevations of an inventory differ from the elevation model.

    Attributes
    ----------
    landslides : int
        Landslides that were compared [1].
    difference_m : float
        Median of stated minus modelled elevation [m].
    spread_m : float
        Median absolute deviation of that difference [m].
    east_m, north_m : float
        How far all positions must be moved to fit best [m]; 0 where that gains little.
    spread_moved_m : float
        The spread after moving them [m].
    """

    landslides: int
    difference_m: float
    spread_m: float
    east_m: float
    north_m: float
    spread_moved_m: float

    def describe(self) -> str | None:
        """Say what is wrong, and what to do; None if the elevations agree."""
        if self.east_m or self.north_m:
            return (
                f"the positions of {self.landslides} landslides fit the terrain best when moved"
                f" {self.east_m:+.0f} m east and {self.north_m:+.0f} m north (spread of the"
                f" elevations {self.spread_moved_m:.1f} m instead of {self.spread_m:.1f} m);"
                " look for another version of the inventory, or its datum"
            )
        if abs(self.difference_m) > max(OFFSET_M, 2 * self.spread_m):
            return (
                f"the elevations of {self.landslides} landslides differ from the elevation model"
                f" by {self.difference_m:+.1f} m; check its vertical datum"
            )
        return None

    def tabulate(self) -> list[tuple[str, float, str]]:
        """List name, value and meaning of every figure."""
        return [
            ("elevations", self.landslides, "landslides whose elevation is stated"),
            ("difference_m", round(self.difference_m, 2), "median of stated minus modelled"),
            ("spread_m", round(self.spread_m, 2), "median absolute deviation of the difference"),
            ("east_m", self.east_m, "shift of the positions to the east that fits better, or 0"),
            ("north_m", self.north_m, "shift of the positions to the north that fits better, or 0"),
            ("spread_moved_m", round(self.spread_moved_m, 2), "the spread after that shift"),
        ]


def compare_elevations(
    landslides: gpd.GeoDataFrame, elevation: xr.DataArray, *, origin: str = "inventory"
) -> ElevationComparison | None:
    """Compare the elevations of an inventory with the elevation model, and look for a shift.

    Parameters
    ----------
    landslides
        Columns ``geometry`` and ``elevation_m`` [m], in the CRS of `elevation`.
    elevation
        Elevation on the region's grid [m].
    origin
        How errors name the inventory.

    Returns
    -------
    ElevationComparison or None
        None if too few landslides state an elevation, or `elevation` is a mere extent without unit.

    Raises
    ------
    ValueError
        If one of the two is in feet, decimetres or centimetres instead of metres.
    """
    if "elevation_m" not in landslides or elevation.attrs.get("units") == "1":
        return None
    stated = landslides["elevation_m"].to_numpy(np.float64)
    places = landslides.representative_point().get_coordinates().to_numpy()
    known = np.isfinite(stated)
    if known.sum() < LEAST_LANDSLIDES:
        return None
    grid = Footprints(elevation)
    stated, places = stated[known], places[known]
    here = stated - grid.sample(places)
    _check_units(stated, stated - here, origin)
    transform = elevation.odc.transform
    best = (_spread(here), 0, 0)
    steps = range(-REACH_CELLS, REACH_CELLS + 1)
    for east, north in sorted(
        ((east, north) for east in steps for north in steps), key=lambda step: np.hypot(*step)
    ):
        moved = places + np.array([east * transform.a, north * -transform.e])
        difference = stated - grid.sample(moved)
        if np.isfinite(difference).sum() >= max(LEAST_LANDSLIDES, 0.8 * len(stated)):
            best = min(best, (_spread(difference), east, north), key=lambda found: found[0])
    spread, east, north = best
    shifted = spread < GAIN * _spread(here)
    return ElevationComparison(
        landslides=int(np.isfinite(here).sum()),
        difference_m=float(np.nanmedian(here)),
        spread_m=_spread(here),
        east_m=east * transform.a if shifted else 0.0,
        north_m=north * -transform.e if shifted else 0.0,
        spread_moved_m=spread if shifted else _spread(here),
    )


def _spread(difference: np.ndarray) -> float:
    return float(np.nanmedian(np.abs(difference - np.nanmedian(difference))))


def _check_units(stated: np.ndarray, modelled: np.ndarray, origin: str) -> None:
    high = np.isfinite(modelled) & (np.abs(modelled) > 20) & (np.abs(stated) > 20)
    if high.sum() < LEAST_LANDSLIDES:
        return
    ratio = float(np.median(stated[high] / modelled[high]))
    for unit, factor in _UNITS.items():
        if abs(ratio / factor - 1) < _TOLERANCE:
            raise ValueError(_explain_unit(origin, "the inventory's elevations", ratio, unit))
        if abs(ratio * factor - 1) < _TOLERANCE:
            raise ValueError(_explain_unit(origin, "the elevation model", ratio, unit))


def _explain_unit(origin: str, what: str, ratio: float, unit: str) -> str:
    return (
        f"{origin}: its elevations are {ratio:.3g} times those of the elevation model, so the"
        f" unit of {what} seems to be {unit}; bring both to metres"
    )
