"""Factors of the drainage network: where water gathers, and how far and how high streams are.

They depend on the whole region: no halo makes a part of a raster exact, so the raster is routed as
one piece. Depressions are filled, streams and heights above them follow single flow (D8), and the
factors of hillslopes follow multiple flow (FD8), which leaves no stripes on them.
"""

import dask
import dask.array
import numpy as np
import xarray as xr

from landshift import flow
from landshift.factors import DISTANCE_CAP_M, FACTORS, factor_names
from landshift.raster import wrap_like

STREAM_AREA_M2 = 1.0e5
"""A cell that drains at least this area [m2] is part of a stream (0.1 km2)."""

RIVER_AREA_M2 = 2.0e6
"""A cell that drains at least this area [m2] is part of a river (2 km2)."""

FLOW_EXPONENT = 1.1
"""Exponent of the gradient in the shares of multiple flow (Freeman 1991)."""

LOWEST_GRADIENT = 1.0e-3
"""Gradient [m/m] that stands for flatter cells in the wetness and the stream power index."""


def derive_drainage_factors(dem: xr.DataArray) -> xr.Dataset:
    """Derive the drainage factors of a region.

    =============== ========= ====================================================================
    factor          unit      meaning
    =============== ========= ====================================================================
    upslope_area    log10(m2) area that drains through the cell, its own included (multiple flow)
    twi             ln(m)     topographic wetness index ``ln(a / g)``
    spi             ln(m)     stream power index ``ln(a * g)``
    hand            m         height above the first stream cell on the way down
    stream_distance m         distance to the nearest cell of a stream
    river_distance  m         distance to the nearest cell of a river
    =============== ========= ====================================================================

    ``a`` is the specific catchment area [m]: upslope area over the width of the flow, for which
    the edge of a cell is taken whatever the direction [1]_. ``g`` is the gradient [m/m] of the
    elevation by Horn's weights, at least `LOWEST_GRADIENT`.

    Heights follow the D8 path over the surface without depressions, so that they are never
    negative and a filled lake lies at the level of its outlet; where a path leaves the raster
    before it meets a stream, its last cell takes the place of the stream. Distances are
    exact, between cell centres, and end at `landshift.factors.DISTANCE_CAP_M`; a region without a
    stream or river is that far from one everywhere. What lies beyond the raster's edge is unknown:
    neither its water nor its streams count.

    Parameters
    ----------
    dem
        Elevation [m] with dimensions ``(y, x)``, NaN as no data, square cells in a projected CRS
        in metres. A cell beside the edge or no data lets water out where no neighbour is lower.
        Eager or dask-backed.

    Returns
    -------
    xarray.Dataset
        float32 on the grid of `dem`, NaN where it is NaN. Dask-backed if `dem` is, in the chunks of
        `dem`: one task holds the whole raster in memory (some 70 bytes a cell), and computing the
        result piece by piece repeats that task, so call ``persist`` or ``compute`` on it once.

    Raises
    ------
    ValueError
        If dimensions, CRS or the shape of the cells are not as above, or an elevation is infinite.

    References
    ----------
    .. [1] Chirico, Western, Grayson, Bloeschl 2005, Hydrological Processes 19,
       doi:10.1002/hyp.5627
    """
    resolution_m = _cell_edge(dem)
    names = factor_names("drainage")
    if dask.is_dask_collection(dem):
        whole = dask.delayed(_derive_values, nout=len(names))(dem.data, resolution_m)
        values = [
            dask.array.from_delayed(part, dem.shape, dtype=np.float32).rechunk(dem.chunks)
            for part in whole
        ]
    else:
        values = _derive_values(dem.values, resolution_m)
    return xr.Dataset(
        {
            name: wrap_like(
                part, dem, name=name, units=FACTORS[name].units, long_name=FACTORS[name].long_name
            )
            for name, part in zip(names, values, strict=True)
        }
    )


def _cell_edge(dem: xr.DataArray) -> float:
    """Return the edge of a cell [m] of an elevation model that can be routed."""
    if dem.dims != ("y", "x"):
        raise ValueError(f"expected an elevation model with dimensions (y, x), found {dem.dims}")
    grid = dem.odc.geobox
    if grid is None or grid.crs is None or set(grid.crs.units) != {"metre"}:
        found = "none" if grid is None or grid.crs is None else grid.crs.proj.name
        raise ValueError(
            f"expected an elevation model in a projected CRS in metres, found {found}; "
            "align it to such a grid first"
        )
    width, height = abs(grid.resolution.x), abs(grid.resolution.y)
    if not np.isclose(width, height, rtol=1e-3):
        raise ValueError(
            f"expected square cells, found {width} x {height} m; align the elevation model to a "
            "grid with one resolution first"
        )
    return float(np.sqrt(width * height))


def _derive_values(elevation: np.ndarray, resolution_m: float) -> tuple[np.ndarray, ...]:
    """Derive the factors in the order of their bands, each of shape ``(y, x)``."""
    framed = flow.frame(elevation)
    filled = flow.fill_depressions(framed)
    upslope_area, twi, spi = _wetness(framed, filled, resolution_m)
    directions = flow.flow_directions(filled)
    drained = flow.accumulate_single_flow(directions)
    streams = drained >= STREAM_AREA_M2 / resolution_m**2
    rivers = drained >= RIVER_AREA_M2 / resolution_m**2
    hand = _height_above_stream(filled, directions, streams)
    factors = (
        upslope_area,
        twi,
        spi,
        hand,
        _feature_distance(streams, resolution_m),
        _feature_distance(rivers, resolution_m),
    )
    missing = np.isnan(elevation)
    for values in factors:
        values[missing] = np.nan
    return factors


def _wetness(
    framed: np.ndarray, filled: np.ndarray, resolution_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return upslope area [log10(m2)], wetness index [ln(m)] and stream power index [ln(m)]."""
    flowing = flow.accumulate_multiple_flow(filled, FLOW_EXPONENT)[1:-1, 1:-1]
    # Cells without data count as one cell here; they are blanked at the end.
    log_cells = np.log(np.maximum(flowing * flow.FLOW_UNIT, 1.0)).astype(np.float32)
    gradient = flow.slope_gradients(framed) * (flow.ELEVATION_UNIT_M / resolution_m)
    log_gradient = np.log(np.maximum(gradient, LOWEST_GRADIENT)).astype(np.float32)
    log_width = log_cells + np.float32(np.log(resolution_m))
    log_area = log_width + np.float32(np.log(resolution_m))
    return log_area * np.float32(np.log10(np.e)), log_width - log_gradient, log_width + log_gradient


def _height_above_stream(
    filled: np.ndarray, directions: np.ndarray, streams: np.ndarray
) -> np.ndarray:
    bases = flow.base_levels(filled, directions, streams)
    heights = (filled - bases)[1:-1, 1:-1] * flow.ELEVATION_UNIT_M
    return heights.astype(np.float32)


def _feature_distance(features: np.ndarray, resolution_m: float) -> np.ndarray:
    farthest = DISTANCE_CAP_M / resolution_m
    cells = flow.nearest_distances(features[1:-1, 1:-1], farthest)
    return np.minimum(cells * np.float32(resolution_m), np.float32(DISTANCE_CAP_M))
