"""Water routed over a raster: depression filling, flow directions, accumulation, base levels.

Arrays in, arrays out. Every raster here is *framed*: its outermost rows and columns are no data,
so that each cell has eight neighbours and no kernel tests for the raster's edge. `frame` makes
such a raster from elevations, ``raster[1:-1, 1:-1]`` takes the frame off.

Elevations and flow are integers (fixed point): ordering is exact, sums do not depend on the order
in which cells are visited, and no water is lost to rounding. A raster cut into tiles that exchange
these integers along their edges can therefore reproduce the whole raster bit for bit.
"""

import heapq

import numpy as np
from numba import njit

ELEVATION_UNIT_M = 2.0**-32
"""One step of a framed elevation [m], 0.2 nanometres; also the gradient given to flats."""

FLOW_UNIT = 2.0**-30
"""One step of multiple-flow accumulation [cells]."""

NODATA = np.iinfo(np.int64).max
"""Framed elevation of a cell without data; never lower than a neighbour."""

LEAVES = -1
"""Direction of a cell whose water leaves the raster or enters no data."""

NO_DIRECTION = -2
"""Direction of a cell without data."""

_HIGHEST_M = 2.0**30
_ROW_STEP = (0, 1, 1, 1, 0, -1, -1, -1)
_COLUMN_STEP = (1, 1, 0, -1, -1, -1, 0, 1)
_DIAGONAL = np.sqrt(2.0)
_DISTANCE = (1.0, _DIAGONAL) * 4


def frame(elevation: np.ndarray) -> np.ndarray:
    """Frame elevations with no data and express them in integer steps.

    Parameters
    ----------
    elevation
        Elevation [m], shape ``(y, x)``, NaN as no data.

    Returns
    -------
    numpy.ndarray
        int64 [`ELEVATION_UNIT_M`], shape ``(y + 2, x + 2)``, `NODATA` as no data. Exact for float32
        elevations above 2 mm; smaller ones are rounded to the unit.

    Raises
    ------
    ValueError
        If the array is not two-dimensional or holds an elevation beyond a million kilometres.
    """
    if elevation.ndim != 2:
        raise ValueError(f"expected elevations of shape (y, x), found {elevation.shape}")
    framed = np.full([size + 2 for size in elevation.shape], NODATA, dtype=np.int64)
    unusable = _fix_elevations(elevation, framed)
    if unusable:
        raise ValueError(
            f"{unusable} elevations are infinite or beyond {_HIGHEST_M:.0f} m; mark them as NaN"
        )
    return framed


@njit(nogil=True, cache=True)
def _fix_elevations(elevation, framed):
    unusable = 0
    rows, columns = elevation.shape
    for row in range(rows):
        for column in range(columns):
            metres = np.float64(elevation[row, column])
            if abs(metres) < _HIGHEST_M:
                framed[row + 1, column + 1] = np.int64(np.rint(metres / ELEVATION_UNIT_M))
            elif not np.isnan(metres):
                unusable += 1
    return unusable


@njit(nogil=True, cache=True)
def _neighbour_offsets(columns):
    """Return the flat offsets of the neighbours: east, then clockwise, as in ESRI's 2**k codes."""
    offsets = np.empty(8, dtype=np.int64)
    for k in range(8):
        offsets[k] = _ROW_STEP[k] * columns + _COLUMN_STEP[k]
    return offsets


@njit(nogil=True, cache=True)
def fill_depressions(elevation):
    """Raise depressions and flats until every cell has a strictly lower neighbour or an outlet.

    Cells beside the edge or no data are outlets at their own elevation. The surface is the lowest
    one with ``filled >= elevation`` and ``filled >= lowest neighbour + 1 unit`` elsewhere, which
    is unique, so that no order of visiting and no tie can change it.

    Priority-flood with epsilon and a plain queue inside depressions [1]_. Cells that can be
    reached by climbing from a settled cell keep their elevation and never enter the priority queue
    [2]_; it holds the possible spill cells alone. Both queues are served lowest cell first, so
    that water from two spill points never settles a cell twice.

    Parameters
    ----------
    elevation
        Framed elevation.

    Returns
    -------
    numpy.ndarray
        Framed elevation without depressions.

    References
    ----------
    .. [1] Barnes, Lehman, Mulla 2014, Computers & Geosciences 62, doi:10.1016/j.cageo.2013.04.024
    .. [2] Zhou, Sun, Fu 2016, Computers & Geosciences 90, doi:10.1016/j.cageo.2016.02.021
    """
    filled = elevation.copy()
    level = filled.ravel()
    offsets = _neighbour_offsets(elevation.shape[1])
    settled = _settle_from_outlets(level, offsets)
    spills = _open_cells(level, settled, offsets)
    heapq.heapify(spills)
    ponded = _no_cells()  # first in, first out; levels never fall from one entry to the next
    climbed = _no_cells()
    first = 0
    while len(spills) > 0 or first < len(ponded):
        if first < len(ponded) and (len(spills) == 0 or level[ponded[first]] <= spills[0][0]):
            cell = ponded[first]
            first += 1
        else:
            cell = heapq.heappop(spills)[1]
        for offset in offsets:
            neighbour = cell + offset
            if settled[neighbour]:
                continue
            settled[neighbour] = True
            if level[neighbour] <= level[cell]:
                level[neighbour] = level[cell] + 1
                ponded.append(neighbour)
            else:
                climbed.append(neighbour)
        _climb(level, settled, offsets, climbed)
        for reached in climbed:
            if _is_open(reached, settled, offsets):
                heapq.heappush(spills, (level[reached], reached))
        climbed.clear()
        if first == len(ponded):
            ponded.clear()
            first = 0
    return filled


@njit(nogil=True, cache=True)
def _no_cells():
    return [np.int64(0) for _ in range(0)]


@njit(nogil=True, cache=True)
def _is_open(cell, settled, offsets):
    for offset in offsets:  # noqa: SIM110 (numba compiles no generator)
        if not settled[cell + offset]:
            return True
    return False


@njit(nogil=True, cache=True)
def _open_cells(level, settled, offsets):
    """List (level, cell) of the settled cells beside an unsettled one."""
    cells = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for cell in range(level.size):
        if level[cell] != NODATA and settled[cell] and _is_open(cell, settled, offsets):
            cells.append((level[cell], np.int64(cell)))
    return cells


@njit(nogil=True, cache=True)
def _settle_from_outlets(level, offsets):
    """Settle no data, outlets and every cell from which a path falls all the way to an outlet."""
    settled = level == NODATA
    for cell in range(level.size):
        if not settled[cell]:
            settled[cell] = _is_outlet(cell, level, offsets)
    # All outlets are settled before the first climb, so that none is taken for a hillslope.
    climbed = _no_cells()
    for cell in range(level.size):
        if settled[cell] and level[cell] != NODATA and _is_open(cell, settled, offsets):
            climbed.append(np.int64(cell))
            _climb(level, settled, offsets, climbed)
            climbed.clear()
    return settled


@njit(nogil=True, cache=True)
def _is_outlet(cell, level, offsets):
    for offset in offsets:  # noqa: SIM110 (numba compiles no generator)
        if level[cell + offset] == NODATA:
            return True
    return False


@njit(nogil=True, cache=True)
def _climb(level, settled, offsets, climbed):
    """Settle all cells uphill of the cells in `climbed`, and append them to it."""
    position = 0
    while position < len(climbed):
        cell = climbed[position]
        position += 1
        for offset in offsets:
            neighbour = cell + offset
            if not settled[neighbour] and level[neighbour] > level[cell]:
                settled[neighbour] = True
                climbed.append(neighbour)


@njit(nogil=True, cache=True)
def flow_directions(filled):
    """Find the steepest descent of every cell (D8).

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
                neighbour = filled[row + _ROW_STEP[k], column + _COLUMN_STEP[k]]
                if neighbour < level:
                    gradient = (level - neighbour) / _DISTANCE[k]
                    if gradient > steepest:
                        steepest = gradient
                        direction = k
            directions[row, column] = direction
    return directions


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
    offsets = _neighbour_offsets(directions.shape[1])
    direction = directions.ravel()
    accumulated = np.zeros(directions.shape, dtype=np.int64)
    cells = accumulated.ravel()
    donors = np.zeros(direction.size, dtype=np.int8)
    for cell in range(direction.size):
        if direction[cell] >= 0:
            donors[cell + offsets[direction[cell]]] += 1
        if direction[cell] != NO_DIRECTION:
            cells[cell] = 1
    for source in range(direction.size):
        cell = source
        while donors[cell] == 0 and direction[cell] != NO_DIRECTION:
            donors[cell] = -1
            if direction[cell] == LEAVES:
                break
            receiver = cell + offsets[direction[cell]]
            cells[receiver] += cells[cell]
            donors[receiver] -= 1
            cell = receiver
    return accumulated


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
    offsets = _neighbour_offsets(filled.shape[1])
    level = filled.ravel()
    accumulated = np.zeros(filled.shape, dtype=np.int64)
    flow = accumulated.ravel()
    donors = _count_higher_neighbours(level, offsets)
    shares = np.empty(8)
    stack = _no_cells()
    for source in range(level.size):
        if level[source] == NODATA or donors[source] != 0:
            continue
        stack.append(np.int64(source))
        while len(stack) > 0:
            cell = stack.pop()
            donors[cell] = -1
            flow[cell] += np.int64(1.0 / FLOW_UNIT)
            _share_flow(cell, level, offsets, exponent, shares)
            _send_flow(cell, flow, offsets, shares)
            for k in range(8):
                if shares[k] >= 0.0:
                    receiver = cell + offsets[k]
                    donors[receiver] -= 1
                    if donors[receiver] == 0:
                        stack.append(receiver)
    return accumulated


@njit(nogil=True, cache=True)
def _count_higher_neighbours(level, offsets):
    higher = np.zeros(level.size, dtype=np.int8)
    for cell in range(level.size):
        if level[cell] != NODATA:
            for offset in offsets:
                neighbour = level[cell + offset]
                if neighbour > level[cell] and neighbour != NODATA:
                    higher[cell] += 1
    return higher


@njit(nogil=True, cache=True)
def _share_flow(cell, level, offsets, exponent, shares):
    """Write the weight of each lower neighbour to `shares`, and -1 for the other neighbours."""
    for k in range(8):
        neighbour = level[cell + offsets[k]]
        if neighbour < level[cell]:
            gradient = (level[cell] - neighbour) * ELEVATION_UNIT_M / _DISTANCE[k]
            shares[k] = gradient**exponent
        else:
            shares[k] = -1.0


@njit(nogil=True, cache=True)
def _send_flow(cell, flow, offsets, shares):
    """Divide the flow of a cell; the rounding of the shares goes to the largest of them."""
    total = 0.0
    largest = 0
    for k in range(8):
        if shares[k] >= 0.0:
            total += shares[k]
            if shares[k] > shares[largest]:
                largest = k
    if total == 0.0:
        return
    left = flow[cell]
    for k in range(8):
        if shares[k] >= 0.0 and k != largest:
            sent = np.int64(flow[cell] * (shares[k] / total))
            flow[cell + offsets[k]] += sent
            left -= sent
    flow[cell + offsets[largest]] += left


@njit(nogil=True, cache=True)
def base_levels(filled, directions, streams):
    """Find the elevation of the first stream cell on each cell's D8 path.

    Parameters
    ----------
    filled
        Framed elevation without depressions.
    directions
        Framed result of `flow_directions`.
    streams
        bool, framed.

    Returns
    -------
    numpy.ndarray
        Framed elevation of the stream cell; of the path's last cell where the path leaves the
        raster before it meets a stream; `NODATA` without data.

    References
    ----------
    Nobre et al. 2011, Journal of Hydrology 404, doi:10.1016/j.jhydrol.2011.03.051
    """
    offsets = _neighbour_offsets(filled.shape[1])
    level = filled.ravel()
    direction = directions.ravel()
    stream = streams.ravel()
    bases = np.full(filled.shape, NODATA, dtype=np.int64)
    base = bases.ravel()
    for start in range(level.size):
        if direction[start] == NO_DIRECTION:
            continue
        end = start
        while base[end] == NODATA and not stream[end] and direction[end] != LEAVES:
            end += offsets[direction[end]]
        reached = level[end] if base[end] == NODATA else base[end]
        base[end] = reached
        cell = start
        while base[cell] == NODATA:
            base[cell] = reached
            cell += offsets[direction[cell]]
    return bases


@njit(nogil=True, cache=True)
def slope_gradients(elevation):
    """Compute the gradient of the surface by Horn's weights [elevation unit per cell].

    A neighbour without data lies on the straight line from the opposite neighbour through the
    cell, so that planes are exact up to the edge. Where that is missing as well, a diagonal
    neighbour rises as its two neighbours together, any other not at all.

    Parameters
    ----------
    elevation
        Framed elevation.

    Returns
    -------
    numpy.ndarray
        float64, shape ``(y, x)`` without the frame: `ELEVATION_UNIT_M` per cell edge; 0 without
        data.

    References
    ----------
    Horn 1981, Proceedings of the IEEE 69, doi:10.1109/PROC.1981.11918
    """
    rows, columns = elevation.shape
    gradients = np.zeros((rows - 2, columns - 2))
    rise = np.empty(8)
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            level = elevation[row, column]
            if level == NODATA:
                continue
            _rises(elevation, row, column, rise)
            along_x = rise[7] + 2.0 * rise[0] + rise[1] - rise[5] - 2.0 * rise[4] - rise[3]
            along_y = rise[1] + 2.0 * rise[2] + rise[3] - rise[5] - 2.0 * rise[6] - rise[7]
            gradients[row - 1, column - 1] = np.sqrt(along_x**2 + along_y**2) / 8.0
    return gradients


@njit(nogil=True, cache=True)
def _rises(elevation, row, column, rise):
    """Write the rise from a cell to its neighbours, even numbers (no diagonals) first."""
    level = elevation[row, column]
    for k in (0, 2, 4, 6, 1, 3, 5, 7):
        ahead = elevation[row + _ROW_STEP[k], column + _COLUMN_STEP[k]]
        behind = elevation[row - _ROW_STEP[k], column - _COLUMN_STEP[k]]
        if ahead != NODATA:
            rise[k] = ahead - level
        elif behind != NODATA:
            rise[k] = level - behind
        else:
            rise[k] = 0.0 if k % 2 == 0 else rise[k - 1] + rise[(k + 1) % 8]


@njit(nogil=True, cache=True)
def nearest_distances(features, farthest):
    """Compute the exact Euclidean distance to the nearest feature cell.

    Parameters
    ----------
    features
        bool, shape ``(y, x)``.
    farthest
        Distance at which to cap [cells], also the answer where there is no feature at all. A cell
        depends on no cell farther away than this.

    Returns
    -------
    numpy.ndarray
        float32 [cells], shape ``(y, x)``, between cell centres.

    References
    ----------
    Felzenszwalb, Huttenlocher 2012, Theory of Computing 8, doi:10.4086/toc.2012.v008a019
    """
    rows, columns = features.shape
    vertical = _vertical_distances(features, np.int32(np.ceil(farthest)) + 1)
    distances = np.empty(features.shape, dtype=np.float32)
    centres = np.empty(columns, dtype=np.int64)
    starts = np.empty(columns + 1)
    for row in range(rows):
        parabolas = _lower_envelope(vertical[row], farthest, centres, starts)
        parabola = 0
        for column in range(columns):
            if parabolas == 0:
                distances[row, column] = farthest
                continue
            while parabola + 1 < parabolas and starts[parabola + 1] < column:
                parabola += 1
            across = column - centres[parabola]
            along = np.int64(vertical[row, centres[parabola]])
            distances[row, column] = min(farthest, np.sqrt(np.float64(across**2 + along**2)))
    return distances


@njit(nogil=True, cache=True)
def _vertical_distances(features, beyond):
    rows, columns = features.shape
    vertical = np.empty(features.shape, dtype=np.int32)
    for row in range(rows):
        for column in range(columns):
            above = vertical[row - 1, column] + 1 if row > 0 else beyond
            vertical[row, column] = 0 if features[row, column] else min(beyond, above)
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            vertical[row, column] = min(vertical[row, column], vertical[row + 1, column] + 1)
    return vertical


@njit(nogil=True, cache=True)
def _lower_envelope(vertical, farthest, centres, starts):
    """Find which column's parabola ``(x - column)**2 + vertical[column]**2`` is lowest where."""
    count = 0
    for column in range(vertical.size):
        if vertical[column] > farthest:
            continue
        own = np.int64(vertical[column]) ** 2 + column**2
        start = -1.0
        while count > 0:
            last = centres[count - 1]
            start = (own - np.int64(vertical[last]) ** 2 - last**2) / (2.0 * (column - last))
            if start > starts[count - 1]:
                break
            count -= 1
            start = -1.0
        centres[count] = column
        starts[count] = start
        count += 1
    return count
