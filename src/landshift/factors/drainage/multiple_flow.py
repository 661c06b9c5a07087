"""Water shared among all lower neighbours (FD8): accumulation, and mean heights above streams."""

import numpy as np
from numba import njit

from landshift.factors.drainage.framing import (
    COLUMN_STEP,
    ELEVATION_UNIT_M,
    FLOW_UNIT,
    NODATA,
    ROW_STEP,
    STEP_LENGTH,
    neighbour_offsets,
)
from landshift.runtime.portable_math import power

_BATCH = 1024
"""Cells whose weights are computed at once: vectors of the processor take eight or more."""

_COUNT = 15
"""Bits of what a cell waits for: 1 to 8 neighbours, also where `RING` is added; 15 is done."""


@njit(nogil=True, cache=True)
def accumulate_multiple_flow(filled, exponent):
    """Accumulate the cells upslope, each cell's water shared among all lower neighbours (FD8).

    The share of a neighbour is proportional to ``gradient ** exponent``. Weighting by contour
    length as well (Quinn et al. 1991) is less even: with exponent 1.1 the specific catchment area
    of a cone is off by 6 % (root mean square) as it is here, and by 9 % with the contour length.

    Parameters
    ----------
    filled
        Framed elevation without depressions.
    exponent
        Exponent of the gradient; larger values concentrate the flow.

    Returns
    -------
    numpy.ndarray
        int64 [`FLOW_UNIT` cells], framed, 0 as no data. What leaves the raster adds up to exactly
        one cell for every cell with data.

    References
    ----------
    Freeman 1991, Computers & Geosciences 17, doi:10.1016/0098-3004(91)90048-I
    """
    flowing = np.zeros(filled.shape, dtype=np.int64)
    sweep_multiple_flow(filled, count_higher(filled), flowing, exponent)
    return flowing


@njit(nogil=True, cache=True)
def count_higher(filled):
    """Count the higher neighbours of each cell inside the ring; -1 without data."""
    higher = np.full(filled.shape, -1, dtype=np.int8)
    for row in range(1, filled.shape[0] - 1):
        for column in range(1, filled.shape[1] - 1):
            level = filled[row, column]
            if level != NODATA:
                count = 0
                for k in range(8):
                    neighbour = filled[row + ROW_STEP[k], column + COLUMN_STEP[k]]
                    count += neighbour > level and neighbour != NODATA
                higher[row, column] = count
    return higher


@njit(nogil=True, cache=True)
def sweep_multiple_flow(filled, waiting, flowing, exponent):
    """Pass water on from all ready cells; see `accumulate_multiple_flow`."""
    offsets = neighbour_offsets(filled.shape[1])
    level, waits, flow = filled.ravel(), waiting.ravel(), flowing.ravel()
    batch, weights = np.empty(_BATCH, dtype=np.int64), np.empty((_BATCH, 8))
    stack, source, top = np.empty(_BATCH, dtype=np.int64), 0, 0
    while source < level.size:
        size, source, top, stack = _walk(level, waits, offsets, 1, stack, source, top, batch)
        _pass_on(batch[:size], level, flow, offsets, exponent, weights)


# Which neighbours are lower cannot be foreseen: work in vain costs less than a branch here.
@njit(inline="always")
def _walk(level, waits, offsets, sign, stack, source, top, batch):
    """Take ready cells, and those that they make ready, until a batch is full or none is left.

    Parameters
    ----------
    level, waits
        Flat elevation, and how many neighbours each cell waits for: 0 is ready, -1 is done.
    offsets
        Of the eight neighbours.
    sign
        1 walks down, to lower neighbours that wait; -1 walks up, to higher ones.
    stack, source, top
        Ready cells that are known, where to look for further ones, and how many are known.
    batch
        Receives the cells in an order in which none comes before one that it waits for.

    Returns
    -------
    size, source, top, stack
        Cells in the batch, and where to go on; `source` is ``level.size`` at the end.
    """
    size = 0
    while size < batch.size:
        if top == 0:
            while source < level.size and waits[source] != 0:
                source += 1
            if source == level.size:
                break
            stack[0] = source
            top = 1
        stack = _make_room(stack, top)
        top -= 1
        cell = stack[top]
        waits[cell] = -1
        own = sign * level[cell]
        for offset in offsets:
            neighbour = cell + offset
            left = waits[neighbour]
            waiting = left & _COUNT
            follows = (sign * level[neighbour] < own) & (waiting > 0) & (waiting <= 8)
            left -= follows
            waits[neighbour] = left
            stack[top] = neighbour
            top += follows & (left == 0)
        batch[size] = cell
        size += 1
    return size, source, top, stack


@njit(nogil=True, cache=True)
def _make_room(stack, used):
    """Return the stack, or a copy of twice its size if it could not take eight more cells."""
    if used + 8 <= stack.size:
        return stack
    larger = np.empty(2 * stack.size, dtype=np.int64)
    larger[:used] = stack[:used]
    return larger


@njit(nogil=True, cache=True, error_model="numpy")
def _weigh(batch, level, offsets, exponent, weights):
    """Write the weight of each lower neighbour of some cells, and 0 for their other neighbours."""
    units = np.empty(8)
    for k in range(8):
        units[k] = ELEVATION_UNIT_M / STEP_LENGTH[k]
    for position in range(batch.size):
        cell = batch[position]
        for k in range(8):
            drop = level[cell] - min(level[cell], level[cell + offsets[k]])
            weights[position, k] = drop * units[k]
    gradients = weights[: batch.size].ravel()
    for k in range(gradients.size):
        weight = power(gradients[k], exponent)
        gradients[k] = weight if gradients[k] > 0.0 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _pass_on(batch, level, flow, offsets, exponent, weights):
    """Divide the flow of some cells, each of which has all that it gets from those before it.

    The rounding of the shares goes to the largest of them.
    """
    _weigh(batch, level, offsets, exponent, weights)
    for position in range(batch.size):
        cell = batch[position]
        flow[cell] += np.int64(1.0 / FLOW_UNIT)
        total = 0.0
        largest = 0
        for k in range(8):
            total += weights[position, k]
            largest = k if weights[position, k] > weights[position, largest] else largest
        if total == 0.0:
            continue
        left = flow[cell]
        flow_per_weight = left / total
        for k in range(8):
            sent = np.int64(weights[position, k] * flow_per_weight)
            flow[cell + offsets[k]] += sent
            left -= sent
        flow[cell + offsets[largest]] += left


@njit(nogil=True, cache=True)
def mean_heights(filled, orders, exponent):
    """Compute the mean height of each cell above the streams that its water reaches.

    Along all ways down, each weighted by the share of the water that takes
    it: a cell lies ``sum(share * (height of neighbour + drop to neighbour))`` above streams.
    Single paths that part on a hillslope leave steps and streaks there; this mean does not.

    Parameters
    ----------
    filled
        Framed elevation without depressions.
    orders
        Framed stream orders, 0 where there is no stream.
    exponent
        Exponent of the gradient, as in `accumulate_multiple_flow`.

    Returns
    -------
    numpy.ndarray
        float64 [`ELEVATION_UNIT_M`], framed, never negative; 0 in streams, where water leaves the
        raster, and without data.
    """
    heights = np.zeros(filled.shape)
    sweep_heights(filled, orders, count_lower(filled, orders), heights, exponent)
    return heights


@njit(nogil=True, cache=True)
def count_lower(filled, orders):
    """Count the lower neighbours of each cell inside the ring; 0 in streams, -1 without data."""
    lower = np.full(filled.shape, -1, dtype=np.int8)
    for row in range(1, filled.shape[0] - 1):
        for column in range(1, filled.shape[1] - 1):
            level = filled[row, column]
            if level != NODATA:
                count = 0
                for k in range(8):
                    count += filled[row + ROW_STEP[k], column + COLUMN_STEP[k]] < level
                lower[row, column] = 0 if orders[row, column] > 0 else count
    return lower


@njit(nogil=True, cache=True)
def sweep_heights(filled, orders, waiting, heights, exponent):
    """Compute the height of all ready cells and of those that they make ready."""
    offsets = neighbour_offsets(filled.shape[1])
    level, waits, height = filled.ravel(), waiting.ravel(), heights.ravel()
    order = orders.ravel()
    batch, weights = np.empty(_BATCH, dtype=np.int64), np.empty((_BATCH, 8))
    stack, source, top = np.empty(_BATCH, dtype=np.int64), 0, 0
    while source < level.size:
        size, source, top, stack = _walk(level, waits, offsets, -1, stack, source, top, batch)
        _average_heights(batch[:size], level, order, height, offsets, exponent, weights)


@njit(nogil=True, cache=True, error_model="numpy")
def _average_heights(batch, level, order, height, offsets, exponent, weights):
    """Compute the height of some cells, each in a stream or above some of those before it."""
    _weigh(batch, level, offsets, exponent, weights)
    for position in range(batch.size):
        cell = batch[position]
        total = 0.0
        weighted = 0.0
        for k in range(8):
            neighbour = cell + offsets[k]
            drop = level[cell] - level[neighbour]  # whatever it is where the weight is 0
            total += weights[position, k]
            weighted += weights[position, k] * (height[neighbour] + drop)
        height[cell] = weighted / total if total > 0.0 and order[cell] == 0 else 0.0
