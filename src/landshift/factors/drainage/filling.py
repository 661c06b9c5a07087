"""Depressions and flats raised until water leaves them."""

import heapq

import numpy as np
from numba import njit

from landshift.factors.drainage.framing import (
    COLUMN_STEP,
    NODATA,
    RING,
    ROW_STEP,
    UNREACHED,
    neighbour_offsets,
    no_cells,
)
from landshift.factors.drainage.single_flow import flow_directions, label_catchments


@njit(nogil=True, cache=True)
def fill_depressions(elevation):
    """Raise depressions and flats until every cell has a strictly lower neighbour or an outlet.

    Cells next to the edge or no data are outlets at their own elevation. The surface is the lowest
    one with ``filled >= elevation`` and ``filled >= lowest neighbour + 1 unit`` elsewhere, which
    is unique, so that no order of visiting and no tie can change it.

    Priority-flood with epsilon and a plain queue inside depressions [1]_. Cells that can be
    reached by climbing from a settled cell keep their elevation and never enter the priority queue
    [2]_; it holds only the possible spill cells, and of those around a catchment only the lowest
    so far and any hardly higher: water that entered there stands nowhere in the catchment more
    than one unit a cell above it. Both queues are served lowest cell first, so that water from two
    spill points never settles a cell twice.

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
    offsets = neighbour_offsets(elevation.shape[1])
    catchments, count = label_catchments(flow_directions(elevation))
    catchment = catchments.ravel()
    lowest = np.full(count, UNREACHED - level.size)
    settled = _settle_from_outlets(level, offsets)
    spills = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for cell in range(level.size):
        if not settled[cell] or level[cell] == NODATA:
            continue
        if _may_spill(cell, level, settled, offsets, catchment, lowest):
            spills.append((level[cell], np.int64(cell)))
    heapq.heapify(spills)
    ponded = no_cells()  # first in, first out; levels never fall from one entry to the next
    climbed = no_cells()
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
            if _may_spill(reached, level, settled, offsets, catchment, lowest):
                heapq.heappush(spills, (level[reached], reached))
        climbed.clear()
        if first == len(ponded):
            ponded.clear()
            first = 0
    return filled


@njit(nogil=True, cache=True)
def _is_open(cell, settled, offsets):
    for offset in offsets:  # noqa: SIM110 (numba compiles no generator)
        if not settled[cell + offset]:
            return True
    return False


@njit(nogil=True, cache=True)
def _may_spill(cell, level, settled, offsets, catchment, lowest):
    """Test whether water from a settled cell may enter a catchment first, and note its level.

    Nowhere does water need more cells than there are, which bounds how much higher than the lowest
    cell around a catchment a cell can be and still settle one sooner.
    """
    may = False
    for offset in offsets:
        neighbour = cell + offset
        if not settled[neighbour]:
            entered = catchment[neighbour]
            if level[cell] <= lowest[entered] + level.size:
                may = True
                lowest[entered] = min(lowest[entered], level[cell])
    return may


@njit(nogil=True, cache=True)
def _settle_from_outlets(level, offsets):
    """Settle no data, outlets and every cell from which a path falls all the way to an outlet."""
    settled = level == NODATA
    for cell in range(level.size):
        if not settled[cell]:
            settled[cell] = _is_outlet(cell, level, offsets)
    # All outlets are settled before the first climb, so that none is taken for a hillslope.
    climbed = no_cells()
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
def start_levels(elevation):
    """Set outlets to their own elevation and all other cells to `UNREACHED`.

    Parameters
    ----------
    elevation
        Framed elevation, or a window of it with a ring of its neighbours.

    Returns
    -------
    waiting : numpy.ndarray
        int8: 0 for outlets, else 1.
    levels : numpy.ndarray
        int64, right inside the ring.
    """
    rows, columns = elevation.shape
    levels = np.full(elevation.shape, NODATA, dtype=np.int64)
    waiting = np.ones(elevation.shape, dtype=np.int8)
    for row in range(1, rows - 1):
        for column in range(1, columns - 1):
            if elevation[row, column] == NODATA:
                continue
            levels[row, column] = UNREACHED
            for k in range(8):
                if elevation[row + ROW_STEP[k], column + COLUMN_STEP[k]] == NODATA:
                    levels[row, column] = elevation[row, column]
                    waiting[row, column] = 0
    return waiting, levels


@njit(nogil=True, cache=True)
def lower_levels(elevation, waiting, levels):
    """Lower the levels that ready cells allow to be lower, until none is left inside the ring.

    The lowest surface is approached from above: whatever the order in which windows of a raster
    are visited, they end at the surface of `fill_depressions` once no cell of any is ready.

    Parameters
    ----------
    elevation
        Framed elevation, or a window of it with a ring of its neighbours.
    waiting
        int8, changed in place: 0 is ready. `RING` is added around a window, and a cell of the ring
        that has become lower is set to `RING`.
    levels
        Levels so far, changed in place, in the ring as well.
    """
    offsets = neighbour_offsets(elevation.shape[1])
    bed = elevation.ravel()
    level = levels.ravel()
    state = waiting.ravel()
    spills = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for cell in range(level.size):
        if state[cell] == 0:
            state[cell] = 1
            spills.append((level[cell], np.int64(cell)))
    heapq.heapify(spills)
    ponded = no_cells()
    climbed = no_cells()
    first = 0
    while len(spills) > 0 or first < len(ponded):
        if first < len(ponded) and (len(spills) == 0 or level[ponded[first]] <= spills[0][0]):
            cell = ponded[first]
            first += 1
        else:
            lowest, cell = heapq.heappop(spills)
            if lowest > level[cell]:
                continue
        for offset in offsets:
            neighbour = cell + offset
            lower = max(bed[neighbour], level[cell] + 1)
            if lower >= level[neighbour] or bed[neighbour] == NODATA:
                continue
            level[neighbour] = lower
            if state[neighbour] >= RING:
                state[neighbour] = RING
            elif lower > bed[neighbour]:
                ponded.append(neighbour)
            else:
                climbed.append(neighbour)
        _climb_to_bed(bed, level, state, offsets, climbed)
        for reached in climbed:
            if _spills(reached, bed, level, offsets):
                heapq.heappush(spills, (level[reached], reached))
        climbed.clear()
        if first == len(ponded):
            ponded.clear()
            first = 0


@njit(nogil=True, cache=True)
def _climb_to_bed(bed, level, state, offsets, climbed):
    """Set all cells uphill of the cells in `climbed` to their own elevation, and append them."""
    position = 0
    while position < len(climbed):
        cell = climbed[position]
        position += 1
        for offset in offsets:
            neighbour = cell + offset
            own = bed[neighbour]
            if own > level[cell] and own < level[neighbour] and own != NODATA:
                level[neighbour] = own
                if state[neighbour] >= RING:
                    state[neighbour] = RING
                else:
                    climbed.append(neighbour)


@njit(nogil=True, cache=True)
def _spills(cell, bed, level, offsets):
    """Test whether a neighbour lies higher than water from this cell would stand in it."""
    for offset in offsets:
        neighbour = cell + offset
        if bed[neighbour] != NODATA and max(bed[neighbour], level[cell] + 1) < level[neighbour]:
            return True
    return False
