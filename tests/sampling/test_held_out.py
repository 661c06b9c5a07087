"""The landslides that judge a map."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.inventory.source_areas import source_points
from landshift.acquire.inventory.storage import write_inventory
from landshift.sampling.shots import find_held_out

CRS = "EPSG:32632"


@pytest.fixture
def elevation():
    """A slope that rises to the north, of cells of 30 m."""
    grid = GeoBox.from_bbox((0, 0, 600, 900), CRS, resolution=30)
    heights = np.linspace(900, 100, grid.height)[:, None] + np.zeros(grid.width)
    return wrap_xr(heights.astype(np.float32), grid).rename("dem")


@pytest.fixture
def samples():
    return pd.DataFrame({"x": [45.0, 75.0, 105.0], "y": 45.0, "presence": [1, 1, 0]})


def test_without_later_landslides_it_is_those_that_gave_no_shot(samples, elevation):
    used, held_out = find_held_out(samples, samples.iloc[[0, 2]], elevation)
    assert used.geometry.x.tolist() == [45]
    assert held_out.geometry.x.tolist() == [75]


def test_later_landslides_count_where_they_began(samples, elevation, tmp_path):
    shape = shapely.box(300, 100, 360, 800)
    columns = {"id": ["long"], "date": pd.to_datetime(["2020-01-01"])}
    later = gpd.GeoDataFrame(columns, geometry=[shape], crs=CRS)
    write_inventory(tmp_path / "validation.gpkg", later)
    used, held_out = find_held_out(samples, samples, elevation, tmp_path / "validation.gpkg")
    assert len(used) == 2
    assert held_out.geometry.tolist() == source_points(later, elevation).geometry.tolist()
    # four fifths of the way up, and not in the middle
    assert held_out.geometry.y.iloc[0] == pytest.approx(660, abs=30)


def test_what_frozen_models_may_have_learned_is_not_held_out(samples, elevation, caplog):
    table = pd.concat([samples, samples.assign(x=samples["x"] + 300)], ignore_index=True)
    west, south, east, north = gpd.GeoSeries(
        [shapely.box(0, 0, 200, 200)], crs=CRS
    ).to_crs("EPSG:4326").total_bounds  # fmt: skip
    places = {"district": {"box": [west, south, east, north]}}
    _, held_out = find_held_out(table, table.iloc[[0, 2]], elevation, known=places)
    assert held_out.geometry.x.tolist() == [345, 375]
    assert "1 of 3 landslides lie in a source of the frozen models" in caplog.text
    places["district"]["without"] = places["district"]["box"]
    _, held_out = find_held_out(table, table.iloc[[0, 2]], elevation, known=places)
    assert held_out.geometry.x.tolist() == [75, 345, 375]
