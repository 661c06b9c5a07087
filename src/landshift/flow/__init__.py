"""Water routed over a raster: filling, directions, accumulation, heights, distances.

Arrays in, arrays out. Most rasters here are *framed*: their outermost rows and columns are no
data, so that each cell has eight neighbours and no kernel tests for the raster's edge. `frame`
makes such a raster from elevations, ``raster[1:-1, 1:-1]`` takes the frame off.

Elevations and flow are integers (fixed point): ordering is exact, sums do not depend on the order
in which cells are visited, and no water is lost to rounding.

Every global step is a *sweep*: a cell is done once all cells that it depends on are done. An int8
raster says how many of them each cell still waits for: 0 is ready, -1 is done or no data. A sweep
can stop anywhere and go on elsewhere without changing a bit of the result, which is how a raster
larger than memory is routed window by window (`landshift.flow.windows`, `landshift.flow.tiles`).
"""

from landshift.flow.distances import nearest_distances
from landshift.flow.filling import fill_depressions
from landshift.flow.framing import (
    ELEVATION_UNIT_M,
    FLOW_UNIT,
    LEAVES,
    NO_DIRECTION,
    NODATA,
    frame,
)
from landshift.flow.gradients import slope_gradients
from landshift.flow.multiple_flow import accumulate_multiple_flow, mean_heights
from landshift.flow.single_flow import (
    accumulate_single_flow,
    base_levels,
    flow_directions,
    order_streams,
    path_lengths,
    trace_streams,
)
from landshift.flow.tiles import RoutedTiles, route_tiles

__all__ = [
    "ELEVATION_UNIT_M",
    "FLOW_UNIT",
    "LEAVES",
    "NODATA",
    "NO_DIRECTION",
    "RoutedTiles",
    "accumulate_multiple_flow",
    "accumulate_single_flow",
    "base_levels",
    "fill_depressions",
    "flow_directions",
    "frame",
    "mean_heights",
    "nearest_distances",
    "order_streams",
    "path_lengths",
    "route_tiles",
    "slope_gradients",
    "trace_streams",
]
