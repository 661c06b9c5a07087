"""Positions that lie off the terrain they describe are found by their elevations."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.inventory.cleaning import clean_inventory
from landshift.acquire.inventory.elevations import compare_elevations
from landshift.acquire.inventory.reading import read_inventory
from landshift.acquire.inventory.storage import write_cleaning
from landshift.geodata.raster import open_raster

MIRROR = Path(os.environ.get("LANDSHIFT_MIRROR", Path(__file__).parents[3] / "shared/data"))
needs_data = pytest.mark.skipif(
    not (MIRROR / "MANIFEST.sha256").is_file(),
    reason="the mirror of real data is not beside the repository",
)
CRS = "EPSG:32632"


@pytest.fixture(scope="module")
def elevation():
    """Hills of 100 m on 100 x 100 cells of 30 m."""
    y, x = np.mgrid[:100, :100]
    heights = 800 + 100 * np.sin(x / 5) * np.cos(y / 7) + x
    grid = GeoBox.from_bbox((500000, 5000000, 503000, 5003000), crs=CRS, resolution=30, tight=True)
    return wrap_xr(heights.astype(np.float32), grid)


def slides_on(elevation, *, east=0, north=0, higher=0.0, times=1.0, count=60):
    """Landslides whose elevations were read before they were moved by some cells."""
    generator = np.random.default_rng(5)
    rows, columns = generator.integers(15, 85, (2, count))
    heights = elevation.to_numpy()[rows, columns].astype(float) + generator.normal(0, 2, count)
    points = gpd.points_from_xy(
        elevation.x.to_numpy()[columns + east], elevation.y.to_numpy()[rows - north]
    )
    return gpd.GeoDataFrame(
        {"id": [str(row) for row in range(count)], "date": None,
         "elevation_m": heights * times + higher},
        geometry=points, crs=CRS,
    )  # fmt: skip


def test_sound_positions_raise_no_doubt(elevation):
    found = compare_elevations(slides_on(elevation), elevation)
    assert found.describe() is None and found.landslides == 60
    assert abs(found.difference_m) < 1 and found.spread_m < 3
    assert (found.east_m, found.north_m) == (0, 0)


@pytest.mark.parametrize(("east", "north"), [(3, 0), (0, -4), (-2, 5)])
def test_a_shift_is_found_and_stated(elevation, east, north):
    found = compare_elevations(slides_on(elevation, east=east, north=north), elevation)
    assert (found.east_m, found.north_m) == (-30 * east, -30 * north)
    assert found.spread_moved_m < 3 < found.spread_m
    assert f"when moved {-30 * east:+d} m east and {-30 * north:+d} m north" in found.describe()


def test_another_datum_is_found(elevation):
    found = compare_elevations(slides_on(elevation, higher=48.0), elevation)
    assert (found.east_m, found.north_m) == (0, 0)
    assert "differ from the elevation model by +4" in found.describe()


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (1 / 0.3048, "so the unit of the inventory's elevations seems to be feet"),
        (10, "so the unit of the inventory's elevations seems to be decimetres"),
        (0.3048, "so the unit of the elevation model seems to be feet"),
        (0.1, "so the unit of the elevation model seems to be decimetres"),
    ],
)
def test_another_unit_is_refused(elevation, times, message):
    with pytest.raises(ValueError, match=message):
        compare_elevations(slides_on(elevation, times=times), elevation)


def test_too_few_elevations_say_nothing(elevation):
    assert compare_elevations(slides_on(elevation, count=9), elevation) is None
    unstated = slides_on(elevation).drop(columns="elevation_m")
    assert compare_elevations(unstated, elevation) is None


def test_the_table_tells_what_was_dropped_and_how_elevations_compare(elevation, tmp_path):
    kept, counts = clean_inventory(slides_on(elevation, east=2), elevation)
    write_cleaning(tmp_path / "cleaning.csv", counts, [compare_elevations(kept, elevation)])
    table = pd.read_csv(tmp_path / "cleaning.csv", index_col="what")
    assert list(table) == ["value", "meaning"]
    assert table.value["read"] == 60 and table.value["east_m"] == -60
    assert table.value["kept"] + table.value["duplicate"] == 60
    assert table.meaning["no_data"] == "where the elevation model has no data"


@needs_data
def test_ecuador_lies_where_its_elevations_say():
    folder = MIRROR / "ecuador_rbsf"
    elevation = open_raster(folder / "dem_rsaga_10m.tif")
    slides, _ = read_inventory(
        folder / "lsl_350.csv", crs="EPSG:32717", label="lslpts", presence=[1]
    )
    kept, _ = clean_inventory(slides, elevation)
    found = compare_elevations(kept, elevation)
    assert found.describe() is None and found.spread_m < 0.01
    moved = kept.set_geometry(kept.translate(50, -30))
    found = compare_elevations(moved, elevation)
    assert (found.east_m, found.north_m) == (-50, 30) and found.spread_moved_m < 0.01
