"""Terrain factors: slope, aspect, curvature, position, relief and ruggedness from elevation.

Definitions, units and sources stand in `landshift.factors`, the fitted surface in
`landshift.surface_fit`. Windows are discs, so that maps show no squares; their radius is the
number in the factor's name. A window statistic counts the cells with data that the window holds,
so neither the edge of the raster nor a gap in it costs a cell. Elevations and slopes are averaged
in steps of 1/65536 m and 1/65536 degree, which makes sums exact.
"""

import math
from functools import partial

import numpy as np
import xarray as xr
from numba import njit

from landshift.blocks import map_with_halo
from landshift.elevation import check_elevation, rank_elevation, tabulate_elevation
from landshift.factors import FACTORS, factor_names, window_radius
from landshift.neighbourhood import (
    accumulate_rows,
    average_steps,
    compare_steps,
    deviate_steps,
    disc_half_widths,
    find_disc_minima,
    sum_discs,
    to_steps,
)
from landshift.raster import wrap_like
from landshift.surface_fit import build_stencil, fit_surface

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
        A float32 variable per factor of the group ``terrain`` (`landshift.factors`) with ``units``
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
    table = tabulate_elevation(dem.data)
    halo = max(
        FACTORS[name].halo_cells(resolution_m) for name in NAMES if name != "elevation_percentile"
    )
    derive = partial(_derive_block, resolution_m=resolution_m, halo=halo, table=table)
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
    block: np.ndarray, *, resolution_m: float, halo: int, table: np.ndarray
) -> np.ndarray:
    """Derive all factors of a block, in the order of `NAMES`; see `map_with_halo`."""
    elevation = block.astype(np.float64)
    centre = elevation[_trim(halo)]
    missing = np.isnan(block) if np.isnan(block).any() else None
    factors = {
        "elevation_percentile": rank_elevation(centre, table),
        "terrain_ruggedness": _measure_ruggedness(elevation, halo),
        **_derive_shapes(elevation, missing, resolution_m, halo),
        **_derive_positions(elevation, missing, resolution_m, halo),
        **_derive_reliefs(block.astype(np.float32), missing, resolution_m, halo),
    }
    result = np.empty((len(NAMES), *centre.shape), np.float32)
    for band, name in enumerate(NAMES):
        result[band] = factors[name]
    if missing is not None:
        result[:, missing[_trim(halo)]] = np.nan
    return result


def _radius(name: str, resolution_m: float) -> int:
    return window_radius(FACTORS[name].halo_m, resolution_m)


def _derive_shapes(
    elevation: np.ndarray, missing: np.ndarray | None, resolution_m: float, halo: int
) -> dict[str, np.ndarray]:
    """Derive what the fitted surfaces give, and the statistics of slope."""
    stencil = build_stencil(_radius("slope_90m", resolution_m), resolution_m)
    wide = fit_surface(elevation, stencil, halo)
    # slope is needed as far out as the widest window over it reaches
    reach = max(_radius(name, resolution_m) for name in ("slope_mean_300m", "slope_deviation"))
    local = fit_surface(elevation, build_stencil(1, resolution_m), halo - reach)
    inside = _trim(reach)
    around = None if missing is None else missing[_trim(halo - reach)]
    return {
        **{name: values[inside] for name, values in local._asdict().items()},
        "slope_90m": wide.slope,
        "profile_curvature_90m": wide.profile_curvature,
        "tangential_curvature_90m": wide.tangential_curvature,
        **_derive_slope_statistics(local.slope, around, resolution_m, reach),
    }


def _trim(margin: int) -> tuple[slice, slice]:
    return (slice(margin, -margin),) * 2


def _derive_slope_statistics(
    slope: np.ndarray, missing: np.ndarray | None, resolution_m: float, margin: int
) -> dict[str, np.ndarray]:
    """Derive mean and standard deviation of slope, which comes with a margin."""
    steps = to_steps(slope)
    running = accumulate_rows(steps)
    present = _accumulate_present(missing, steps.shape)
    disc = disc_half_widths(_radius("slope_mean_300m", resolution_m))
    wide_sum = sum_discs(running, disc, margin)
    wide_count = sum_discs(present, disc, margin)
    disc = disc_half_widths(_radius("slope_deviation", resolution_m))
    near_sum = sum_discs(running, disc, margin)
    near_square = sum_discs(accumulate_rows(steps * steps), disc, margin)
    near_count = sum_discs(present, disc, margin)
    return {
        "slope_mean_300m": average_steps(wide_sum, wide_count),
        "slope_deviation": deviate_steps(near_sum, near_square, near_count),
    }


def _derive_positions(
    elevation: np.ndarray, missing: np.ndarray | None, resolution_m: float, halo: int
) -> dict[str, np.ndarray]:
    """Derive elevation above the mean of the other cells in each disc."""
    steps = to_steps(elevation)
    running = accumulate_rows(steps)
    present = _accumulate_present(missing, steps.shape)
    positions = {}
    for name in ("tpi_90m", "tpi_300m", "tpi_900m"):
        disc = disc_half_widths(_radius(name, resolution_m))
        total, count = sum_discs(running, disc, halo), sum_discs(present, disc, halo)
        positions[name] = compare_steps(steps, total, count, halo)
    return positions


def _accumulate_present(missing: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    """Count the cells with data along every row."""
    present = np.ones(shape, np.int64) if missing is None else (~missing).astype(np.int64)
    return accumulate_rows(present)


def _derive_reliefs(
    elevation: np.ndarray, missing: np.ndarray | None, resolution_m: float, halo: int
) -> dict[str, np.ndarray]:
    """Derive the range of elevation in each disc and the place of the cell in it."""
    centre = elevation[_trim(halo)]
    upright, inverted = elevation, -elevation
    if missing is not None:
        upright, inverted = (
            np.where(missing, np.float32(np.inf), part) for part in (upright, inverted)
        )
    reliefs = {}
    for distance in ("150m", "450m"):
        disc = disc_half_widths(_radius(f"relief_{distance}", resolution_m))
        lowest = find_disc_minima(upright, disc, halo)
        relief = -find_disc_minima(inverted, disc, halo) - lowest
        reliefs[f"relief_{distance}"] = relief
        share = np.zeros_like(relief)
        np.divide(centre - lowest, relief, out=share, where=relief > 0)
        reliefs[f"relative_slope_position_{distance}"] = share
    disc = disc_half_widths(1)
    lowest = find_disc_minima(upright, disc, halo)
    reliefs["roughness"] = -find_disc_minima(inverted, disc, halo) - lowest
    return reliefs


@njit(nogil=True, cache=True, error_model="numpy")
def _measure_ruggedness(elevation, margin):
    """Root of the summed squared differences to eight neighbours; missing ones count as the mean.

    Parameters
    ----------
    elevation : numpy.ndarray
        Elevation [m], float64, with `margin` extra cells on each side, NaN as no data.
    margin : int
        Extra cells on each side.
    """
    rows = elevation.shape[0] - 2 * margin
    columns = elevation.shape[1] - 2 * margin
    ruggedness = np.empty((rows, columns), np.float32)
    for row in range(rows):
        result = ruggedness[row]
        north = elevation[row + margin - 1, margin - 1 :]
        here = elevation[row + margin, margin - 1 :]
        south = elevation[row + margin + 1, margin - 1 :]
        for column in range(columns):
            centre = here[column + 1]
            total = (here[column] - centre) ** 2 + (here[column + 2] - centre) ** 2
            for line in (north, south):
                total += (line[column] - centre) ** 2 + (line[column + 2] - centre) ** 2
                total += (line[column + 1] - centre) ** 2
            result[column] = math.sqrt(total)
        for column in range(columns):
            if np.isnan(result[column]):
                result[column] = _measure_with_gaps(elevation, row + margin, column + margin)
    return ruggedness


@njit(nogil=True, cache=True, error_model="numpy")
def _measure_with_gaps(elevation, row, column):
    total, count = 0.0, 0
    for down in range(-1, 2):
        for right in range(-1, 2):
            difference = elevation[row + down, column + right] - elevation[row, column]
            if (down != 0 or right != 0) and not np.isnan(difference):
                total += difference**2
                count += 1
    return math.sqrt(total * 8 / count) if count else 0.0
