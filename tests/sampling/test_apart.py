"""What a source learns beside a target on the same ground: right values are counted by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.sampling.apart import keep_apart

CRS = "EPSG:32632"
WEST, SOUTH = 499_980, 4_999_980
NAMES = {"source": "district", "target": "valley"}


@pytest.fixture
def valley():
    """A square of 300 m, of cells of 30 m, whose eastern half has no data."""
    grid = GeoBox.from_bbox((WEST, SOUTH, WEST + 300, SOUTH + 300), CRS, resolution=30)
    heights = np.where(np.arange(10) < 5, 700.0, np.nan) + np.zeros((10, 10))
    return wrap_xr(heights.astype(np.float32), grid)


def tabulate(places, crs=CRS):
    """Tabulate places, given east and north of the valley's corner [m]; every second one failed."""
    east, north = np.array(places, float).T
    points = gpd.GeoSeries.from_xy(WEST + east, SOUTH + north, crs=CRS)
    points = points.to_crs(crs)
    labels = np.arange(len(places)) % 2
    return pd.DataFrame({"x": points.x, "y": points.y, "presence": labels, "slope": 30.0})


PLACES = [
    *((15, 15), (135, 285)),  # on the ground
    *((155, 150), (165, 240)),  # without data, at 5 m and 15 m from it
    *((-15, 150), (-45, 150)),  # west of it
    *((900, 900), (5000, 5000)),
]


@pytest.mark.parametrize("crs", [CRS, "EPSG:32633", "EPSG:3035"])
@pytest.mark.parametrize(("margin_m", "left"), [(0, 6), (10, 5), (30, 3), (100, 2)])
def test_what_lies_on_the_ground_of_the_target_is_left_out(valley, crs, margin_m, left):
    table = tabulate(PLACES, crs)
    apart = keep_apart(table, table, crs=crs, ground=valley, margin_m=margin_m, **NAMES)
    assert len(apart.samples) == len(apart.background) == left
    pd.testing.assert_frame_equal(apart.samples, table.iloc[-left:])
    gone = 8 - left
    counts = {"presences": gone // 2, "absences": gone - gone // 2, "background": gone}
    assert apart.record == counts | {"share": 0.25}


def test_neighbours_keep_all_even_within_the_margin(valley):
    table = tabulate(PLACES[2:])
    apart = keep_apart(table, table, crs=CRS, ground=valley, margin_m=100, **NAMES)
    assert len(apart.samples) == len(apart.background) == 6
    assert not any(apart.record.values())


def test_a_source_of_which_nothing_is_left_is_refused(valley):
    table = tabulate(PLACES)
    with pytest.raises(ValueError, match=r"regions.district: all that it could teach lies in val"):
        keep_apart(table.iloc[:7], table, crs=CRS, ground=valley, margin_m=50, **NAMES)
