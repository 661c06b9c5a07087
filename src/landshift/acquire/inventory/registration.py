"""Whether landslides lie where the terrain is steep, or would if all were moved a little.

Positions that were shifted as a whole, by a datum or the corner of a raster, blur what a model can
learn. Landslides begin on slopes that are steeper than most: moved together, they fit best at the
true place. Curvature and roughness were tried too; roughness says what slope does, curvature less.
"""

from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import xarray as xr

from landshift.acquire.inventory.source_areas import source_points
from landshift.factors.terrain.surface_fit import SurfaceShape, build_stencil, fit_surface
from landshift.runtime.blocks import Scratch, map_with_halo
from landshift.runtime.seeds import derive_seed

LEAST_LANDSLIDES = 30
"""Landslides that a comparison needs [1]."""

MOST_LANDSLIDES = 2000
"""Of more landslides so many are taken at random [1]."""

MOST_CELLS = 100_000_000
"""Larger elevation models are left out: their slope is held in memory [cells]."""

REACH_M = 150.0
"""How far all landslides are moved together [m]."""

LEAST_GAIN = 0.02
"""A shift stands out where moving raises the AUC of the slope by this much [1] ..."""

LEAST_ERRORS = 4.0
"""... and by as many standard errors of the difference, paired by landslide."""

DISTANCES_M = (0, 10, 20, 30)
"""Distances at which the AUC of the slope is stated, as a mean over eight directions [m]."""


@dataclass(frozen=True)
class Registration:
    """How well landslides fit the slope, where they are and moved.

    Attributes
    ----------
    landslides
        Landslides that were compared [1].
    auc, auc_moved
        Share of the region's cells that are less steep than a landslide, where the landslides are
        and where they fit best [1].
    east_m, north_m
        How far all positions must be moved to fit best [m]; 0 where that does not stand out.
    errors
        The gain in standard errors [1].
    by_distance
        AUC at each of `DISTANCES_M` around the landslides [1].
    """

    landslides: int
    auc: float
    auc_moved: float
    east_m: float
    north_m: float
    errors: float
    by_distance: tuple[float, ...]

    def describe(self) -> str | None:
        """Say what stands out, and what to do; None if the positions fit."""
        if not (self.east_m or self.north_m):
            return None
        return (
            f"the {self.landslides} landslides lie on the steepest ground when all are moved "
            f"{self.east_m:+.0f} m east and {self.north_m:+.0f} m north: the AUC of the slope "
            f"rises from {self.auc:.3f} to {self.auc_moved:.3f}, by {self.errors:.1f} errors; "
            f"nothing was moved. Look for another version of the inventory or its datum, or state "
            f"shift_m: [{self.east_m:.0f}, {self.north_m:.0f}]"
        )

    def tabulate(self) -> list[tuple[str, float, str]]:
        """List name, value and meaning of every figure."""
        return [
            ("slope_auc", round(self.auc, 4), "share of the cells less steep than a landslide"),
            ("slope_auc_moved", round(self.auc_moved, 4), "the same where all fit best"),
            ("slope_east_m", self.east_m, "shift to the east that stands out, or 0"),
            ("slope_north_m", self.north_m, "shift to the north that stands out, or 0"),
            *(
                (f"slope_auc_{distance}m", round(auc, 4), f"at {distance} m around the landslides")
                for distance, auc in zip(DISTANCES_M[1:], self.by_distance[1:], strict=True)
            ),
        ]


def measure_registration(
    landslides: gpd.GeoDataFrame, elevation: xr.DataArray, *, seed: int = 0
) -> Registration | None:
    """Compare where landslides are with where they would lie on the steepest ground.

    Parameters
    ----------
    landslides
        Points or polygons in the CRS of the elevation; a polygon counts where it began.
    elevation
        Elevation [m] in its own detail, dimensions ``(y, x)``.
    seed
        Seed of the choice among many landslides.

    Returns
    -------
    Registration or None
        None with fewer than `LEAST_LANDSLIDES` landslides, or more than `MOST_CELLS` cells.
    """
    if len(landslides) < LEAST_LANDSLIDES or elevation.size > MOST_CELLS:
        return None
    resolution_m = abs(float(elevation.odc.geobox.resolution.x))
    derive = partial(_derive_slope, resolution_m=resolution_m)
    slope = np.asarray(map_with_halo(derive, elevation.data, halo=1, outputs=1)[0])
    points = source_points(landslides, elevation).geometry
    columns, rows = ~elevation.odc.geobox.transform * (points.x.to_numpy(), points.y.to_numpy())
    places = np.floor(np.column_stack([rows, columns])).astype(int)
    inside = ((places >= 0) & (places < slope.shape)).all(axis=1)
    places = _choose(places[inside], seed)
    known = np.sort(slope[np.isfinite(slope)])
    if len(places) < LEAST_LANDSLIDES or len(known) == 0:
        return None
    return _compare(slope, known, places, resolution_m)


def _compare(slope, known, places, resolution_m) -> Registration:
    reach = max(1, int(REACH_M // resolution_m))
    here = _rank(slope, known, places)
    moves = [
        (row, column) for row in range(-reach, reach + 1) for column in range(-reach, reach + 1)
    ]
    best, found = max(
        ((move, _rank(slope, known, places + move)) for move in moves),
        key=lambda pair: np.nanmean(pair[1]),
    )
    difference = found - here
    difference = difference[np.isfinite(difference)]
    spread = difference.std() / np.sqrt(max(len(difference), 1))
    gain = float(np.nanmean(found) - np.nanmean(here))
    errors = float(difference.mean() / spread) if spread > 0 else 0.0
    stands_out = gain >= LEAST_GAIN and errors >= LEAST_ERRORS
    return Registration(
        landslides=len(places),
        auc=float(np.nanmean(here)),
        auc_moved=float(np.nanmean(found)),
        east_m=best[1] * resolution_m if stands_out else 0.0,
        north_m=-best[0] * resolution_m if stands_out else 0.0,
        errors=errors,
        by_distance=tuple(
            _average_around(slope, known, places, distance / resolution_m)
            for distance in DISTANCES_M
        ),
    )


def _choose(places: np.ndarray, seed: int) -> np.ndarray:
    if len(places) <= MOST_LANDSLIDES:
        return places
    generator = np.random.default_rng(derive_seed(seed, "registration"))
    return places[np.sort(generator.choice(len(places), MOST_LANDSLIDES, replace=False))]


def _rank(slope: np.ndarray, known: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Share of the cells that are less steep than some places, ties half; NaN off the map."""
    inside = ((places >= 0) & (places < slope.shape)).all(axis=1)
    values = np.full(len(places), np.nan, np.float32)
    values[inside] = slope[tuple(places[inside].T)]
    lower, upper = (np.searchsorted(known, values, side) for side in ("left", "right"))
    return np.where(np.isnan(values), np.nan, (lower + upper) / (2 * len(known)))


def _average_around(slope, known, places, cells: float) -> float:
    """AUC at a distance [cells] from the places, a mean over eight directions."""
    angles = np.arange(8) * np.pi / 4
    moves = np.round(cells * np.column_stack([np.sin(angles), np.cos(angles)])).astype(int)
    return float(np.mean([np.nanmean(_rank(slope, known, places + move)) for move in moves]))


def _derive_slope(block: np.ndarray, scratch: Scratch, *, resolution_m: float) -> np.ndarray:
    """Derive the slope [degree] of a block; see `map_with_halo`."""
    shape = tuple(length - 2 for length in block.shape)
    slope, profile, tangential = scratch.take((3, *shape), np.float32)
    nothing, no_gradient = np.empty((0, 0), np.float32), np.empty((0, 0))
    surface = SurfaceShape(
        slope, nothing, nothing, profile, tangential, nothing, no_gradient, no_gradient
    )
    elevation = scratch.take(block.shape, np.float64)
    np.copyto(elevation, block)
    stencil = build_stencil(1, resolution_m)
    fit_surface(elevation, stencil, 1, surface, resolution_m=resolution_m, scratch=scratch)
    slope[np.isnan(block[1:-1, 1:-1])] = np.nan
    return slope[None]
