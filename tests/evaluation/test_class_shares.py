"""Shares of area and landslides per class, counted by hand."""

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from landshift.evaluation.class_shares import tabulate_classes

CODES = np.array([[1, 1, 2, 3], [1, 5, 4, 0]], np.uint8)


@pytest.fixture
def classes():
    grid = GeoBox.from_bbox((0, 0, 40, 20), crs="EPSG:32632", resolution=10, tight=True)
    return xr.DataArray(CODES, dims=("y", "x"), coords=xr_coords(grid), attrs={"nodata": 0})


def points(*places):
    x, y = zip(*places, strict=True)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs="EPSG:32632"))


def test_shares_by_hand(classes):
    # two in class 5, one each in 1 and 4, one on no data, one off the map
    found = points((15, 5), (11, 1), (5, 15), (25, 5), (35, 5), (95, 5))
    table = tabulate_classes(classes, {"held_out": found}).set_index("class")
    np.testing.assert_allclose(table["area_share"], np.array([3, 1, 1, 1, 1]) / 7)
    assert table["held_out"].tolist() == [1, 0, 0, 1, 2]
    np.testing.assert_allclose(table["held_out_share"], [0.25, 0, 0, 0.25, 0.5])
    assert table.loc[5, "held_out_density"] == pytest.approx(3.5)


def test_empty_class_has_no_density(classes):
    table = tabulate_classes(classes.where(classes != 3, 2), {"used": points((5, 15))})
    assert np.isnan(table.loc[2, "used_density"])


def test_map_without_data_is_refused(classes):
    with pytest.raises(ValueError, match="no cell with data"):
        tabulate_classes(classes * 0, {})
