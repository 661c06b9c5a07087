"""Terrain factors: slope, aspect, curvature, position, relief and ruggedness from elevation.

Definitions, units and sources stand in `landshift.factors.table`, the fitted surface in
`terrain.surface_fit`. Windows are discs, so that maps show no squares; their radius is the
number in the factor's name. A window statistic counts the cells with data that the window holds,
so neither the edge of the raster nor a gap in it costs a cell. Elevations, slopes and normals are
averaged in steps as fine as exact sums allow, which are finer the smaller the window: 1/1024 m for
one of 90 cells' radius.

All factors of a block come from one call, which reads the block with its halo once. Kernels write
into arrays cut from the thread's scratch memory.
"""

from functools import partial

import numpy as np
import xarray as xr

from landshift.factors.table import FACTORS, WHOLE_REGION, factor_names, window_radius
from landshift.factors.terrain.discs import (
    average_steps,
    compare_steps,
    count_steps,
    deviate_steps,
    disc_half_widths,
    find_disc_minima,
    rank_in_discs,
    sum_discs,
    to_levels,
    to_steps,
)
from landshift.factors.terrain.elevation import (
    HIGHEST_M,
    LOWEST_M,
    check_elevation,
    find_latitude,
    rank_elevation,
    tabulate_elevation,
)
from landshift.factors.terrain.openness import measure_openness
from landshift.factors.terrain.orientation import (
    measure_convergence,
    measure_heat_load,
    scatter_normals,
    tilt_normals,
)
from landshift.factors.terrain.ruggedness import measure_ruggedness
from landshift.factors.terrain.surface_fit import SurfaceShape, build_stencil, fit_surface
from landshift.geodata.raster import wrap_like
from landshift.runtime.blocks import Scratch, map_with_halo

NAMES = factor_names("terrain")
"""Factors of the group, in the order of the bands."""


def derive_terrain_factors(dem: xr.DataArray, *, threads: int | None = None) -> xr.Dataset:
    """Derive the terrain group from an elevation model.

    A dask-backed model is read once, at the call, for the distribution of its elevations, and
    again block by block when the factors are computed. The factors of a cell are the same to the
    last bit whatever the chunks, and for arrays in memory.

    Parameters
    ----------
    dem
        Elevation [m], dimensions ``(y, x)``, float with NaN as no data, north-up with square cells
        in a projected CRS in metres.
    threads
        Threads for a model in memory; None takes the cores of this process. A dask-backed model
        is computed by the threads of its scheduler.

    Returns
    -------
    xarray.Dataset
        A float32 variable per factor of the group ``terrain`` (`factors.table`) with ``units``
        and ``long_name``; dask-backed if `dem` is. No data where `dem` has none, and only there.

    Raises
    ------
    ValueError
        If the grid is not as described, or elevations lie outside -1000 to 9000 m.

    Examples
    --------
    A plane that falls to the south by one in one:

    >>> import numpy as np, xarray as xr
    >>> from odc.geo.geobox import GeoBox
    >>> grid = GeoBox.from_bbox((0, 0, 300, 300), "EPSG:32632", resolution=30)
    >>> from odc.geo.xr import wrap_xr
    >>> dem = wrap_xr(np.repeat(np.arange(270.0, -30.0, -30.0)[:, None], 10, axis=1), grid)
    >>> factors = derive_terrain_factors(dem)
    >>> float(factors.slope[4, 4]), float(factors.northness[4, 4])
    (45.0, -1.0)
    """
    check_elevation(dem)
    resolution_m = abs(float(dem.odc.geobox.resolution.x))
    local = [FACTORS[name] for name in NAMES if FACTORS[name].halo_m != WHOLE_REGION]
    halo = max(factor.halo_cells(resolution_m) for factor in local)
    derive = partial(
        _derive_block,
        resolution_m=resolution_m,
        latitude=find_latitude(dem.odc.geobox),
        halo=halo,
        table=tabulate_elevation(dem.data),
    )
    stack = map_with_halo(derive, dem.data, halo=halo, outputs=len(NAMES), threads=threads)
    return xr.Dataset(
        {
            name: wrap_like(
                stack[band],
                dem,
                name=name,
                units=FACTORS[name].units,
                long_name=FACTORS[name].long_name,
            )
            for band, name in enumerate(NAMES)
        }
    )


def _derive_block(
    block: np.ndarray,
    scratch: Scratch,
    *,
    resolution_m: float,
    latitude: float,
    halo: int,
    table: np.ndarray,
) -> np.ndarray:
    """Derive all factors of a block, in the order of `NAMES`; see `map_with_halo`."""
    rows, columns = (length - 2 * halo for length in block.shape)
    result = scratch.take((len(NAMES), rows, columns), np.float32)
    out = dict(zip(NAMES, result, strict=True))
    missing = np.isnan(block)
    missing = missing if missing.any() else None
    elevation = scratch.take(block.shape, np.float64)
    np.copyto(elevation, block)
    coarse = scratch.take(block.shape, np.float32)
    np.copyto(coarse, block)

    rank_elevation(elevation[_trim(halo)], table, out["elevation_percentile"])
    measure_ruggedness(elevation, halo, out["terrain_ruggedness"], out["terrain_ruggedness_wilson"])
    for name in ("terrain_ruggedness", "terrain_ruggedness_wilson"):
        out[name] /= np.float32(resolution_m)
    _derive_openness(out["openness_300m"], coarse, resolution_m, halo)
    for steps in (
        partial(_derive_wide_shapes, out, elevation, resolution_m, halo),
        partial(_derive_local_shape, out, elevation, missing, resolution_m, latitude, halo),
        partial(_derive_positions, out, elevation, coarse, missing, resolution_m, halo),
        partial(_derive_reliefs, out, coarse, missing, resolution_m, halo),
    ):
        with scratch.scope():
            steps(scratch)
    if missing is not None:
        result[:, missing[_trim(halo)]] = np.nan
    return result


def _radius(name: str, resolution_m: float) -> int:
    return window_radius(FACTORS[name].halo_m, resolution_m)


def _trim(margin: int) -> tuple[slice, slice]:
    return (slice(margin, -margin),) * 2


def _derive_openness(
    openness: np.ndarray, elevation: np.ndarray, resolution_m: float, halo: int
) -> None:
    straight = _radius("openness_300m", resolution_m)
    diagonal = max(1, round(straight / 2**0.5))
    measure_openness(elevation, straight, diagonal, resolution_m, halo, openness)


def _derive_wide_shapes(
    out: dict[str, np.ndarray],
    elevation: np.ndarray,
    resolution_m: float,
    halo: int,
    scratch: Scratch,
) -> None:
    """Derive what surfaces fitted to wider windows give."""
    unwanted, unwanted_gradient = np.empty((0, 0), np.float32), np.empty((0, 0))
    for scale in ("90m", "300m"):
        shape = SurfaceShape(
            slope=out[f"slope_{scale}"],
            northness=unwanted,
            eastness=unwanted,
            profile_curvature=out[f"profile_curvature_{scale}"],
            tangential_curvature=out[f"tangential_curvature_{scale}"],
            plan_curvature=unwanted,
            east=unwanted_gradient,
            north=unwanted_gradient,
        )
        stencil = build_stencil(_radius(f"slope_{scale}", resolution_m), resolution_m)
        fit_surface(elevation, stencil, halo, shape, resolution_m=resolution_m, scratch=scratch)


def _derive_local_shape(
    out: dict[str, np.ndarray],
    elevation: np.ndarray,
    missing: np.ndarray | None,
    resolution_m: float,
    latitude: float,
    halo: int,
    scratch: Scratch,
) -> None:
    """Derive what the surface at the resolution of the grid gives, and statistics of it."""
    # slope is needed as far out as the widest window over it reaches
    names = ("slope_mean_300m", "slope_deviation", "vector_ruggedness_90m")
    reach = max(_radius(name, resolution_m) for name in names)
    extent = tuple(length - 2 * (halo - reach) for length in elevation.shape)
    shape = SurfaceShape(
        *(scratch.take(extent, np.float32) for _ in range(6)),
        *(scratch.take(extent, np.float64) for _ in range(2)),
    )
    stencil = build_stencil(1, resolution_m)
    fit_surface(elevation, stencil, halo - reach, shape, resolution_m=resolution_m, scratch=scratch)
    for name, values in shape._asdict().items():
        if name in out:
            out[name][:] = values[_trim(reach)]
    around = None if missing is None else missing[_trim(halo - reach)]
    with scratch.scope():
        _derive_slope_statistics(out, shape.slope, around, resolution_m, reach, scratch)
    with scratch.scope():
        _derive_orientation(out, shape, around, resolution_m, latitude, reach, scratch)


def _derive_slope_statistics(
    out: dict[str, np.ndarray],
    slope: np.ndarray,
    missing: np.ndarray | None,
    resolution_m: float,
    margin: int,
    scratch: Scratch,
) -> None:
    """Derive mean and standard deviation of slope, which comes with a margin."""
    windows = _Windows(missing, slope.shape, margin, resolution_m, scratch)
    mean, deviation = "slope_mean_300m", "slope_deviation"
    per_degree = count_steps(max(_radius(name, resolution_m) for name in (mean, deviation)), 90.0)
    steps = scratch.take(slope.shape, np.int32)
    to_steps(slope, per_degree, steps)
    average_steps(windows.sum(steps, mean), windows.count(mean), per_degree, out[mean])
    total = windows.sum(steps, deviation)
    squared = scratch.take(slope.shape, np.int64)
    np.multiply(steps, steps, out=squared, dtype=np.int64)
    squares = windows.sum(squared, deviation)
    deviate_steps(total, squares, windows.count(deviation), per_degree, out[deviation])


def _derive_orientation(
    out: dict[str, np.ndarray],
    shape: SurfaceShape,
    missing: np.ndarray | None,
    resolution_m: float,
    latitude: float,
    margin: int,
    scratch: Scratch,
) -> None:
    """Derive what follows from the gradient, which comes with a margin."""
    name = "vector_ruggedness_90m"
    windows = _Windows(missing, shape.east.shape, margin, resolution_m, scratch)
    per_unit = count_steps(_radius(name, resolution_m), 2.0)
    normals = scratch.take((3, *shape.east.shape), np.int32)
    tilt_normals(shape.east, shape.north, per_unit, normals)
    sums = [windows.sum(part, name) for part in normals]
    scatter_normals(*sums, windows.count(name), per_unit, out[name])
    convergence = out["convergence_index"]
    angles = scratch.take((4, *(length + 2 for length in convergence.shape)))
    measure_convergence(shape.east, shape.north, margin, angles, convergence)
    measure_heat_load(shape.east, shape.north, margin, latitude, out["heat_load"])


def _derive_positions(
    out: dict[str, np.ndarray],
    elevation: np.ndarray,
    coarse: np.ndarray,
    missing: np.ndarray | None,
    resolution_m: float,
    halo: int,
    scratch: Scratch,
) -> None:
    """Derive the place of the cell among the other cells in each disc."""
    windows = _Windows(missing, elevation.shape, halo, resolution_m, scratch)
    steps = scratch.take(elevation.shape, np.int32)
    for name in ("tpi_90m", "tpi_300m", "tpi_900m"):
        per_metre = count_steps(_radius(name, resolution_m), HIGHEST_M - LOWEST_M)
        to_steps(elevation, per_metre, steps)
        total, count = windows.sum(steps, name), windows.count(name)
        compare_steps(steps, total, count, per_metre, halo, out[name])
    rank = out["elevation_percentile_300m"]
    disc = disc_half_widths(_radius("elevation_percentile_300m", resolution_m))
    partial = scratch.take((rank.shape[1],), np.int16)
    excess = scratch.take((rank.shape[1],), np.int64)
    count = windows.count("elevation_percentile_300m")
    rank_in_discs(to_levels(coarse), disc, halo, count, partial, excess, rank)


class _Windows:
    """Sums over the discs of factors, for arrays of one shape that come with a margin."""

    def __init__(
        self,
        missing: np.ndarray | None,
        shape: tuple[int, int],
        margin: int,
        resolution_m: float,
        scratch: Scratch,
    ) -> None:
        self._margin, self._resolution_m, self._scratch = margin, resolution_m, scratch
        self._inside = tuple(length - 2 * margin for length in shape)
        self._running = scratch.take((shape[1] + 1,), np.int64)
        self._present = None
        if missing is not None:
            self._present = scratch.take(shape, np.int32)
            np.logical_not(missing, out=self._present, casting="unsafe")

    def sum(self, values: np.ndarray, name: str) -> np.ndarray:
        """Sum integers over the disc of a factor."""
        disc = disc_half_widths(_radius(name, self._resolution_m))
        sums = self._scratch.take(self._inside, np.int64)
        change = self._scratch.take(self._inside[1:], values.dtype)
        sum_discs(values, disc, self._margin, self._running, change, sums)
        return sums

    def count(self, name: str) -> np.ndarray:
        """Count the cells with data in the disc of a factor."""
        if self._present is not None:
            return self.sum(self._present, name)
        disc = disc_half_widths(_radius(name, self._resolution_m))
        count = self._scratch.take(self._inside, np.int64)
        count.fill((2 * disc + 1).sum())
        return count


def _derive_reliefs(
    out: dict[str, np.ndarray],
    elevation: np.ndarray,
    missing: np.ndarray | None,
    resolution_m: float,
    halo: int,
    scratch: Scratch,
) -> None:
    """Derive the range of elevation in each disc and the place of the cell in it."""
    centre = elevation[_trim(halo)]
    upright, inverted = (scratch.take(elevation.shape, np.float32) for _ in range(2))
    np.copyto(upright, elevation)
    np.negative(elevation, out=inverted)
    if missing is not None:
        upright[missing] = inverted[missing] = np.inf
    lowest, highest = (scratch.take(centre.shape, np.float32) for _ in range(2))
    for distance in ("150m", "450m"):
        relief = out[f"relief_{distance}"]
        disc = disc_half_widths(_radius(f"relief_{distance}", resolution_m))
        _find_extremes(upright, inverted, disc, halo, lowest, highest, scratch)
        np.subtract(highest, lowest, out=relief)
        share = out[f"relative_slope_position_{distance}"]
        share.fill(0.0)
        np.subtract(centre, lowest, out=lowest)
        np.divide(lowest, relief, out=share, where=relief > 0)
    _find_extremes(upright, inverted, disc_half_widths(1), halo, lowest, highest, scratch)
    np.subtract(highest, lowest, out=out["roughness"])
    out["roughness"] /= np.float32(resolution_m)


def _find_extremes(
    upright: np.ndarray,
    inverted: np.ndarray,
    disc: np.ndarray,
    halo: int,
    lowest: np.ndarray,
    highest: np.ndarray,
    scratch: Scratch,
) -> None:
    with scratch.scope():
        segments = scratch.take(
            tuple(length + disc.size - 1 for length in lowest.shape), np.float32
        )
        find_disc_minima(upright, disc, halo, segments, lowest)
        find_disc_minima(inverted, disc, halo, segments, highest)
    np.negative(highest, out=highest)
