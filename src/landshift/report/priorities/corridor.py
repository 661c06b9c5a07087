"""The susceptibility along a road or a railway."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops
import xarray as xr

PIECE_M = 5000.0
"""Length of the line that is read at once [m]; bounds the memory of a long one."""


def profile_corridor(
    susceptibility: xr.DataArray,
    line: gpd.GeoDataFrame,
    *,
    buffer_m: float,
    step_m: float,
    origin: str = "the line",
) -> pd.DataFrame:
    """Summarise the cells along a line, step by step from its start.

    A cell counts if its centre is at most `buffer_m` from the line, at the step of the nearest
    point of the line.

    Parameters
    ----------
    susceptibility
        Map of dimensions ``(y, x)`` [1], NaN as no data, eager or dask-backed.
    line
        The line, in one or more parts that join end to end, in any CRS.
    buffer_m
        Half of the width of the corridor [m].
    step_m
        Length of a step [m]; the last one may be shorter.
    origin
        Name of the line in errors.

    Returns
    -------
    pandas.DataFrame
        A row per step with mapped cells: ``from_m``, ``to_m`` along the line, ``x``, ``y`` of its
        middle, ``cells``, and ``mean`` and ``maximum`` of the susceptibility [1].

    Raises
    ------
    ValueError
        If the parts do not make one line.
    """
    whole = _join(line.geometry.to_crs(str(susceptibility.odc.crs)), origin)
    steps = max(1, int(np.ceil(whole.length / step_m - 1e-9)))
    reach = max(1, int(PIECE_M // step_m))
    tables = [
        _summarise(susceptibility, whole, range(first, min(first + reach, steps)), buffer_m, step_m)
        for first in range(0, steps, reach)
    ]
    return pd.concat(tables, ignore_index=True)


def _join(shapes: gpd.GeoSeries, origin: str) -> shapely.LineString:
    # not united: a line that crosses itself would fall apart, and one that turns back be reordered
    parts = shapely.get_parts(shapes.to_numpy())
    kinds = sorted({part.geom_type for part in parts})
    if kinds == ["LineString"]:
        joined = shapely.line_merge(shapely.multilinestrings(parts)) if len(parts) > 1 else parts[0]
        if joined.geom_type == "LineString":
            return joined
    raise ValueError(
        f"{origin}: a corridor is one line whose parts join end to end, but this is "
        f"{', '.join(kinds)} of {len(parts)} parts; give each line its own file"
    )


def _summarise(susceptibility, line, steps, buffer_m, step_m) -> pd.DataFrame:
    start, stop = steps[0] * step_m, min((steps[-1] + 1) * step_m, line.length)
    around = shapely.ops.substring(line, start, stop).buffer(buffer_m).bounds
    values, centres = _read_centres(susceptibility, around)
    near = shapely.dwithin(centres, line, buffer_m) & ~np.isnan(values)
    places = shapely.line_locate_point(line, centres[near])
    step = np.minimum((places // step_m).astype(int), int(np.ceil(line.length / step_m - 1e-9)) - 1)
    table = pd.DataFrame({"step": step, "value": values[near].astype(np.float64)})
    # cells of another piece of the line that passes by belong to that piece
    table = table[table["step"].isin(steps)]
    found = table.groupby("step")["value"].agg(cells="size", mean="mean", maximum="max")
    begins = found.index.to_numpy() * step_m
    ends = np.minimum(begins + step_m, line.length)
    middles = shapely.line_interpolate_point(line, (begins + ends) / 2)
    places = {
        "from_m": begins,
        "to_m": ends,
        "x": shapely.get_x(middles),
        "y": shapely.get_y(middles),
    }
    return pd.concat([pd.DataFrame(places), found.reset_index(drop=True)], axis=1)


def _read_centres(susceptibility, bounds) -> tuple[np.ndarray, np.ndarray]:
    """Read values and cell centres, flat, of the cells in a box."""
    left, bottom, right, top = bounds
    x, y = susceptibility["x"].to_numpy(), susceptibility["y"].to_numpy()
    columns = np.flatnonzero((x >= left) & (x <= right))
    rows = np.flatnonzero((y >= bottom) & (y <= top))
    values = susceptibility.transpose("y", "x").isel(y=rows, x=columns).to_numpy()
    across, up = np.meshgrid(x[columns], y[rows])
    return values.ravel(), shapely.points(across.ravel(), up.ravel())
