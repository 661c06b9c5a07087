"""Landslides that were moved together are told by the slope they should lie on."""

import geopandas as gpd
import numpy as np
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from shapely import Point

from landshift.acquire.inventory.registration import measure_registration

GRID = GeoBox.from_bbox((0, 0, 3000, 3000), "EPSG:32632", resolution=10)


@pytest.fixture(scope="module")
def dem():
    """Flat ground with steep faces 40 m wide, running north, every 300 m."""
    generator = np.random.default_rng(1)
    steps = np.arange(GRID.width) % 30
    rise = np.where((steps >= 10) & (steps < 14), 8.0, 0.2)
    profile = np.cumsum(rise) - 0.2 * np.arange(GRID.width)
    values = np.repeat(profile[None], GRID.height, axis=0) + generator.normal(0, 0.1, GRID.shape)
    return wrap_xr(values.astype(np.float32), GRID)


def put(dem, east_m=0.0, count=80):
    """Landslides in the middle of the faces, moved to the east."""
    generator = np.random.default_rng(2)
    faces = 120 + 300 * generator.integers(1, 9, count)
    north = generator.uniform(300, 2700, count)
    points = [Point(x + east_m, y) for x, y in zip(faces, north, strict=True)]
    return make_landslides(points)


def make_landslides(points):
    ids = [str(number) for number in range(len(points))]
    return gpd.GeoDataFrame({"id": ids, "date": None}, geometry=points, crs="EPSG:32632")


def test_landslides_in_their_place_are_left_alone(dem):
    found = measure_registration(put(dem), dem)
    assert (found.east_m, found.north_m, found.describe()) == (0, 0, None)
    assert found.auc > 0.85
    assert found.by_distance[0] == pytest.approx(found.auc)
    assert found.by_distance[3] < found.auc


def test_a_shift_is_named_with_the_way_back(dem):
    found = measure_registration(put(dem, east_m=80.0), dem)
    assert found.east_m == pytest.approx(-80, abs=20)
    assert f"shift_m: [{found.east_m:.0f}, {found.north_m:.0f}]" in found.describe()
    assert found.auc_moved > found.auc + 0.3
    moved = put(dem, east_m=80.0)
    back = moved.set_geometry(moved.translate(found.east_m, found.north_m))
    assert measure_registration(back, dem).describe() is None


def test_the_auc_is_the_share_of_less_steep_cells(dem):
    from landshift.factors.terrain.derive import derive_terrain_factors

    slope = derive_terrain_factors(dem)["slope"].to_numpy()
    landslides = put(dem)
    columns, rows = ~GRID.transform * (landslides.geometry.x, landslides.geometry.y)
    own = slope[np.floor(rows).astype(int), np.floor(columns).astype(int)]
    expected = np.mean([(slope < each).mean() + (slope == each).mean() / 2 for each in own])
    assert measure_registration(landslides, dem).auc == pytest.approx(expected, abs=1e-6)


def test_chance_stands_out_nowhere():
    generator = np.random.default_rng(3)
    dem = wrap_xr(generator.normal(500, 3, GRID.shape).astype(np.float32), GRID)
    points = [Point(*place) for place in generator.uniform(200, 2800, (60, 2))]
    found = measure_registration(make_landslides(points), dem)
    assert found.auc == pytest.approx(0.5, abs=0.15)
    assert measure_registration(put(dem, count=10), dem) is None
