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

from landshift.angles import arctan_degrees
from landshift.scratch import Scratch

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

    Arrays without rows are left alone: what they would hold is not wanted.
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
        Receives the results: arrays of shape ``(rows, columns)``, or without rows.
    resolution_m
        Edge of a cell [m]: contours are not followed round a circle of a smaller radius.
    scratch
        Memory for the filtered rows.
    """
    rows, columns = (length - 2 * margin for length in elevation.shape)
    with scratch.scope():
        filtered = scratch.take((3, rows + stencil.weight.size - 1, columns))
        surface = scratch.take((5, columns))
        sums = scratch.take((stencil.weight.size, columns, 9))
        summed = scratch.take((stencil.weight.size, columns), np.int64)
        summed.fill(-1)
        _fit(elevation, *stencil, margin, 1 / resolution_m, filtered, surface, sums, summed, shape)


@njit(nogil=True, cache=True, error_model="numpy")
def _fit(
    elevation, weight, level, tilt, bend, margin, sharpest, filtered, surface, sums, summed, shape
):
    rows = elevation.shape[0] - 2 * margin
    columns = elevation.shape[1] - 2 * margin
    radius = weight.size // 2
    smooth, steep, curved = filtered[0], filtered[1], filtered[2]
    _filter_rows(elevation, level, tilt, bend, margin, smooth, steep, curved)
    for row in range(rows):
        _filter_columns(smooth, steep, curved, level, tilt, bend, row + radius, surface)
        for column in range(columns):
            if np.isnan(surface[2, column]):
                _sum_window(
                    elevation, weight, bend, row + margin, column + margin, sums[:, column],
                    summed[:, column],
                )  # fmt: skip
                _fit_with_gaps(
                    elevation[row + margin, column + margin], weight, level, tilt, bend,
                    row + margin - radius, sums[:, column], surface[:, column],
                )  # fmt: skip
        _write_slope(surface[0], surface[1], shape.slope[row])
        _write_curvature(surface, shape.profile_curvature[row], shape.tangential_curvature[row])
        if shape.northness.size:
            _write_aspect(surface[0], surface[1], shape.northness[row], shape.eastness[row])
        if shape.plan_curvature.size:
            _write_plan_curvature(surface, sharpest, shape.plan_curvature[row])
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
        offset = 1
        while offset + 2 <= radius:
            _filter_row_by_three(
                source, margin, offset, level, tilt, bend, smooth[row], steep[row], curved[row]
            )
            offset += 3
        while offset <= radius:
            _filter_row_by_one(
                source, margin, offset, level, tilt, bend, smooth[row], steep[row], curved[row]
            )
            offset += 1


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
    offset = 1
    while offset + 2 <= radius:
        _filter_columns_by_three(steep, middle, offset, level, tilt, east, twist)
        _filter_columns_by_three(smooth, middle, offset, bend, tilt, along, north)
        _filter_columns_by_three(curved, middle, offset, level, tilt, across, across[:0])
        offset += 3
    while offset <= radius:
        _filter_columns_by_one(steep, middle, offset, level, tilt, east, twist)
        _filter_columns_by_one(smooth, middle, offset, bend, tilt, along, north)
        _filter_columns_by_one(curved, middle, offset, level, tilt, across, across[:0])
        offset += 1


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


@njit(nogil=True, cache=True)
def _sum_window(elevation, weight, bend, row, column, sums, summed):
    """Sum those rows of the window that no cell above has summed: row `r` at `r` modulo height."""
    radius = weight.size // 2
    for source in range(row - radius, row + radius + 1):
        place = source % weight.size
        if summed[place] != source:
            summed[place] = source
            line = elevation[source, column - radius : column + radius + 1]
            _sum_row(line, _nearest_known(line), weight, bend, sums[place])


@njit(nogil=True, cache=True)
def _nearest_known(line):
    """Elevation nearest to the middle of a row; 0 where there is none."""
    radius = line.size // 2
    for offset in range(radius + 1):
        for place in (radius - offset, radius + offset):
            if not np.isnan(line[place]):
                return line[place]
    return 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _fit_with_gaps(centre, weight, level, tilt, bend, top, sums, surface):
    """Fit one cell that lacks neighbours: a plane stands in for them; surface is (p, q, r, s, t).

    The operators reproduce planes, so only the deviations of the neighbours there are count. All
    is made of `sums` over each row of the window, which begins at the row `top`; see `_sum_window`.
    """
    if np.isnan(centre):
        for part in range(5):
            surface[part] = np.nan
        return
    radius = weight.size // 2
    east, north = _fit_plane(weight, centre, top, sums)
    for part in range(5):
        surface[part] = 0.0
    per_metre = 0.0
    to_level = level[radius] / weight[radius]
    to_tilt = tilt[radius + 1] / weight[radius + 1]
    for i in range(weight.size):
        row = sums[(top + i) % weight.size]
        # heights are summed above a cell of the row, but wanted above the centre
        lift = row[8] - centre
        down, drop = i - radius, north * (i - radius)
        smooth = row[0] + lift * row[3] - (east * row[4] - drop * row[3])
        steep = row[1] + lift * row[4] - (east * row[5] - drop * row[4])
        curved = row[2] + lift * row[6] - (east * row[7] - drop * row[6])
        surface[0] += level[i] * to_tilt * steep
        surface[1] -= tilt[i] * to_level * smooth
        surface[2] += level[i] * curved
        surface[3] -= tilt[i] * to_tilt * steep
        surface[4] += bend[i] * to_level * smooth
        per_metre += tilt[i] * down
    surface[0] += east * per_metre
    surface[1] += north * per_metre


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})
def _sum_row(line, reference, weight, bend, sums):
    """Sum a row of a window over its cells with data, weighted in eight ways.

    The first three are sums of height above a reference, weighted by the fit, by the fit and the
    offset, and by the second derivative; five are sums of the weights themselves, the last value
    is the reference.
    """
    radius = weight.size // 2
    height = lean = arch = total = moment = spread = bent = bent_moment = 0.0
    for j in range(weight.size):
        known = line[j] == line[j]
        above = line[j] - reference if known else 0.0
        share = weight[j] if known else 0.0
        arc = bend[j] if known else 0.0
        right = float(j - radius)
        height += share * above
        lean += share * right * above
        arch += arc * above
        total += share
        moment += share * right
        spread += share * right * right
        bent += arc
        bent_moment += arc * right
    sums[0], sums[1], sums[2], sums[3] = height, lean, arch, total
    sums[4], sums[5], sums[6], sums[7] = moment, spread, bent, bent_moment
    sums[8] = reference


@njit(nogil=True, cache=True, error_model="numpy")
def _fit_plane(weight, centre, top, sums):
    """Gradient per cell (east, north) of the plane through a cell fitted to its neighbours."""
    radius = weight.size // 2
    xx = xy = yy = xz = yz = 0.0
    for i in range(weight.size):
        down = i - radius
        row = sums[(top + i) % weight.size]
        lift = row[8] - centre
        xx += weight[i] * row[5]
        xy -= weight[i] * down * row[4]
        yy += weight[i] * down * down * row[3]
        xz += weight[i] * (row[1] + lift * row[4])
        yz -= weight[i] * down * (row[0] + lift * row[3])
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
