import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.inventory.snapping import snap_points

GRID = GeoBox((60, 60), Affine(10, 0, 600000, 0, -10, 5000600), "EPSG:32632")


def make_hollow(*places):
    """A slope of 20 degrees with bowls of 4 m depth and some 15 m across at places (x, y)."""
    rows, columns = np.mgrid[:60, :60]
    x, y = 600005 + 10.0 * columns, 5000595 - 10.0 * rows
    elevation = 500 + np.tan(np.radians(20)) * (x - 600000)
    for east, north in places:
        elevation -= 4 * np.exp(-((x - east) ** 2 + (y - north) ** 2) / (2 * 12**2))
    return wrap_xr(elevation.astype(np.float32), GRID)


def place(*points):
    return gpd.GeoDataFrame(
        {"id": [str(number) for number in range(len(points))], "date": None},
        geometry=list(points), crs="EPSG:32632",
    )  # fmt: skip


def test_points_move_to_the_hollow_within_their_accuracy():
    elevation = make_hollow((600305, 5000305))
    moved = snap_points(place(shapely.Point(600335, 5000321)), elevation, accuracy_m=50)
    # the head of the bowl: steep and concave, within a cell or two of its middle
    (point,) = moved.geometry
    assert point.distance(shapely.Point(600305, 5000305)) <= 22.4
    assert point.distance(shapely.Point(600335, 5000321)) <= 50
    assert (point.x - 600000) % 10 == 5 and (point.y - 5000000) % 10 == 5
    far = snap_points(place(shapely.Point(600455, 5000305)), elevation, accuracy_m=50)
    assert far.geometry[0].distance(shapely.Point(600455, 5000305)) <= 50


def test_the_cell_is_that_with_the_highest_index_of_all_in_reach():
    elevation = make_hollow((600305, 5000305), (600205, 5000405))
    point = shapely.Point(600251, 5000352)
    (moved,) = snap_points(place(point), elevation, accuracy_m=120).geometry
    east, north = (np.gradient(elevation.values.astype(float), 10)[axis] for axis in (1, 0))
    x, y = np.meshgrid(elevation.x, elevation.y)
    reached = np.hypot(x - point.x, y - point.y) <= 120
    row, column = ~GRID.transform * (moved.x, moved.y)
    steep = np.hypot(east, north)
    assert steep[int(column), int(row)] > np.quantile(steep[reached], 0.9)


@pytest.mark.parametrize("accuracy_m", [0, 5, 10])
def test_points_known_to_a_cell_stay(accuracy_m):
    points = place(shapely.Point(600335, 5000321))
    assert snap_points(points, make_hollow(), accuracy_m=accuracy_m).equals(points)


def test_polygons_and_points_without_data_stay():
    elevation = make_hollow((600305, 5000305))
    elevation[:, :20] = np.nan
    shapes = place(shapely.Point(600335, 5000321).buffer(20), shapely.Point(600045, 5000305))
    assert snap_points(shapes, elevation, accuracy_m=50).equals(shapes)


def test_a_level_plain_moves_nothing_far():
    flat = wrap_xr(np.full((60, 60), 5.0, np.float32), GRID)
    (point,) = snap_points(place(shapely.Point(600333, 5000321)), flat, accuracy_m=50).geometry
    # all are equal, so the nearest is taken
    assert (point.x, point.y) == (600335, 5000325)
