"""Surfaces of virtual regions: fractal relief shaped by rivers and creeping soil.

The surface obeys ``dz/dt = U - K sqrt(A) |grad z| + div(D grad z)`` (stream power with exponents
m = 1/2 and n = 1, Howard 1994, https://doi.org/10.1029/94WR00757). Time is counted in units of
``1 / K``, so that only ratios remain: relief, age, and the hillslope length ``sqrt(D / K)``.
Everything here is arrays in, arrays out.
"""

import heapq

import numba
import numpy as np

CHI = 8.0
"""Steady relief over uplift rate, in units of K, of catchments of some tens of km2 [1]."""
THRESHOLD_GRADIENT = 0.9
"""Gradient at which the flux of soil is twice that of linear creep [m/m], tan(42 degrees)."""
STEEPEST_SQUARE = 1.5
"""Limit of the square of gradient over `THRESHOLD_GRADIENT` [1]; it bounds the time step."""
STEPS_PER_RESPONSE = 40
"""Time steps in the time a river profile needs to adjust [1]."""

_ROWS = np.array([-1, -1, -1, 0, 0, 1, 1, 1])
_COLUMNS = np.array([-1, 0, 1, -1, 1, -1, 0, 1])
_LENGTHS = np.sqrt(_ROWS.astype(float) ** 2 + _COLUMNS.astype(float) ** 2)


def make_fractal_field(
    size: int, hurst: float, generator: np.random.Generator, *, longest: float = 1.0
) -> np.ndarray:
    """Draw a self-affine random field by spectral synthesis.

    Parameters
    ----------
    size
        Cells along each edge.
    hurst
        Hurst exponent [1], 0 (rough) to 1 (smooth); the power spectrum falls as
        ``frequency ** -(2 hurst + 2)``.
    generator
        Source of randomness.
    longest
        Longest wavelength, as a share of twice the edge [1].

    Returns
    -------
    numpy.ndarray
        Shape ``(size, size)``, mean 0, standard deviation 1.
    """
    # Twice the edge, then cut: a spectral field is periodic and opposite edges would match.
    doubled = 2 * size
    frequency = np.hypot(np.fft.fftfreq(doubled)[:, None], np.fft.rfftfreq(doubled)[None, :])
    lowest = 1.0 / (doubled * longest)
    amplitude = np.maximum(frequency, lowest) ** -(hurst + 1.0)
    amplitude[0, 0] = 0.0
    spectrum = amplitude * np.fft.rfft2(generator.standard_normal((doubled, doubled)))
    field = np.fft.irfft2(spectrum, s=(doubled, doubled))[:size, :size]
    return (field - field.mean()) / field.std()


def shape_surface(
    surface: np.ndarray,
    *,
    resolution_m: float,
    relief_m: float,
    incision: float,
    hillslope_length_m: float,
    erodibility: np.ndarray,
    wander: np.ndarray,
) -> np.ndarray:
    """Let rivers cut and soil creep until the surface is as old as asked.

    Parameters
    ----------
    surface
        Initial elevation, any unit, shape ``(y, x)``; its outer ring stays as the base level.
    resolution_m
        Edge of a cell [m].
    relief_m
        Difference between the 1 % and 99 % quantiles of elevation that uplift maintains [m].
    incision
        Age in response times of the rivers [1]; 0 leaves the surface as it is, 1 is mature.
    hillslope_length_m
        ``sqrt(D / K)`` [m]: long gives round and smooth hills, short gives sharp ridges.
    erodibility
        Relative erodibility of the rock [1], shape ``(y, x)``, about 1.
    wander
        How readily a cell takes in water [1], shape ``(y, x)``, about 1; its scatter keeps
        channels from following the rows and diagonals of the grid.

    Returns
    -------
    numpy.ndarray
        Elevation [m], shape ``(y, x)``, lowest value 0.
    """
    elevation = _rescale_relief(surface, relief_m)
    steps = round(incision * STEPS_PER_RESPONSE)
    duration = CHI / STEPS_PER_RESPONSE
    uplift = relief_m / CHI
    creep = (hillslope_length_m / resolution_m) ** 2 * duration
    # The flux grows at most 1 + 3 STEEPEST_SQUARE times as fast as linear creep; above 1/4 the
    # explicit steps would ring from cell to cell.
    rounds = int(np.ceil(creep * (1.0 + 3.0 * STEEPEST_SQUARE) / 0.2))
    for _ in range(steps):
        elevation[1:-1, 1:-1] += uplift * duration
        elevation, order, receivers = fill_depressions(elevation, wander)
        area = _accumulate_along(order, receivers) * resolution_m**2
        factor = duration * erodibility.ravel() * np.sqrt(area) / resolution_m
        _incise(elevation, order, receivers, factor)
        _creep(elevation, rounds, creep / max(rounds, 1), resolution_m)
        elevation = _rescale_relief(elevation, relief_m)
    return elevation


def accumulate_specific_area(elevation: np.ndarray, resolution_m: float) -> np.ndarray:
    """Upslope area per contour length [m], spread over all lower neighbours.

    Multiple flow directions weighted by gradient to the power 1.1 (Freeman 1991,
    https://doi.org/10.1016/0098-3004(91)90048-I), on the surface without depressions.
    """
    filled, order, _ = fill_depressions(elevation, np.ones_like(elevation))
    return _spread_area(filled, order) * resolution_m


def gradient(elevation: np.ndarray, resolution_m: float) -> np.ndarray:
    """Steepness [m/m] from central differences, shape ``(y, x)``."""
    along_y, along_x = np.gradient(elevation, resolution_m)
    return np.hypot(along_x, along_y)


def _rescale_relief(elevation: np.ndarray, relief_m: float) -> np.ndarray:
    low, high = np.quantile(elevation, [0.01, 0.99])
    return (elevation - elevation.min()) * (relief_m / (high - low))


@numba.njit(cache=True)
def fill_depressions(elevation, wander):
    """Raise every pit to its outlet (priority flood) and point each cell to a lower neighbour.

    Barnes et al. 2014, https://doi.org/10.1016/j.cageo.2013.04.024; every filled cell stands a
    hair above its outlet, so flow never stops.

    Returns
    -------
    tuple of numpy.ndarray
        Filled elevation ``(y, x)``; flat cell indices from low to high; and the flat index of
        each cell's steepest lower neighbour, gradients weighted by `wander` (itself on the outer
        ring).
    """
    height, width = elevation.shape
    filled = elevation.copy()
    receivers = np.arange(height * width)
    order = np.empty(height * width, np.int64)
    seen = np.zeros((height, width), np.bool_)
    queue = [(0.0, 0)]
    queue.clear()
    for row in range(height):
        for column in range(width):
            if row in (0, height - 1) or column in (0, width - 1):
                seen[row, column] = True
                heapq.heappush(queue, (filled[row, column], row * width + column))
    count = 0
    while len(queue) > 0:
        level, cell = heapq.heappop(queue)
        order[count] = cell
        count += 1
        row, column = cell // width, cell % width
        for k in range(8):
            i, j = row + _ROWS[k], column + _COLUMNS[k]
            if 0 <= i < height and 0 <= j < width and not seen[i, j]:
                seen[i, j] = True
                filled[i, j] = max(filled[i, j], level + 0.01 * wander[i, j] ** 6)
                heapq.heappush(queue, (filled[i, j], i * width + j))
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            steepest = 0.0
            for k in range(8):
                i, j = row + _ROWS[k], column + _COLUMNS[k]
                drop = (filled[row, column] - filled[i, j]) / _LENGTHS[k] * wander[i, j]
                if drop > steepest:
                    steepest = drop
                    receivers[row * width + column] = i * width + j
    return filled, order, receivers


@numba.njit(cache=True)
def _accumulate_along(order, receivers):
    cells = np.ones(order.size)
    for position in range(order.size - 1, -1, -1):
        cell = order[position]
        if receivers[cell] != cell:
            cells[receivers[cell]] += cells[cell]
    return cells


@numba.njit(cache=True)
def _incise(elevation, order, receivers, factor):
    # Implicit in time and explicit along the network: receivers come first in `order`
    # (Braun and Willett 2013, https://doi.org/10.1016/j.geomorph.2012.10.008).
    flat = elevation.reshape(-1)
    width = elevation.shape[1]
    for cell in order:
        receiver = receivers[cell]
        if receiver != cell:
            diagonal = cell // width != receiver // width and cell % width != receiver % width
            strength = factor[cell] / np.sqrt(2.0) if diagonal else factor[cell]
            flat[cell] = (flat[cell] + strength * flat[receiver]) / (1.0 + strength)


@numba.njit(cache=True)
def _creep(elevation, rounds, number, resolution_m):
    # Flux S (1 + (S / Sc)^2): the first two terms of the law of Roering et al. 1999
    # (https://doi.org/10.1029/1998WR900090), S / (1 - (S / Sc)^2), which has a pole.
    height, width = elevation.shape
    for _ in range(rounds):
        before = elevation.copy()
        for row in range(1, height - 1):
            for column in range(1, width - 1):
                change = 0.0
                for k in (1, 3, 4, 6):
                    drop = before[row + _ROWS[k], column + _COLUMNS[k]] - before[row, column]
                    square = (drop / resolution_m / THRESHOLD_GRADIENT) ** 2
                    change += drop * (1.0 + min(square, STEEPEST_SQUARE))
                elevation[row, column] += number * change


@numba.njit(cache=True)
def _spread_area(filled, order):
    height, width = filled.shape
    area = np.ones((height, width))
    for position in range(order.size - 1, -1, -1):
        row, column = order[position] // width, order[position] % width
        total = 0.0
        for k in range(8):
            i, j = row + _ROWS[k], column + _COLUMNS[k]
            if 0 <= i < height and 0 <= j < width and filled[i, j] < filled[row, column]:
                total += ((filled[row, column] - filled[i, j]) / _LENGTHS[k]) ** 1.1
        if total == 0.0:
            continue
        for k in range(8):
            i, j = row + _ROWS[k], column + _COLUMNS[k]
            if 0 <= i < height and 0 <= j < width and filled[i, j] < filled[row, column]:
                share = ((filled[row, column] - filled[i, j]) / _LENGTHS[k]) ** 1.1 / total
                area[i, j] += area[row, column] * share
    return area
