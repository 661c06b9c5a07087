"""Factors of the drainage network: where water gathers, and how far and how high streams are.

They depend on the whole region: no halo makes a part of a raster exact. Depressions are filled;
streams, their orders and the ways to them follow single flow (D8); areas and heights follow
multiple flow (FD8), which leaves no stripes on hillslopes. A raster that fits in memory is routed
as one piece, a larger one window by window from disk, with the same bits.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dask
import numpy as np
import xarray as xr
from scipy.ndimage import binary_dilation, binary_fill_holes

from landshift.factors.drainage.distances import nearest_distances
from landshift.factors.drainage.filling import fill_depressions
from landshift.factors.drainage.framing import ELEVATION_UNIT_M, LEAVES, NODATA, frame
from landshift.factors.drainage.from_disk import (
    DiskRaster,
    RoutedTiles,
    Window,
    list_tiles,
    route_tiles,
    widen,
)
from landshift.factors.drainage.indices import derive_indices
from landshift.factors.drainage.multiple_flow import accumulate_multiple_flow, mean_heights
from landshift.factors.drainage.single_flow import (
    accumulate_single_flow,
    flow_directions,
    order_streams,
    path_lengths,
    trace_streams,
)
from landshift.factors.table import DISTANCE_CAP_M, FACTORS, factor_names
from landshift.factors.terrain.elevation import check_elevation
from landshift.geodata.raster import BLOCK, wrap_like

STREAM_AREA_M2 = 1.0e5
"""A cell that drains at least this area [m2] is part of a stream (0.1 km2)."""

RIVER_AREA_M2 = 2.0e6
"""A cell that drains at least this area [m2] is part of a river (2 km2)."""

FLOW_EXPONENT = 1.1
"""Exponent of the gradient in the shares of multiple flow (Freeman 1991)."""

LOWEST_GRADIENT = 1.0e-3
"""Gradient [m/m] that stands for flatter cells in the indices of wetness, power and transport."""

LARGEST_WHOLE = 400_000_000
"""A raster of more cells than this is routed from disk unless the caller says otherwise."""

TILE_SIZE = 2048
"""Edge of the tiles of such a raster [cells]."""


def derive_drainage_factors(dem: xr.DataArray, *, tile_size: int | None = None) -> xr.Dataset:
    """Derive the drainage factors of a region.

    ======================= ========= ============================================================
    factor                  unit      meaning
    ======================= ========= ============================================================
    upslope_area            log10(m2) area that drains through the cell, its own included
    specific_catchment_area log10(m)  that area over the width of the flow, ``a``
    twi                     ln(m)     topographic wetness index ``ln(a / g)``
    spi                     ln(m)     stream power index ``ln(a * g)``
    sti                     ln(1)     sediment transport index
                                      ``0.4 ln(a / 22.13) + 1.3 ln(sin(atan(g)) / 0.0896)``
    hand                    m         height above the nearest stream on the way down
    flow_distance           m         length of the way down to the nearest stream
    stream_order            1         Strahler's order of that stream, 0 where there is none
    stream_distance         m         distance to the nearest cell of a stream
    river_distance          m         distance to the nearest cell of a river
    ======================= ========= ============================================================

    Areas follow multiple flow. The width of the flow is the edge of a cell whatever the direction
    [1]_, and ``g`` is the gradient [m/m] of the elevation by Horn's weights, at least
    `LOWEST_GRADIENT`. The three indices are logarithms because power
    and transport spread over many magnitudes; that of transport is the logarithm of the slope
    length factor of Moore and Burch, which needs no soil.

    ``hand`` is the mean over all ways that water takes in multiple flow
    (`multiple_flow.mean_heights`): along single paths it would jump where two paths part.
    Distance and order follow the one D8 path. All are measured on the surface without
    depressions, so that heights are never negative and a filled lake lies at the level of its
    outlet; where a path leaves the raster before it meets a stream, its last cell takes the place
    of the stream. Distances are between cell centres and end at
    `table.DISTANCE_CAP_M`; those to the nearest stream and river in any direction are
    exact, and a region without one is that far from it everywhere. What lies beyond the raster's
    edge is unknown: neither its water nor its streams count.

    Parameters
    ----------
    dem
        Elevation [m] with dimensions ``(y, x)``, NaN as no data, square cells in a projected CRS
        in metres. A cell next to the edge or no data lets water out where no neighbour is lower.
        Eager or dask-backed.
    tile_size
        Edge of the tiles [cells] of a raster routed from disk, a window of two by two of which is
        in memory at a time. None routes rasters of up to `LARGEST_WHOLE` cells in memory and
        larger ones by tiles of `TILE_SIZE`. The values are the same bit for bit.

    Returns
    -------
    xarray.Dataset
        float32 on the grid of `dem`, NaN where it is NaN. Routed in memory, it is eager as `dem`
        is, or a single task that holds the whole raster (some 90 bytes a cell) in the chunks of
        `dem`: computing it piece by piece repeats that task, so call ``persist`` or ``compute``
        once. Routed from disk, which happens at once, it is dask-backed by unnamed temporary files
        (some 100 bytes a cell; environment variable ``TMPDIR``) that vanish with it.

    Raises
    ------
    ValueError
        If `landshift.factors.terrain.elevation.check_elevation` refuses it, an elevation is
        infinite, or the tiles have no cells.

    References
    ----------
    .. [1] Chirico, Western, Grayson, Bloeschl 2005, Hydrological Processes 19,
       doi:10.1002/hyp.5627

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> factors = derive_drainage_factors(region.layers["dem"])
    >>> factors["twi"].attrs["units"], bool(factors["hand"].min() >= 0)
    ('ln(m)', True)
    """
    check_elevation(dem)
    resolution_m = math.sqrt(dem.odc.geobox.resolution.x * -dem.odc.geobox.resolution.y)
    if tile_size is not None and tile_size < 1:
        raise ValueError(f"expected tiles of at least one cell, found tile_size = {tile_size}")
    if tile_size is not None or dem.size > LARGEST_WHOLE:
        values = _derive_from_disk(dem, resolution_m, tile_size or TILE_SIZE)
    elif dask.is_dask_collection(dem):
        import dask.array as da  # takes a third of a second, and small regions do without

        whole = dask.delayed(_derive_values, nout=len(factor_names("drainage")))
        values = [
            da.from_delayed(part, dem.shape, dtype=np.float32).rechunk(dem.chunks)
            for part in whole(dem.data, resolution_m)
        ]
    else:
        values = _derive_values(dem.values, resolution_m)
    return xr.Dataset(
        {
            name: wrap_like(
                part, dem, name=name, units=FACTORS[name].units, long_name=FACTORS[name].long_name
            )
            for name, part in zip(factor_names("drainage"), values, strict=True)
        }
    )


def measure_lost(dem: xr.DataArray) -> float:
    """Measure the share of a region that drains into gaps of its elevation model [1].

    Parameters
    ----------
    dem
        As for `derive_drainage_factors`, in memory.

    Returns
    -------
    float
        Of the cells with data, those whose D8 path ends next to a gap that does not reach the edge.
        Areas downstream of such gaps are too small.
    """
    elevation = dem.values
    missing = np.isnan(elevation)
    gaps = binary_fill_holes(~missing, np.ones((3, 3))) & missing
    if not gaps.any():
        return 0.0
    directions = flow_directions(fill_depressions(frame(elevation)))
    drained = accumulate_single_flow(directions)[1:-1, 1:-1]
    ends = binary_dilation(gaps, np.ones((3, 3))) & (directions[1:-1, 1:-1] == LEAVES)
    return float(drained[ends].sum() / (~missing).sum())


def _derive_values(elevation: np.ndarray, resolution_m: float) -> tuple[np.ndarray, ...]:
    """Derive the factors in the order of their bands, each of shape ``(y, x)``."""
    framed = frame(elevation)
    filled = fill_depressions(framed)
    # Hillslopes and streams need only the filled surface: one core takes hillslopes and then
    # distances, the other one all else.
    with ThreadPoolExecutor(max_workers=1) as pool:
        hillslopes = pool.submit(_derive_hillslopes, framed, filled, resolution_m)
        directions = flow_directions(filled)
        drained, orders = order_streams(directions, _stream_cells(resolution_m))
        missing = (framed == NODATA)[1:-1, 1:-1]
        rivers = _is_river(drained, resolution_m)
        distances = pool.submit(_derive_distances, orders > 0, rivers, missing, resolution_m)
        del drained, rivers
        steps, reached = trace_streams(directions, orders)
        ways = _measure_ways(steps[1:-1, 1:-1], reached[1:-1, 1:-1], missing, resolution_m)
        del directions, steps, reached
        heights = mean_heights(filled, orders, FLOW_EXPONENT)
        hand = _measure_heights(heights[1:-1, 1:-1], missing)
        del heights
        return (*hillslopes.result(), hand, *ways, *distances.result())


def _derive_hillslopes(
    framed: np.ndarray, filled: np.ndarray, resolution_m: float
) -> tuple[np.ndarray, ...]:
    flowing = accumulate_multiple_flow(filled, FLOW_EXPONENT)
    return tuple(_derive_indices(framed, flowing, resolution_m))


def _derive_distances(
    streams: np.ndarray, rivers: np.ndarray, missing: np.ndarray, resolution_m: float
) -> tuple[np.ndarray, ...]:
    return tuple(
        _blank(_feature_distance(features[1:-1, 1:-1], resolution_m), missing)
        for features in (streams, rivers)
    )


def _derive_indices(elevation: np.ndarray, flowing: np.ndarray, resolution_m: float) -> np.ndarray:
    return derive_indices(
        elevation, flowing, resolution_m=resolution_m, lowest_gradient=LOWEST_GRADIENT
    )


def _derive_from_disk(dem: xr.DataArray, resolution_m: float, tile_size: int) -> list[Any]:
    """Derive dask arrays with the values of `_derive_values`, from windows of rasters on disk."""
    import dask.array as da

    elevation = DiskRaster([size + 2 for size in dem.shape], np.int64, beyond=NODATA)
    for tile in list_tiles(elevation.shape, tile_size):
        rows, columns = _without_frame(tile)
        part = dem.isel(y=rows, x=columns).values
        elevation[tile] = frame(part)[1:-1, 1:-1]
    routed = route_tiles(
        elevation,
        tile_size=tile_size,
        exponent=FLOW_EXPONENT,
        stream_cells=_stream_cells(resolution_m),
    )
    factors = [DiskRaster(dem.shape, np.float32) for _ in factor_names("drainage")]
    for tile in list_tiles(elevation.shape, tile_size):
        for factor, values in zip(factors, _derive_tile(routed, tile, resolution_m), strict=True):
            factor[_without_frame(tile)] = values
    chunks = dem.chunks or (BLOCK, dem.shape[1])
    return [da.from_array(factor, chunks=chunks, name=False) for factor in factors]


def _derive_tile(routed: RoutedTiles, tile: Window, resolution_m: float) -> tuple[np.ndarray, ...]:
    """Derive the factors of one tile in the order of their bands."""
    shape = routed.elevation.shape
    ringed = widen(tile, 1, shape)
    indices = _derive_indices(routed.elevation[ringed], routed.flowing[ringed], resolution_m)
    missing = routed.elevation[tile] == NODATA
    hand = _measure_heights(routed.heights[tile], missing)
    ways = _measure_ways(routed.steps[tile], routed.reached[tile], missing, resolution_m)
    wide = widen(tile, int(np.ceil(DISTANCE_CAP_M / resolution_m)) + 1, shape)
    inner = tuple(
        slice(part.start - around.start, part.stop - around.start)
        for part, around in zip(tile, wide, strict=True)
    )
    distances = (
        _blank(_feature_distance(features, resolution_m)[inner], missing)
        for features in (routed.orders[wide] > 0, _is_river(routed.drained[wide], resolution_m))
    )
    return *indices, hand, *ways, *distances


def _without_frame(tile: Window) -> Window:
    rows, columns = (slice(part.start - 1, part.stop - 1) for part in tile)
    return rows, columns


def _stream_cells(resolution_m: float) -> float:
    return STREAM_AREA_M2 / resolution_m**2


def _is_river(drained: np.ndarray, resolution_m: float) -> np.ndarray:
    return drained >= RIVER_AREA_M2 / resolution_m**2


def _measure_ways(
    steps: np.ndarray, reached: np.ndarray, missing: np.ndarray, resolution_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance to the stream along the flow [m], and the stream's order."""
    lengths_m = path_lengths(steps, resolution_m, DISTANCE_CAP_M)
    return _blank(lengths_m, missing), _blank(reached, missing)


def _measure_heights(heights: np.ndarray, missing: np.ndarray) -> np.ndarray:
    heights_m = _blank(heights, missing)
    heights_m *= np.float32(ELEVATION_UNIT_M)  # a power of 2: exact
    return heights_m


def _feature_distance(features: np.ndarray, resolution_m: float) -> np.ndarray:
    farthest = DISTANCE_CAP_M / resolution_m
    distances = nearest_distances(features, farthest)
    distances *= np.float32(resolution_m)
    return np.minimum(distances, np.float32(DISTANCE_CAP_M), out=distances)


def _blank(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Turn fresh values into float32 with NaN where there are no data."""
    blanked = values.astype(np.float32, copy=False)
    blanked[missing] = np.nan
    return blanked
