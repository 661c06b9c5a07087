"""Landslides that span less than their region: shares are those of simple shapes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.inventory.coverage import measure_coverage
from landshift.acquire.inventory.storage import write_inventory
from landshift.acquire.layers.areas import take_extent
from landshift.sampling.draw import keep_within

CRS = "EPSG:32632"
GRID = GeoBox.from_bbox((0, 0, 30_000, 30_000), CRS, resolution=100)
FLAT = wrap_xr(np.zeros(GRID.shape, np.float32), GRID)


def scatter(west, south, east, north, count=400, seed=1):
    """Scatter landslides in a box, its corners among them."""
    places = np.random.default_rng(seed).uniform((west, south), (east, north), (count - 4, 2))
    corners = [(west, south), (west, north), (east, south), (east, north)]
    points = gpd.points_from_xy(*np.vstack([places, corners]).T)
    columns = {"id": [str(row) for row in range(count)], "date": None}
    return gpd.GeoDataFrame(columns, geometry=points, crs=CRS)


def test_landslides_in_a_corner_are_told_with_their_share():
    found = measure_coverage(scatter(0, 0, 10_000, 10_000), FLAT)
    # twice the root of 100 km2 for 400 landslides
    assert found.margin_m == 1000
    # a square of 10 km and what lies within 1 km to its north and east, without the corner
    assert found.share == pytest.approx((100 + 2 * 10 + np.pi / 4) / 900, abs=5e-4)
    assert "and 1000 m around them, span 13% of the region" in found.describe()
    assert measure_coverage(scatter(0, 0, 10_000, 10_000), FLAT, surveyed=True).describe() is None


@pytest.mark.parametrize("count", [10, 30, 400])
@pytest.mark.parametrize("seed", range(5))
def test_landslides_everywhere_are_not(count, seed):
    places = np.random.default_rng(seed).uniform(0, 30_000, (count, 2))
    table = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*places.T), crs=CRS)
    found = measure_coverage(table, FLAT)
    assert found.share > 0.85 and found.describe() is None


def test_only_ground_with_data_counts():
    dem = FLAT.where(FLAT["x"] < 12_000)
    found = measure_coverage(scatter(0, 0, 10_000, 30_000), dem)
    assert found.share > 0.9 and found.describe() is None


def test_few_landslides_span_nothing_and_those_in_a_line_a_strip():
    assert measure_coverage(scatter(0, 0, 9000, 9000, count=9), FLAT) is None
    found = measure_coverage(scatter(0, 15_000, 30_000, 15_000, count=50), FLAT)
    assert found.margin_m == 500 and found.share == pytest.approx(10 / 300)


def test_the_extent_is_a_surveyed_area(tmp_path):
    landslides = scatter(0, 0, 10_000, 10_000)
    write_inventory(tmp_path / "inventory.gpkg", landslides)
    dem = FLAT.where(FLAT["x"] > 1000)
    acquired = take_extent(tmp_path / "inventory.gpkg", dem)
    inside = acquired.data == 1
    assert inside.sum() == pytest.approx((9000 * 10_000 + 1900 * 10_000 + 7.9e5) / 1e4, rel=1e-2)
    assert not inside.sel(x=500, y=5000, method="nearest")
    places = pd.DataFrame({"x": [5050.0, 20_050.0, 550.0], "y": [5050.0, 5050.0, 5050.0]})
    assert keep_within(places, acquired.data)["x"].tolist() == [5050.0]
    assert len(keep_within(places.iloc[1:], acquired.data)) == 2
