"""Slope, aspect and curvature from a quadratic surface fitted around every cell.

The surface ``z = z0 + p x + q y + r x^2 / 2 + s x y + t y^2 / 2`` (x east, y north) is fitted by
weighted least squares. The weights are a Hann window in both directions,
``cos^2(pi i / (2 (k + 1)))`` for the offsets i = -k..k. On 3x3 cells (k = 1) they are 1-2-1, and
p and q are those of Horn (1981), the slope and aspect that GDAL gives; unlike Horn's formula the
fit also gives second derivatives of the same surface, and it widens smoothly to any scale: a Hann
window lets no stripes or squares through, as a box would. Surfaces up to the second degree are
reproduced exactly. Because the weights are separable, the fit is a few one-dimensional filters.

Sign of curvatures: positive where the ground is convex (ridges, shoulders), as on a sphere of
radius R, where both are 1 / R. Where the gradient vanishes both curvatures are their mean over all
directions, ``-(r + t) / 2``.

A missing neighbour is replaced by the plane through the centre fitted to the neighbours there
are. Every cell with an elevation therefore has a value, right to the edge of the data.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

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
    """Shape of the fitted surface, float32 arrays of one shape, NaN as no data."""

    slope: np.ndarray
    """Angle to the horizontal [degree]."""
    northness: np.ndarray
    """Cosine of the aspect, the downslope direction clockwise from north; 0 on flats."""
    eastness: np.ndarray
    """Sine of the aspect; 0 on flats."""
    profile_curvature: np.ndarray
    """Curvature of the normal section along the slope line [1/m]."""
    tangential_curvature: np.ndarray
    """Curvature of the normal section across the slope line, along the contour [1/m]."""


def fit_surface(elevation: np.ndarray, stencil: Stencil, margin: int) -> SurfaceShape:
    """Fit the surface around every cell.

    Parameters
    ----------
    elevation
        Shape ``(rows + 2 margin, columns + 2 margin)``, float64 [m], north-up, NaN as no data.
    stencil
        Filters of `build_stencil`; their radius is at most `margin`.
    margin
        Extra cells on each side [cells].

    Returns
    -------
    SurfaceShape
        Arrays of shape ``(rows, columns)``.
    """
    return SurfaceShape(*_fit(elevation, *stencil, margin))


@njit(nogil=True, cache=True, error_model="numpy")
def _fit(elevation, weight, level, tilt, bend, margin):
    rows = elevation.shape[0] - 2 * margin
    columns = elevation.shape[1] - 2 * margin
    radius = weight.size // 2
    shape = np.empty((5, rows, columns), np.float32)
    smooth, steep, curved = _filter_rows(elevation, level, tilt, bend, margin)
    surface = np.empty((5, columns))
    for row in range(rows):
        middle = row + radius
        _filter_level(steep, level, middle, surface[0])
        _filter_tilt(smooth, tilt, middle, surface[1])
        _filter_level(curved, level, middle, surface[2])
        _filter_tilt(steep, tilt, middle, surface[3])
        _filter_bend(smooth, bend, middle, surface[4])
        for column in range(columns):
            if np.isnan(surface[2, column]):
                _fit_with_gaps(
                    elevation, weight, level, tilt, bend, row + margin, column + margin,
                    surface[:, column],
                )  # fmt: skip
        _write_gradient(surface[0], surface[1], shape[0, row], shape[1, row], shape[2, row])
        _write_curvature(surface, shape[3, row], shape[4, row])
    return shape[0], shape[1], shape[2], shape[3], shape[4]


@njit(nogil=True, cache=True)
def _filter_rows(elevation, level, tilt, bend, margin):
    radius = level.size // 2
    rows = elevation.shape[0] - 2 * margin + 2 * radius
    columns = elevation.shape[1] - 2 * margin
    smooth = np.empty((rows, columns))
    steep = np.empty((rows, columns))
    curved = np.empty((rows, columns))
    for row in range(rows):
        source = elevation[row + margin - radius]
        centre = source[margin:]
        smooth_row, steep_row, curved_row = smooth[row], steep[row], curved[row]
        for column in range(columns):
            smooth_row[column] = centre[column]
            steep_row[column] = 0.0
            curved_row[column] = 0.0
        # differences from the centre, in pairs: flats and planes come out exact
        for offset in range(1, radius + 1):
            west, east = source[margin - offset :], source[margin + offset :]
            share, lean, arch = level[radius + offset], tilt[radius + offset], bend[radius + offset]
            for column in range(columns):
                pair = (east[column] - centre[column]) + (west[column] - centre[column])
                smooth_row[column] += share * pair
            for column in range(columns):
                pair = (east[column] - centre[column]) + (west[column] - centre[column])
                curved_row[column] += arch * pair
            for column in range(columns):
                steep_row[column] += lean * (east[column] - west[column])
    return smooth, steep, curved


@njit(nogil=True, cache=True)
def _filter_level(filtered, level, middle, result):
    radius = level.size // 2
    centre = filtered[middle]
    for column in range(result.size):
        result[column] = centre[column]
    for offset in range(1, radius + 1):
        north, south = filtered[middle - offset], filtered[middle + offset]
        share = level[radius + offset]
        for column in range(result.size):
            pair = (north[column] - centre[column]) + (south[column] - centre[column])
            result[column] += share * pair


@njit(nogil=True, cache=True)
def _filter_bend(filtered, bend, middle, result):
    radius = bend.size // 2
    centre = filtered[middle]
    for column in range(result.size):
        result[column] = 0.0
    for offset in range(1, radius + 1):
        north, south = filtered[middle - offset], filtered[middle + offset]
        arch = bend[radius + offset]
        for column in range(result.size):
            pair = (north[column] - centre[column]) + (south[column] - centre[column])
            result[column] += arch * pair


@njit(nogil=True, cache=True)
def _filter_tilt(filtered, tilt, middle, result):
    radius = tilt.size // 2
    for column in range(result.size):
        result[column] = 0.0
    for offset in range(1, radius + 1):
        north, south = filtered[middle - offset], filtered[middle + offset]
        lean = tilt[radius + offset]
        for column in range(result.size):
            result[column] += lean * (north[column] - south[column])


@njit(nogil=True, cache=True, error_model="numpy")
def _fit_with_gaps(elevation, weight, level, tilt, bend, row, column, surface):
    """Fit one cell that lacks neighbours: a plane stands in for them; surface is (p, q, r, s, t).

    The operators reproduce planes, so only the deviations of the neighbours there are count.
    """
    centre = elevation[row, column]
    if np.isnan(centre):
        surface[:] = np.nan
        return
    radius = weight.size // 2
    east, north = _fit_plane(elevation, weight, row, column)
    surface[:] = 0.0
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            height = elevation[row + down, column + right]
            if np.isnan(height):
                continue
            deviation = (height - centre) - (east * right - north * down)
            i, j = radius + down, radius + right
            surface[0] += level[i] * tilt[j] * deviation
            surface[1] -= tilt[i] * level[j] * deviation
            surface[2] += level[i] * bend[j] * deviation
            surface[3] -= tilt[i] * tilt[j] * deviation
            surface[4] += bend[i] * level[j] * deviation
    per_metre = (tilt * np.arange(-radius, radius + 1)).sum()
    surface[0] += east * per_metre
    surface[1] += north * per_metre


@njit(nogil=True, cache=True, error_model="numpy")
def _fit_plane(elevation, weight, row, column):
    """Gradient per cell (east, north) of the plane through a cell fitted to its neighbours."""
    radius = weight.size // 2
    centre = elevation[row, column]
    xx = xy = yy = xz = yz = 0.0
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            height = elevation[row + down, column + right]
            if np.isnan(height):
                continue
            share = weight[radius + down] * weight[radius + right]
            xx += share * right * right
            xy -= share * right * down
            yy += share * down * down
            xz += share * right * (height - centre)
            yz -= share * down * (height - centre)
    determinant = xx * yy - xy * xy
    trace = xx + yy
    if trace == 0.0:
        return 0.0, 0.0
    if determinant <= 1e-9 * trace * trace:  # neighbours on one line: level across it
        return xz / trace, yz / trace
    return (yy * xz - xy * yz) / determinant, (xx * yz - xy * xz) / determinant


@njit(nogil=True, cache=True, error_model="numpy")
def arctan_degrees(gradient):
    """Angle [degree] of a gradient >= 0, within 1e-8; the same bits on every machine and lane.

    The argument is brought below tan(22.5 degree), where the series converges fast.
    """
    steep = gradient > 2.414213562373095
    medium = gradient > 0.41421356237309503
    top = -1.0 if steep else (gradient - 1.0 if medium else gradient)
    bottom = gradient if steep else (gradient + 1.0 if medium else 1.0)
    base = 90.0 if steep else (45.0 if medium else 0.0)
    ratio = top / bottom
    square = ratio * ratio
    series = 1.0 / 25.0
    series = 1.0 / 23.0 - square * series
    series = 1.0 / 21.0 - square * series
    series = 1.0 / 19.0 - square * series
    series = 1.0 / 17.0 - square * series
    series = 1.0 / 15.0 - square * series
    series = 1.0 / 13.0 - square * series
    series = 1.0 / 11.0 - square * series
    series = 1.0 / 9.0 - square * series
    series = 1.0 / 7.0 - square * series
    series = 1.0 / 5.0 - square * series
    series = 1.0 / 3.0 - square * series
    series = 1.0 - square * series
    return base + ratio * series * 57.29577951308232


@njit(nogil=True, cache=True, error_model="numpy")
def _write_gradient(east, north, slope, northness, eastness):
    for column in range(east.size):
        square = east[column] * east[column] + north[column] * north[column]
        slope[column] = arctan_degrees(math.sqrt(square))
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
