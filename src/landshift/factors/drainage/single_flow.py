"""Water along the steepest descent (D8): accumulation, streams, the way to the nearest stream."""

import numpy as np
from numba import njit

from landshift.factors.drainage.framing import (
    COLUMN_STEP,
    DIAGONAL,
    LEAVES,
    NO_DIRECTION,
    NODATA,
    RING,
    ROW_STEP,
    STEP_LENGTH,
    neighbour_offsets,
    no_cells,
)

_STRAIGHT = 1 << 32
"""One step along a row or a column in a number of steps; a diagonal step counts 1."""


@njit(nogil=True, cache=True)
def flow_directions(filled):
    """Find the steepest descent of every cell inside the frame (D8).

    Of equally steep neighbours the first in the order east, then clockwise, is taken.

    Parameters
    ----------
    filled
        Framed elevation without depressions.

    Returns
    -------
    numpy.ndarray
        int8, framed: 0 east, 1 south-east ... 7 north-east (``2**direction`` is the code of ESRI
        and pyflwdir), `LEAVES` or `NO_DIRECTION`.

    References
    ----------
    O'Callaghan, Mark 1984, Computer Vision, Graphics, and Image Processing 28,
    doi:10.1016/S0734-189X(84)80011-0
    """
    directions = np.full(filled.shape, NO_DIRECTION, dtype=np.int8)
    for row in range(1, filled.shape[0] - 1):
        for column in range(1, filled.shape[1] - 1):
            level = filled[row, column]
            if level == NODATA:
                continue
            steepest = 0.0
            direction = LEAVES
            for k in range(8):
                neighbour = filled[row + ROW_STEP[k], column + COLUMN_STEP[k]]
                if neighbour < level:
                    gradient = (level - neighbour) / STEP_LENGTH[k]
                    if gradient > steepest:
                        steepest = gradient
                        direction = k
            directions[row, column] = direction
    return directions


@njit(nogil=True, cache=True)
def label_catchments(directions):
    """Assign a number to the catchment of each cell where D8 paths end.

    Parameters
    ----------
    directions
        Framed result of `flow_directions`, on a surface that may have depressions.

    Returns
    -------
    catchments : numpy.ndarray
        int32, framed: the number of the catchment, from 0; -1 without data.
    count : int
        Number of catchments.
    """
    catchments = np.full(directions.shape, -1, dtype=np.int32)
    offsets = neighbour_offsets(directions.shape[1])
    direction = directions.ravel()
    catchment = catchments.ravel()
    count = 0
    for start in range(direction.size):
        if direction[start] == NO_DIRECTION:
            continue
        end = start
        while catchment[end] < 0 and direction[end] != LEAVES:
            end += offsets[direction[end]]
        if catchment[end] < 0:
            catchment[end] = count
            count += 1
        cell = start
        while catchment[cell] < 0:
            catchment[cell] = catchment[end]
            cell += offsets[direction[cell]]
    return catchments, count


@njit(nogil=True, cache=True)
def accumulate_single_flow(directions):
    """Count the cells that drain through each cell, itself included, along D8 directions.

    Parameters
    ----------
    directions
        Framed result of `flow_directions`.

    Returns
    -------
    numpy.ndarray
        int64 [cells], framed, 0 as no data.
    """
    return order_streams(directions, np.inf)[0]


@njit(nogil=True, cache=True)
def order_streams(directions, stream_cells):
    """Count the cells that drain through each cell, and order the streams after Strahler.

    Parameters
    ----------
    directions
        Framed result of `flow_directions`.
    stream_cells
        A cell through which at least so many cells drain is part of a stream.

    Returns
    -------
    drained : numpy.ndarray
        int64 [cells], framed, 0 as no data.
    orders : numpy.ndarray
        uint8, framed: 1 where a stream begins, one more where two of one order meet; 0 elsewhere.

    References
    ----------
    Strahler 1957, Transactions, American Geophysical Union 38, doi:10.1029/TR038i006p00913
    """
    drained = np.zeros(directions.shape, dtype=np.int64)
    orders = np.zeros(directions.shape, dtype=np.uint8)
    sweep_single_flow(directions, count_donors(directions), drained, orders, stream_cells)
    return drained, orders


@njit(nogil=True, cache=True)
def count_donors(directions):
    """Count the neighbours that drain into each cell inside the ring; -1 without data."""
    rows, columns = directions.shape
    donors = np.full(directions.shape, -1, dtype=np.int8)
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            if directions[row, column] != NO_DIRECTION:
                count = 0
                for k in range(8):
                    neighbour = directions[row + ROW_STEP[k], column + COLUMN_STEP[k]]
                    count += neighbour == (k + 4) % 8
                donors[row, column] = count
    return donors


@njit(nogil=True, cache=True)
def sweep_single_flow(directions, waiting, drained, orders, stream_cells):
    """Pass water and stream orders on from all ready cells; see `order_streams`.

    While a cell waits, its order holds twice the highest order of its donors, plus 1 if two of
    them have it.
    """
    offsets = neighbour_offsets(directions.shape[1])
    direction = directions.ravel()
    waits = waiting.ravel()
    cells = drained.ravel()
    order = orders.ravel()
    for source in range(direction.size):
        cell = source
        while waits[cell] == 0:
            waits[cell] = -1
            cells[cell] += 1
            if cells[cell] >= stream_cells:
                order[cell] = max(1, order[cell] // 2 + order[cell] % 2)
            if direction[cell] == LEAVES:
                break
            receiver = cell + offsets[direction[cell]]
            cells[receiver] += cells[cell]
            if order[cell] > order[receiver] // 2:
                order[receiver] = 2 * order[cell]
            elif order[cell] > 0 and order[cell] == order[receiver] // 2:
                order[receiver] |= 1
            waits[receiver] -= 1
            cell = receiver


@njit(nogil=True, cache=True)
def trace_streams(directions, orders):
    """Follow each cell's D8 path to the first stream, or to where it leaves the raster.

    Parameters
    ----------
    directions
        Framed result of `flow_directions`.
    orders
        Framed stream orders of `order_streams`.

    Returns
    -------
    steps : numpy.ndarray
        int64, framed: number of steps; `path_lengths` turns it into a length.
    reached : numpy.ndarray
        uint8, framed: order of the stream cell; 0 where the path meets no stream.
    """
    steps = np.full(directions.shape, -1, dtype=np.int64)
    reached = orders.copy()
    offsets = neighbour_offsets(directions.shape[1])
    direction = directions.ravel()
    step = steps.ravel()
    stream = reached.ravel()
    for start in range(direction.size):
        end = start
        length = 0
        while step[end] < 0 and stream[end] == 0 and direction[end] >= 0:
            length += _STRAIGHT if direction[end] % 2 == 0 else 1
            end += offsets[direction[end]]
        step[end] = max(0, step[end])
        length += step[end]
        cell = start
        while step[cell] < 0:
            step[cell] = length
            stream[cell] = stream[end]
            length -= _STRAIGHT if direction[cell] % 2 == 0 else 1
            cell += offsets[direction[cell]]
    return steps, reached


@njit(nogil=True, cache=True)
def start_traces(directions, orders):
    """Mark the cells where paths end as ready, and the others as waiting for their receiver."""
    waiting = np.full(directions.shape, -1, dtype=np.int8)
    for row in range(1, directions.shape[0] - 1):
        for column in range(1, directions.shape[1] - 1):
            direction = directions[row, column]
            if direction != NO_DIRECTION:
                waiting[row, column] = direction != LEAVES and orders[row, column] == 0
    return waiting


@njit(nogil=True, cache=True)
def sweep_traces(directions, waiting, steps, reached):
    """Tell the donors of all ready cells how far the stream is; see `trace_streams`."""
    offsets = neighbour_offsets(directions.shape[1])
    direction = directions.ravel()
    waits = waiting.ravel()
    step = steps.ravel()
    stream = reached.ravel()
    stack = no_cells()
    for end in range(direction.size):
        if waits[end] != 0:
            continue
        stack.append(np.int64(end))
        while len(stack) > 0:
            cell = stack.pop()
            waits[cell] = -1
            for k in range(8):
                donor = cell + offsets[k]
                # A donor that is done or ready itself belongs to a stream.
                if direction[donor] == (k + 4) % 8 and waits[donor] in (1, RING + 1):
                    step[donor] = step[cell] + (_STRAIGHT if k % 2 == 0 else 1)
                    stream[donor] = stream[cell]
                    waits[donor] -= 1
                    if waits[donor] == 0:
                        stack.append(donor)


@njit(nogil=True, cache=True)
def path_lengths(steps, edge, farthest):
    """Turn numbers of steps, as `trace_streams` counts them, into lengths.

    Parameters
    ----------
    steps
        int64, shape ``(y, x)``.
    edge
        Edge of a cell [any unit].
    farthest
        Length at which to cap [that unit].

    Returns
    -------
    numpy.ndarray
        float32 [that unit], shape ``(y, x)``.
    """
    lengths = np.empty(steps.shape, dtype=np.float32)
    for row in range(steps.shape[0]):
        for column in range(steps.shape[1]):
            straight = steps[row, column] >> 32
            diagonal = steps[row, column] - (straight << 32)
            lengths[row, column] = min((straight + diagonal * DIAGONAL) * edge, farthest)
    return lengths
