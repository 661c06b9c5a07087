"""Inventories that do not lie where their region is: told in the log and in the record."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.fetch.store import Store
from landshift.acquire.inventory.storage import load_inventory
from landshift.geodata.raster import write_raster

from .conftest import CRS, load_main


def acquire(folder, points, dem):
    """Acquire landslides; gives the table of cleaning."""
    points = gpd.GeoDataFrame(geometry=points, crs=CRS)
    points.to_file(folder / "slides.gpkg")
    write_raster(dem.assign_attrs(units="m", long_name="elevation").rename("dem"), folder / "d.tif")
    load_main("acquire_inventory")(
        entry={"file": str(folder / "slides.gpkg"), "merge_m": 0}, dem=folder / "d.tif",
        detail=folder / "d.tif", store=Store(folder), inventory=folder / "inventory.gpkg",
        cleaning=folder / "cleaning.csv", record=folder / "inventory.json",
    )  # fmt: skip
    assert len(load_inventory(folder / "inventory.gpkg")[0]) == len(points)
    return pd.read_csv(folder / "cleaning.csv").set_index("what")["value"]


def test_acquisition_tells_it_in_the_log_and_in_the_record(tmp_path, caplog):
    grid = GeoBox.from_bbox((0, 0, 30_000, 30_000), CRS, resolution=100)
    dem = wrap_xr(np.zeros(grid.shape, np.float32), grid)
    places = np.random.default_rng(1).uniform(50, 9950, (396, 2))
    corners = [(50, 50), (50, 9950), (9950, 50), (9950, 9950)]
    found = acquire(tmp_path, gpd.points_from_xy(*np.vstack([places, corners]).T), dem)
    assert 0.12 < found["extent_share"] < 0.14 and found["extent_margin_m"] == 990
    (warning,) = (each for each in caplog.records if each.levelname == "WARNING")
    assert "span 13% of the region. If nobody looked for landslides in the rest" in warning.message


def test_a_shifted_inventory_is_told_before_anything_learns_from_it(tmp_path, caplog):
    grid = GeoBox.from_bbox((0, 0, 3000, 3000), CRS, resolution=10)
    steps = np.arange(grid.width) % 30
    profile = np.cumsum(np.where((steps >= 10) & (steps < 14), 8.0, 0.2))
    noise = np.random.default_rng(1).normal(0, 0.1, grid.shape)
    dem = wrap_xr((profile + noise).astype(np.float32), grid)
    generator = np.random.default_rng(2)
    # in the middle of the faces, then moved by 80 m to the east
    east = 120 + 300 * generator.integers(1, 9, 80) + 80
    found = acquire(tmp_path, gpd.points_from_xy(east, generator.uniform(300, 2700, 80)), dem)
    assert found["slope_east_m"] == pytest.approx(-80, abs=20)
    warnings = [each.message for each in caplog.records if each.levelname == "WARNING"]
    assert any(
        "nothing was moved. Look for another version of the inv" in each for each in warnings
    )
