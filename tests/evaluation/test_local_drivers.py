"""What moves a map at each place, on a model whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.mapping.local_drivers import map_local_drivers

GRID = GeoBox((31, 50), Affine(30, 0, 500_000, 0, -30, 4_000_000), "EPSG:32632")


class Line:
    """A logit that is linear in slope and 1 on rock of class 3."""

    factors = ("slope", "rock")

    def predict(self, matrix):
        return SimpleNamespace(logit=2.0 * matrix[:, 0] + (matrix[:, 1] == 3))


@pytest.fixture
def factors():
    rows, columns = np.mgrid[: GRID.height, : GRID.width].astype(np.float32)
    rows[0, 0] = np.nan
    layers = {"rock": np.where(columns < 25, 3, 7).astype(np.float32), "slope": rows}
    return xr.Dataset({name: wrap_xr(values, GRID) for name, values in layers.items()})


@pytest.fixture
def background():
    return pd.DataFrame({"slope": [1.0, 10.0, 40.0], "rock": [7, 7, 3]})


def test_changes_are_those_beside_the_typical_cell(factors, background):
    found = map_local_drivers(Line(), factors, background, classes={"rock"}, cells=31 * 50)
    assert found["slope"].odc.geobox == GRID
    expected = 2 * (factors["slope"].to_numpy() - 10)
    np.testing.assert_allclose(found["slope"], expected)
    rock = np.where(factors["rock"] == 3, 1.0, 0.0)
    rock[0, 0] = np.nan
    np.testing.assert_allclose(found["rock"], rock)


def test_cells_of_a_large_map_stand_for_squares(factors, background):
    chunked = factors.chunk(y=10, x=10)
    found = map_local_drivers(Line(), chunked, background, classes={"rock"}, cells=100)
    assert found["slope"].shape == (8, 12)
    assert found["slope"].odc.geobox.resolution.x == 120
    # the cell in the middle of the first square, and of the second
    np.testing.assert_allclose(found["slope"][:2, 0], [2 * (2 - 10), 2 * (6 - 10)])


def test_region_without_data_has_no_drivers(factors, background):
    found = map_local_drivers(Line(), factors * np.nan, background)
    assert all(np.isnan(found[name]).all() for name in found)
