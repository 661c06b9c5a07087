"""Cells of an elevation model that are no land: seas, lakes, gaps, and a mark of no data.

Water lies exactly level in an elevation model, land does not, but for steps of whole metres: these
have lower ground next to them. A mark of no data that the file does not declare is one value that
fills many cells and lies far from all its neighbours.
"""

import numpy as np
import xarray as xr
from numba import njit
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio.fill import fillnodata
from scipy.ndimage import find_objects, label

from landshift.acquire.layer import Layer
from landshift.geodata.alignment import align_raster
from landshift.geodata.raster import BLOCK

LEAST_WATER_KM2 = 0.1
"""Smaller flats are left alone [km2]."""

LEAST_WATER_CELLS = 50
"""Flats of fewer cells are left alone [1]."""

MOST_LOWER = 0.02
"""Share of the shore of a lake that may lie lower, where it flows out [1]."""

MOST_LOWER_OF_SEA = 0.5
"""The same of a sea: beaches are noisy."""

LEAST_STEP_M = 0.05
"""Elevations that differ by at least this are in steps [m]."""

LEAST_SHARE = 0.03
"""Share of the cells with data that a mark of no data fills at least [1]."""

LEAST_JUMP = 20.0
"""A mark of no data lies this many times farther from its neighbours than others do [1]."""

MOST_BRIDGED_KM2 = 1.0
"""Water crosses gaps of up to this size [km2]."""

_MOST_VALUES = 5
_SAMPLE = 1_000_000
_OUTLET = 2
_SEEN = 1
_DEGREE_M = 111_320.0
_NOWHERE = 255
_SMALL, _LARGE = 2, 3

IN_SEA, IN_LAKE = 1, 2
"""Marks of `find_water`."""


def find_mark(values: np.ndarray) -> tuple[float, float] | None:
    """Find a value that fills many cells of a raster and jumps to its neighbours.

    Parameters
    ----------
    values
        Measurements, shape ``(y, x)``, NaN as no data.

    Returns
    -------
    value : float
        The most frequent such value [unit of `values`].
    share : float
        Of the cells with data [1].
    """
    for value in _list_frequent(values):
        count, known = (0, 0)
        jumps, steps = [], []
        for strip in _cut_rows(values):
            same = strip == value
            count += int(same[:BLOCK].sum())
            known += int(np.isfinite(strip[:BLOCK]).sum())
            for axis in (0, 1):
                step = np.abs(np.diff(strip, axis=axis))
                ends = [np.diff(same.astype(np.int8), axis=axis) != 0, np.isfinite(step)]
                jumps.append(step[ends[0] & ends[1]])
                inner = step[ends[1] & ~ends[0] & (step > 0)]
                steps.append(inner[:: 1 + inner.size * (len(values) // BLOCK + 1) // _SAMPLE])
        jump, step = np.concatenate(jumps), np.concatenate(steps)
        # a raster of two values, yes and no, has no other steps
        if not jump.size or not step.size or count < LEAST_SHARE * known:
            continue
        if np.median(jump) >= LEAST_JUMP * np.median(step):
            return value, count / known
    return None


def _list_frequent(values: np.ndarray) -> list[float]:
    """List values that many cells of a sample hold, the most frequent first."""
    sample = values.ravel()[:: 1 + values.size // _SAMPLE]
    found, counts = np.unique(sample[np.isfinite(sample)], return_counts=True)
    often = counts > LEAST_SHARE / 2 * max(1, counts.sum())
    order = np.argsort(-counts[often], kind="stable")[:_MOST_VALUES]
    return [float(value) for value in found[often][order]]


def _cut_rows(values: np.ndarray):
    """Cut into strips of rows, each with the first row of the next one."""
    for first in range(0, len(values), BLOCK):
        yield values[first : first + BLOCK + 1]


def find_water(elevation: np.ndarray, cell_m2: float) -> np.ndarray:
    """Find seas and lakes.

    A flat is a connected area of cells of exactly one elevation, of at least `LEAST_WATER_KM2` and
    `LEAST_WATER_CELLS`. It is a sea if it lies at 0 m, reaches the edge or cells without data, and
    most cells next to it are not lower; and a lake if hardly any cell next to it is lower. Where
    elevations are in steps, as whole metres are, a lake must not reach the edge: the ground beyond
    may be lower.

    Parameters
    ----------
    elevation
        Elevation [m], shape ``(y, x)``, NaN as no data.
    cell_m2
        Area of a cell [m2].

    Returns
    -------
    numpy.ndarray
        uint8 of the same shape: 1 in a sea, 2 in a lake, else 0.
    """
    values = np.ascontiguousarray(elevation, np.float32)
    least = max(LEAST_WATER_CELLS, int(np.ceil(LEAST_WATER_KM2 * 1e6 / cell_m2)))
    water = np.zeros(values.shape, np.uint8)
    stepped = _find_step(values) >= LEAST_STEP_M
    _mark_water(values, water, least, stepped, MOST_LOWER, MOST_LOWER_OF_SEA)
    return water


def _find_step(values: np.ndarray) -> float:
    """Find the smallest difference between neighbours in a sample of rows [m]."""
    steps = np.abs(np.diff(values[:: 1 + values.size // _SAMPLE], axis=1))
    return float(np.min(steps, where=steps > 0, initial=np.inf))


def leave_out_mark(
    elevation: xr.DataArray, *, origin: str, name: str
) -> tuple[xr.DataArray, tuple[str, ...]]:
    """Leave out a value that must be a mark of no data, and say so.

    Parameters
    ----------
    elevation
        Elevation [m], NaN as no data.
    origin, name
        How the note names the file and its layer.
    """
    found = find_mark(elevation.to_numpy())
    if found is None:
        return elevation, ()
    note = _describe_mark(origin, *found, f"taken for no data; declare it: `nodata` of {name}")
    return elevation.where(elevation != np.float32(found[0])).assign_attrs(elevation.attrs), (note,)


def describe_mark(values: xr.DataArray, layer: Layer, *, name: str) -> tuple[str, ...]:
    """Say which value of a layer of measurements may be a mark of no data; it is left as it is.

    Parameters
    ----------
    values
        Measurements, NaN as no data.
    layer
        Where they come from.
    name
        Name of the layer.
    """
    found = find_mark(values.to_numpy())
    if found is None:
        return ()
    return (
        _describe_mark(layer.name, *found, f"if it means no data, declare it: `nodata` of {name}"),
    )


def _describe_mark(origin: str, value: float, share: float, remedy: str) -> str:
    return (
        f"{origin}: {share:.1%} of its cells are {value:g}, far from all cells next to them; "
        f"{remedy}"
    )


def leave_out_sea(elevation: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Leave out the sea of an elevation model, and find its lakes.

    Parameters
    ----------
    elevation
        Elevation [m] on its own grid, NaN as no data.

    Returns
    -------
    elevation : xarray.DataArray
        NaN in the sea too.
    water : xarray.DataArray
        As from `find_water`.
    """
    grid = elevation.odc.geobox
    water = find_water(elevation.to_numpy(), _measure_cell(grid))
    placed = wrap_xr(water, grid).assign_attrs(nodata=_NOWHERE)
    if not (water == IN_SEA).any():
        return elevation, placed
    return elevation.where(water != IN_SEA).assign_attrs(elevation.attrs), placed


def _measure_cell(grid: GeoBox) -> float:
    """Measure a cell in the middle of a grid [m2]."""
    width, height = map(abs, grid.resolution.xy)
    if grid.crs.projected:
        east, north = (axis.unit_conversion_factor for axis in grid.crs.proj.axis_info[:2])
        return width * east * height * north
    _, south, _, north = grid.boundingbox.bbox
    return width * height * _DEGREE_M**2 * np.cos(np.deg2rad((south + north) / 2))


def place_water(water: xr.DataArray, grid: GeoBox) -> tuple[xr.DataArray | None, tuple[str, ...]]:
    """Bring the water of `leave_out_sea` onto the grid of a region, and say how much it is.

    Returns
    -------
    lakes : xarray.DataArray or None
        uint8, 1 in a lake, else 0; None without any.
    notes : tuple of str
        Share of the region that is water; empty without any.
    """
    if not water.any():
        return None, ()
    placed = align_raster(water, grid)
    sea, lakes = (float((placed == mark).mean()) for mark in (IN_SEA, IN_LAKE))
    if not sea and not lakes:
        return None, ()
    note = (
        f"{sea + lakes:.1%} of the region is water, exactly level in the elevation model "
        f"(sea {sea:.1%}, lakes {lakes:.1%}): neither sampled nor mapped"
    )
    return ((placed == IN_LAKE).astype(np.uint8) if lakes else None), (note,)


def bridge_gaps(
    elevation: xr.DataArray,
) -> tuple[xr.DataArray, xr.DataArray | None, tuple[str, ...]]:
    """Interpolate the elevation in small gaps amid a region, so that water finds its way.

    Parameters
    ----------
    elevation
        Elevation [m] on the grid of a region, NaN as no data.

    Returns
    -------
    elevation : xarray.DataArray
        With data in gaps of up to `MOST_BRIDGED_KM2` that do not reach the edge: weighted by the
        inverse distance to the data around them.
    bridged : xarray.DataArray or None
        uint8, 1 where that was done, else 0; None where there is no such gap.
    notes : tuple of str
        Shares of the region in small and in larger gaps; empty without any.
    """
    empty = np.isnan(elevation.to_numpy()).astype(np.uint8)
    if not empty.any():
        return elevation, None, ()
    gaps = np.zeros(empty.shape, np.uint8)
    _mark_gaps(empty, gaps, int(MOST_BRIDGED_KM2 * 1e6 / _measure_cell(elevation.odc.geobox)))
    small, large = (float((gaps == mark).mean()) for mark in (_SMALL, _LARGE))
    if not small and not large:
        return elevation, None, ()
    note = (
        f"{small + large:.1%} of the region has no elevation in gaps amid it: {small:.1%} in gaps "
        f"of up to {MOST_BRIDGED_KM2:g} km2, which water crosses on interpolated ground, and "
        f"{large:.1%} in larger ones, where water is lost, so that areas below them are too small; "
        "none is sampled or mapped"
    )
    if not small:
        return elevation, None, (note,)
    bridged = gaps == _SMALL
    filled = elevation.copy(data=_interpolate(elevation.to_numpy(), empty, bridged))
    return filled, wrap_xr(bridged.astype(np.uint8), elevation.odc.geobox), (note,)


def _interpolate(values: np.ndarray, empty: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    filled = values.copy()
    labels, _ = label(wanted)
    for rows, columns in find_objects(labels):
        # with the cells around it
        part = tuple(slice(max(0, each.start - 1), each.stop + 1) for each in (rows, columns))
        reach = float(max(filled[part].shape))
        found = fillnodata(values[part].copy(), mask=1 - empty[part], max_search_distance=reach)
        filled[part] = np.where(wanted[part], found, filled[part])
    return filled


@njit(nogil=True, cache=True)
def _mark_gaps(empty, gaps, most):
    """Mark what is enclosed: 2 in gaps of up to `most` cells, 3 in larger ones, 1 elsewhere."""
    height, width = empty.shape
    stack = np.empty(1024, np.int64)
    for row in range(height):
        for column in range(width):
            if not empty[row, column] or gaps[row, column]:
                continue
            cells, _, _, open_edge, stack = _fill(empty, gaps, row, column, _SEEN, stack)
            if not open_edge:
                mark = _SMALL if cells <= most else _LARGE
                stack = _fill(empty, gaps, row, column, mark, stack)[4]


@njit(nogil=True, cache=True)
def _mark_water(values, water, least, stepped, most_lower, most_lower_of_sea):
    """Mark seas and lakes in `water`, which holds zeros: 1 and 2 where they are."""
    height, width = values.shape
    stack = np.empty(1024, np.int64)
    for row in range(0, height - 1, 2):
        for column in range(0, width - 1, 2):
            value = values[row, column]
            # water of notable size holds such squares; single cells are not worth a look
            if np.isnan(value) or water[row, column] or not _is_square(values, row, column):
                continue
            cells, shore, lower, open_edge, stack = _fill(values, water, row, column, _SEEN, stack)
            if cells < least:
                continue
            sea = value == 0.0 and open_edge and lower <= most_lower_of_sea * shore
            lake = lower <= max(_OUTLET, most_lower * shore) and not (stepped and open_edge)
            if sea or lake:
                mark = _SEEN + (IN_SEA if sea else IN_LAKE)
                stack = _fill(values, water, row, column, mark, stack)[4]
    for row in range(height):
        for column in range(width):
            if water[row, column]:
                water[row, column] -= _SEEN


@njit(nogil=True, cache=True)
def _is_square(values, row, column):
    value = values[row, column]
    return (
        values[row, column + 1] == value
        and values[row + 1, column] == value
        and values[row + 1, column + 1] == value
    )


@njit(nogil=True, cache=True)
def _fill(values, marks, row, column, mark, stack):
    """Mark a flat, run by run of cells of a row, and count what lies in and around it."""
    height, width = values.shape
    value, before = values[row, column], marks[row, column]
    cells, shore, lower, open_edge = 0, 0, 0, False
    stack[0], waiting = row * width + column, 1
    while waiting:
        waiting -= 1
        row, first = divmod(stack[waiting], width)
        if marks[row, first] != before:
            continue
        last = first
        while first > 0 and values[row, first - 1] == value:
            first -= 1
        while last < width - 1 and values[row, last + 1] == value:
            last += 1
        marks[row, first : last + 1] = mark
        cells += last + 1 - first
        for side in (first - 1, last + 1):
            if side < 0 or side >= width or np.isnan(values[row, side]):
                open_edge = True
            else:
                shore += 1
                lower += values[row, side] < value
        for beside in (row - 1, row + 1):
            if beside < 0 or beside >= height:
                open_edge = True
                continue
            inside = False
            for place in range(first, last + 1):
                near = values[beside, place]
                if near == value:
                    if not inside and marks[beside, place] == before:
                        if waiting == len(stack):
                            larger = np.empty(2 * len(stack), np.int64)
                            larger[:waiting] = stack
                            stack = larger
                        stack[waiting] = beside * width + place
                        waiting += 1
                    inside = True
                    continue
                inside = False
                if np.isnan(near):
                    open_edge = True
                else:
                    shore += 1
                    lower += near < value
    return cells, shore, lower, open_edge, stack
