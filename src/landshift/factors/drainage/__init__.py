"""Water routed over a raster: filling, directions, accumulation, heights, distances.

Arrays in, arrays out. Most rasters here are *framed*: their outermost rows and columns are no
data, so that each cell has eight neighbours and no kernel tests for the raster's edge. `frame`
makes such a raster from elevations, ``raster[1:-1, 1:-1]`` takes the frame off.

Elevations and flow are integers (fixed point): ordering is exact, sums do not depend on the order
in which cells are visited, and no water is lost to rounding.

Every global step is a *sweep*: a cell is done once all cells that it depends on are done. An int8
raster says how many of them each cell still waits for: 0 is ready, -1 is done or no data. A sweep
can stop anywhere and go on elsewhere without changing a bit of the result, which is how a raster
larger than memory is routed window by window (`drainage.from_disk`, `drainage.from_disk`).
"""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "derive": ["derive_drainage_factors"],
        "distances": ["nearest_distances"],
        "filling": ["fill_depressions"],
        "framing": ["ELEVATION_UNIT_M", "FLOW_UNIT", "LEAVES", "NODATA", "NO_DIRECTION", "frame"],
        "from_disk": ["RoutedTiles", "route_tiles"],
        "indices": ["slope_gradients"],
        "multiple_flow": ["accumulate_multiple_flow", "mean_heights"],
        "single_flow": [
            "accumulate_single_flow",
            "flow_directions",
            "order_streams",
            "path_lengths",
            "trace_streams",
        ],
    },
)
