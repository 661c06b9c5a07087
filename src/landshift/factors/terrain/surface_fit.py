"""Slope, aspect and curvature from a quadratic surface fitted around every cell.

The surface ``z = z0 + p x + q y + r x^2 / 2 + s x y + t y^2 / 2`` (x east, y north) is fitted by
weighted least squares. The weights are a Hann window in both directions,
``cos^2(pi i / (2 (k + 1)))`` for the offsets i = -k..k. On 3x3 cells (k = 1) they are 1-2-1, and
p and q are those of Horn (1981), the slope and aspect that GDAL gives; unlike Horn's formula the
fit also gives second derivatives of the same surface, and it widens smoothly to any scale: a Hann
window lets no stripes or squares through, as a box would. Surfaces up to the second degree are
reproduced exactly. Because the weights are separable, the fit is a few one-dimensional filters.

Sign of curvatures: positive where the ground is convex (ridges, shoulders), as on a sphere of
radius R, where both normal curvatures are 1 / R. Where the gradient vanishes both are their mean
over all directions, ``-(r + t) / 2``.

Plan curvature is that of the contour itself, in the horizontal plane: one over the radius of its
circle, whatever the slope. Tangential curvature is that times the sine of the slope, so it fades on
gentle ground, where contours wander. A contour tighter than a circle of one cell's radius is not
resolved: plan curvature is cut at plus and minus one over the cell, which summits and pits reach.

A missing neighbour is replaced by the plane through the centre fitted to the neighbours there
are. Every cell with an elevation therefore has a value, right to the edge of the data.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from landshift.runtime.blocks import Scratch
from landshift.runtime.portable_math import arctan_degrees

_FLAT = 1e-12
"""Squared gradient below which a surface has no direction."""


class Stencil(NamedTuple):
    """One-dimensional filters of the fit, for the offsets -k..k."""

    weight: np.ndarray
    """Weights of the fit."""
    level: np.ndarray
    """Gives the smoothed value."""
    tilt: np.ndarray
    """Gives the first derivative [1/m]."""
    bend: np.ndarray
    """Gives the second derivative [1/m2]."""


def build_stencil(radius: int, resolution_m: float) -> Stencil:
    """Build the filters of the weighted quadratic fit.

    Parameters
    ----------
    radius
        Cells on either side of the centre.
    resolution_m
        Edge of a cell [m].

    Examples
    --------
    >>> (build_stencil(1, 1.0).level * 4).round(12)
    array([1., 2., 1.])
    """
    offset = np.arange(-radius, radius + 1, dtype=np.float64)
    weight = np.cos(np.pi * offset / (2 * (radius + 1))) ** 2
    second_moment = (weight * offset**2).sum()
    spread = offset**2 - second_moment / weight.sum()
    return Stencil(
        weight=weight,
        level=weight / weight.sum(),
        tilt=weight * offset / second_moment / resolution_m,
        bend=2 * weight * spread / (weight * spread**2).sum() / resolution_m**2,
    )


class SurfaceShape(NamedTuple):
    """Arrays of one shape that receive the shape of the fitted surface, NaN as no data.

    Aspect, plan curvature and gradient may be arrays without rows, which are left as they are.
    """

    slope: np.ndarray
    """Angle to the horizontal [degree], float32."""
    northness: np.ndarray
    """Cosine of the aspect, the downslope direction clockwise from north; 0 on flats; float32."""
    eastness: np.ndarray
    """Sine of the aspect; 0 on flats; float32."""
    profile_curvature: np.ndarray
    """Curvature of the normal section along the slope line [1/m], float32."""
    tangential_curvature: np.ndarray
    """Curvature of the normal section across the slope line, along the contour [1/m], float32."""
    plan_curvature: np.ndarray
    """Curvature of the contour in the horizontal plane [1/m], float32."""
    east: np.ndarray
    """Gradient towards east [1], float64."""
    north: np.ndarray
    """Gradient towards north [1], float64."""


def fit_surface(
    elevation: np.ndarray,
    stencil: Stencil,
    margin: int,
    shape: SurfaceShape,
    *,
    resolution_m: float,
    scratch: Scratch,
) -> None:
    """Fit the surface around every cell.

    Parameters
    ----------
    elevation
        Shape ``(rows + 2 margin, columns + 2 margin)``, float64 [m], north-up, NaN as no data.
    stencil
        Filters of `build_stencil`; their radius is at most `margin`.
    margin
        Extra cells on each side [cells].
    shape
        Receives the results: arrays of shape ``(rows, columns)``; some may be without rows.
    resolution_m
        Edge of a cell [m]: contours are not followed round a circle of a smaller radius.
    scratch
        Memory for the filtered rows.
    """
    rows, columns = (length - 2 * margin for length in elevation.shape)
    with scratch.scope():
        filtered = scratch.take((3, rows + stencil.weight.size - 1, columns))
        surface = scratch.take((5, columns))
        gaps = _GapSums(
            rows=scratch.take((stencil.weight.size, 3, 3, columns)),
            references=scratch.take((stencil.weight.size, columns)),
            summed=np.full(stencil.weight.size, -1),
            windows=scratch.take((5, 3, columns)),
        )
        _fit(elevation, *stencil, margin, 1 / resolution_m, filtered, surface, gaps, shape)


class _GapSums(NamedTuple):
    """Memory for the sums over windows that lack cells.

    Every sum is a triple: of the heights, of the weights, and of the weights times the offset. Sums
    over the row r of a window stand at r modulo the height of the window.
    """

    rows: np.ndarray
    """By the filters weight, tilt and bend along a row: shape ``(height, 3, 3, columns)``."""
    references: np.ndarray
    """Elevation above which the heights of a row count [m], shape ``(height, columns)``."""
    summed: np.ndarray
    """Which row of the elevations stands there."""
    windows: np.ndarray
    """Over windows, see `_sum_windows`: shape ``(5, 3, columns)``."""


@njit(nogil=True, cache=True, error_model="numpy")
def _fit(
    elevation, weight, level, tilt, bend, margin, per_cell, filtered, surface, gaps, shape
):  # fmt: skip
    rows = elevation.shape[0] - 2 * margin
    columns = elevation.shape[1] - 2 * margin
    radius = weight.size // 2
    smooth, steep, curved = filtered[0], filtered[1], filtered[2]
    _filter_rows(elevation, level, tilt, bend, margin, smooth, steep, curved)
    span = _find_span(curved)
    for row in range(rows):
        _filter_columns(smooth, steep, curved, level, tilt, bend, row + radius, surface)
        centre = elevation[row + margin, margin : margin + columns]
        first, beyond = _find_gaps(centre, surface[2], 0)
        while first < beyond:
            run = (first, beyond)
            _sum_windows(elevation, weight, bend, row + margin, margin, span, run, gaps)
            _fit_with_gaps(run, weight, level, tilt, per_cell, gaps.windows, surface)
            first, beyond = _find_gaps(centre, surface[2], beyond)
        _write_slope(surface[0], surface[1], shape.slope[row])
        _write_curvature(surface, shape.profile_curvature[row], shape.tangential_curvature[row])
        if shape.northness.size:
            _write_aspect(surface[0], surface[1], shape.northness[row], shape.eastness[row])
        if shape.plan_curvature.size:
            _write_plan_curvature(surface, per_cell, shape.plan_curvature[row])
        if shape.east.size:
            _copy_row(surface[0], shape.east[row])
            _copy_row(surface[1], shape.north[row])


@njit(nogil=True, cache=True)
def _copy_row(source, result):
    # an assignment of slices does the same, but takes seconds to compile
    for column in range(result.size):
        result[column] = source[column]


@njit(nogil=True, cache=True)
def _filter_rows(elevation, level, tilt, bend, margin, smooth, steep, curved):
    radius = level.size // 2
    for row in range(smooth.shape[0]):
        source = elevation[row + margin - radius]
        _copy_row(source[margin:], smooth[row])
        steep[row] = 0.0
        curved[row] = 0.0
        for offset in range(1, radius - 1, 3):
            _filter_row_by_three(
                source, margin, offset, level, tilt, bend, smooth[row], steep[row], curved[row]
            )
        for offset in range(radius - radius % 3 + 1, radius + 1):
            _filter_row_by_one(
                source, margin, offset, level, tilt, bend, smooth[row], steep[row], curved[row]
            )


# Differences from the centre, in pairs, make flats and planes come out exact. Three offsets at once
# save two of three passes over the results.


@njit(nogil=True, cache=True)
def _filter_row_by_one(source, margin, offset, level, tilt, bend, smooth, steep, curved):
    place = level.size // 2 + offset
    share, lean, arch = level[place], tilt[place], bend[place]
    centre, west, east = source[margin:], source[margin - offset :], source[margin + offset :]
    for column in range(smooth.size):
        left, right = west[column] - centre[column], east[column] - centre[column]
        smooth[column] += share * (right + left)
        curved[column] += arch * (right + left)
        steep[column] += lean * (right - left)


@njit(nogil=True, cache=True)
def _filter_row_by_three(source, margin, offset, level, tilt, bend, smooth, steep, curved):
    place = level.size // 2 + offset
    share1, share2, share3 = level[place], level[place + 1], level[place + 2]
    lean1, lean2, lean3 = tilt[place], tilt[place + 1], tilt[place + 2]
    arch1, arch2, arch3 = bend[place], bend[place + 1], bend[place + 2]
    centre = source[margin:]
    west1, east1 = source[margin - offset :], source[margin + offset :]
    west2, east2 = source[margin - offset - 1 :], source[margin + offset + 1 :]
    west3, east3 = source[margin - offset - 2 :], source[margin + offset + 2 :]
    for column in range(smooth.size):
        middle = centre[column]
        left1, right1 = west1[column] - middle, east1[column] - middle
        left2, right2 = west2[column] - middle, east2[column] - middle
        left3, right3 = west3[column] - middle, east3[column] - middle
        pair1, pair2, pair3 = right1 + left1, right2 + left2, right3 + left3
        smooth[column] += (share1 * pair1 + share2 * pair2) + share3 * pair3
        curved[column] += (arch1 * pair1 + arch2 * pair2) + arch3 * pair3
        steep[column] += (lean1 * (right1 - left1) + lean2 * (right2 - left2)) + lean3 * (
            right3 - left3
        )


@njit(nogil=True, cache=True)
def _filter_columns(smooth, steep, curved, level, tilt, bend, middle, surface):
    """Derive a row of (p, q, r, s, t) from the filtered rows around it."""
    radius = level.size // 2
    east, north, across, twist, along = surface[0], surface[1], surface[2], surface[3], surface[4]
    _copy_row(steep[middle], east)
    _copy_row(curved[middle], across)
    for column in range(north.size):
        north[column] = 0.0
        twist[column] = 0.0
        along[column] = 0.0
    for offset in range(1, radius - 1, 3):
        _filter_columns_by_three(steep, middle, offset, level, tilt, east, twist)
        _filter_columns_by_three(smooth, middle, offset, bend, tilt, along, north)
        _filter_columns_by_three(curved, middle, offset, level, tilt, across, across[:0])
    for offset in range(radius - radius % 3 + 1, radius + 1):
        _filter_columns_by_one(steep, middle, offset, level, tilt, east, twist)
        _filter_columns_by_one(smooth, middle, offset, bend, tilt, along, north)
        _filter_columns_by_one(curved, middle, offset, level, tilt, across, across[:0])


@njit(nogil=True, cache=True)
def _filter_columns_by_one(lines, middle, offset, even, odd, straight, slanted):
    """Add one offset of an even filter to `straight`, and of an odd one to `slanted` if wanted."""
    place = even.size // 2 + offset
    share, lean = even[place], odd[place]
    centre, north, south = lines[middle], lines[middle - offset], lines[middle + offset]
    for column in range(straight.size):
        up, down = north[column] - centre[column], south[column] - centre[column]
        straight[column] += share * (up + down)
    for column in range(slanted.size):
        slanted[column] += lean * (north[column] - south[column])


@njit(nogil=True, cache=True)
def _filter_columns_by_three(lines, middle, offset, even, odd, straight, slanted):
    place = even.size // 2 + offset
    share1, share2, share3 = even[place], even[place + 1], even[place + 2]
    lean1, lean2, lean3 = odd[place], odd[place + 1], odd[place + 2]
    centre = lines[middle]
    north1, south1 = lines[middle - offset], lines[middle + offset]
    north2, south2 = lines[middle - offset - 1], lines[middle + offset + 1]
    north3, south3 = lines[middle - offset - 2], lines[middle + offset + 2]
    for column in range(straight.size):
        level = centre[column]
        pair1 = (north1[column] - level) + (south1[column] - level)
        pair2 = (north2[column] - level) + (south2[column] - level)
        pair3 = (north3[column] - level) + (south3[column] - level)
        straight[column] += (share1 * pair1 + share2 * pair2) + share3 * pair3
    for column in range(slanted.size):
        slanted[column] += (
            lean1 * (north1[column] - south1[column]) + lean2 * (north2[column] - south2[column])
        ) + lean3 * (north3[column] - south3[column])


# Cells that lack neighbours. A plane stands in for these; the filters reproduce planes, so only the
# deviations of the neighbours there are count. All is linear in sums over the windows, which are
# made of sums over their rows.


@njit(nogil=True, cache=True)
def _find_span(filtered):
    """Find the first column in which a row could not be filtered, and the one after the last."""
    first, beyond = filtered.shape[1], 0
    for row in range(filtered.shape[0]):
        for column in range(filtered.shape[1]):
            if np.isnan(filtered[row, column]):
                first = min(first, column)
                beyond = max(beyond, column + 1)
    return first, beyond


@njit(nogil=True, cache=True)
def _find_gaps(centre, filtered, start):
    """Find the next cells of a row that have data and could not be filtered: first, one after."""
    first = start
    while first < centre.size and (np.isnan(centre[first]) or not np.isnan(filtered[first])):
        first += 1
    beyond = first
    while beyond < centre.size and not np.isnan(centre[beyond]) and np.isnan(filtered[beyond]):
        beyond += 1
    return first, beyond


@njit(nogil=True, cache=True)
def _sum_windows(elevation, weight, bend, row, margin, span, run, gaps):
    """Sum the windows around a run of cells in a row, over their cells with data.

    Of the five triples the first two are the normal equations of the plane through the centre, to
    the east and to the north; three are the second derivatives to the east, mixed and to the north.
    A triple is the filtered height above the centre, and what a gradient of one to the east and to
    the north adds to it.
    """
    radius = weight.size // 2
    gaps.windows[:, :, run[0] : run[1]] = 0.0
    centre = elevation[row, margin:]
    for down in range(-radius, radius + 1):
        source = row + down
        place = source % weight.size
        reference = gaps.references[place]
        rows = gaps.rows[place]
        if gaps.summed[place] != source:
            gaps.summed[place] = source
            _sum_row(elevation[source], margin, weight, bend, span, reference, rows)
        share, lean = weight[radius + down], -weight[radius + down] * down
        arch = bend[radius + down]
        # indexed, not unpacked: the compiler has to see that rows are contiguous
        _add_row(centre, reference, rows[1], share, down, run, gaps.windows[0])
        _add_row(centre, reference, rows[0], lean, down, run, gaps.windows[1])
        _add_row(centre, reference, rows[2], share, down, run, gaps.windows[2])
        _add_row(centre, reference, rows[1], lean, down, run, gaps.windows[3])
        _add_row(centre, reference, rows[0], arch, down, run, gaps.windows[4])


@njit(nogil=True, cache=True)
def _add_row(centre, reference, sums, factor, down, run, window):
    """Add a row `down` cells to the south to sums over windows, times a factor."""
    first, beyond = run
    height, total, moment = sums[0, first:], sums[1, first:], sums[2, first:]
    heights, east, north = window[0, first:], window[1, first:], window[2, first:]
    above, here = reference[first:], centre[first:]
    drop = -factor * down
    for column in range(beyond - first):
        # heights are summed above the reference of the row, but wanted above the centre
        lift = above[column] - here[column]
        heights[column] += factor * (height[column] + lift * total[column])
        east[column] += factor * moment[column]
        north[column] += drop * total[column]


@njit(nogil=True, cache=True)
def _sum_row(line, margin, weight, bend, span, reference, sums):
    """Sum the row of the window around each column of a span over its cells with data."""
    radius = weight.size // 2
    first, beyond = span
    start = margin + first
    reference = reference[first:beyond]
    _choose_references(line[start - radius :], radius, reference)
    sums[:, :, first:beyond] = 0.0
    for offset in range(radius + 1):
        west, east = line[start - offset :], line[start + offset :]
        # the centre is both its own west and east
        share = weight[radius + offset] * (0.5 if offset == 0 else 1.0)
        arch = bend[radius + offset] * (0.5 if offset == 0 else 1.0)
        lean = share * offset
        _add_pair(west, east, share, share, offset, reference, first, sums[0])
        _add_pair(west, east, -lean, lean, offset, reference, first, sums[1])
        _add_pair(west, east, arch, arch, offset, reference, first, sums[2])


@njit(nogil=True, cache=True)
def _choose_references(line, radius, reference):
    """Take the elevation itself, or else the nearest in its row of the window to the west, or east.

    It depends only on the window, and on flat ground it is the elevation of all cells.
    """
    nearest, distance = 0.0, radius + 1
    for column in range(reference.size + radius):
        known = line[column] == line[column]
        nearest = line[column] if known else nearest
        distance = 0 if known else distance + 1
        if column >= radius:
            reference[column - radius] = nearest if distance <= radius else np.nan
    nearest, distance = 0.0, radius + 1
    for column in range(reference.size + 2 * radius - 1, radius - 1, -1):
        known = line[column] == line[column]
        nearest = line[column] if known else nearest
        distance = 0 if known else distance + 1
        place = column - radius
        if place < reference.size and np.isnan(reference[place]):
            reference[place] = nearest if distance <= radius else 0.0


@njit(nogil=True, cache=True)
def _add_pair(west, east, to_west, to_east, offset, reference, first, sums):
    """Add the cells at an offset to the west and to the east to the sums over a row."""
    height, total, moment = sums[0, first:], sums[1, first:], sums[2, first:]
    for column in range(reference.size):
        left = to_west if west[column] == west[column] else 0.0
        right = to_east if east[column] == east[column] else 0.0
        lower = west[column] - reference[column] if west[column] == west[column] else 0.0
        upper = east[column] - reference[column] if east[column] == east[column] else 0.0
        height[column] += to_east * upper + to_west * lower
        total[column] += right + left
        moment[column] += offset * (right - left)


@njit(nogil=True, cache=True, error_model="numpy")
def _fit_with_gaps(run, weight, level, tilt, per_cell, windows, surface):
    """Fit the surface (p, q, r, s, t) of a run of cells from the sums over their windows."""
    radius = weight.size // 2
    to_level = level[radius] / weight[radius]
    to_tilt = tilt[radius + 1] / weight[radius + 1]
    for column in range(run[0], run[1]):
        to_east, to_north, along, twist, across = windows[:, :, column]
        east, north = _fit_plane(to_east[1], to_east[2], to_north[2], to_east[0], to_north[0])
        surface[0, column] = east * per_cell
        surface[1, column] = north * per_cell
        surface[2, column] = to_level * (along[0] - east * along[1] - north * along[2])
        surface[3, column] = to_tilt * to_tilt * (twist[0] - east * twist[1] - north * twist[2])
        surface[4, column] = to_level * (across[0] - east * across[1] - north * across[2])


@njit(nogil=True, cache=True, error_model="numpy")
def _fit_plane(xx, xy, yy, xz, yz):
    """Gradient per cell (east, north) of the plane through a cell fitted to its neighbours."""
    determinant = xx * yy - xy * xy
    trace = xx + yy
    if trace == 0.0:
        return 0.0, 0.0
    if determinant <= 1e-9 * trace * trace:  # neighbours on one line: level across it
        return xz / trace, yz / trace
    return (yy * xz - xy * yz) / determinant, (xx * yz - xy * xz) / determinant


@njit(nogil=True, cache=True, error_model="numpy")
def _write_slope(east, north, slope):
    for column in range(east.size):
        square = east[column] * east[column] + north[column] * north[column]
        slope[column] = arctan_degrees(math.sqrt(square))


@njit(nogil=True, cache=True, error_model="numpy")
def _write_aspect(east, north, northness, eastness):
    for column in range(east.size):
        square = east[column] * east[column] + north[column] * north[column]
        northness[column] = 0.0 if square < _FLAT else -north[column] / math.sqrt(square)
    for column in range(east.size):
        square = east[column] * east[column] + north[column] * north[column]
        eastness[column] = 0.0 if square < _FLAT else -east[column] / math.sqrt(square)


@njit(nogil=True, cache=True, error_model="numpy")
def _write_curvature(surface, profile, tangential):
    p, q, r, s, t = surface[0], surface[1], surface[2], surface[3], surface[4]
    for column in range(profile.size):
        pp, qq = p[column] * p[column], q[column] * q[column]
        square, incline = pp + qq, 1.0 + pp + qq
        along = pp * r[column] + 2.0 * p[column] * q[column] * s[column] + qq * t[column]
        mean = -0.5 * (r[column] + t[column])
        sloping = -along / (square * incline * math.sqrt(incline))
        profile[column] = mean if square < _FLAT else sloping
    for column in range(profile.size):
        pp, qq = p[column] * p[column], q[column] * q[column]
        square, incline = pp + qq, 1.0 + pp + qq
        across = qq * r[column] - 2.0 * p[column] * q[column] * s[column] + pp * t[column]
        mean = -0.5 * (r[column] + t[column])
        sloping = -across / (square * math.sqrt(incline))
        tangential[column] = mean if square < _FLAT else sloping


@njit(nogil=True, cache=True, error_model="numpy")
def _write_plan_curvature(surface, sharpest, plan):
    p, q, r, s, t = surface[0], surface[1], surface[2], surface[3], surface[4]
    for column in range(plan.size):
        pp, qq = p[column] * p[column], q[column] * q[column]
        square = pp + qq
        across = qq * r[column] - 2.0 * p[column] * q[column] * s[column] + pp * t[column]
        mean = -0.5 * (r[column] + t[column])
        bent = -across / (square * math.sqrt(square))
        bent = mean / math.sqrt(_FLAT) if square < _FLAT else bent
        plan[column] = min(max(bent, -sharpest), sharpest) if bent == bent else bent
