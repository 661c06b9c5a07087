"""The cell under a point: one rule for samples, curves, priorities and the report of a place."""

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.geodata.cells import Footprints, locate_cells
from landshift.geodata.grids import check_metric

GRID = GeoBox.from_bbox((356340, 4800000, 356400, 4800090), "EPSG:32632", resolution=30)


def test_every_edge_belongs_to_the_cell_east_and_south_of_it():
    corners = np.array([[356340.0, 4800090.0], [356370.0, 4800030.0], [356399.9, 4800000.1]])
    rows, columns, inside = locate_cells(GRID, corners)
    assert rows.tolist() == [0, 2, 2]
    assert columns.tolist() == [0, 1, 1]
    assert inside.all()


@pytest.mark.parametrize(
    "place",
    [(356400.0, 4800050.0), (356350.0, 4800000.0), (356339.9, 4800050.0), (356350.0, 4800090.1),
     (np.nan, 4800050.0), (np.inf, np.inf)],
)  # fmt: skip
def test_a_place_off_the_grid_is_in_no_cell(place):
    rows, columns, inside = locate_cells(GRID, np.array([place]))
    assert (rows[0], columns[0], inside[0]) == (-1, -1, False)


def test_an_open_file_and_its_array_agree(tmp_path):
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    profile = {"driver": "GTiff", "height": 3, "width": 2, "count": 1, "dtype": "float32"}
    with rasterio.open(
        tmp_path / "map.tif", "w", crs="EPSG:32632", transform=GRID.affine, **profile
    ) as sink:
        sink.write(values, 1)
    generator = np.random.default_rng(1)
    places = generator.uniform((356330, 4799990), (356410, 4800100), (200, 2))
    with rasterio.open(tmp_path / "map.tif") as source:
        rows, columns, inside = locate_cells(source, places)
        expected = np.array(list(source.sample(places[inside])))[:, 0]
    assert 50 < inside.sum() < 200
    np.testing.assert_array_equal(values[rows[inside], columns[inside]], expected)
    sampled = Footprints(wrap_xr(values, GRID)).sample(places)
    np.testing.assert_array_equal(sampled[inside], expected)
    assert np.isnan(sampled[~inside]).all()


def test_only_metres_pass():
    assert check_metric(GRID.crs, "the grid") == GRID.crs
    with pytest.raises(ValueError, match=r"the grid: has no CRS; align it to a grid in metres"):
        check_metric(None, "the grid")
    degrees = GeoBox.from_bbox((0, 0, 1, 1), "EPSG:4326", resolution=0.5).crs
    with pytest.raises(ValueError, match=r"is in degrees .*; name .* in metres in grid\.crs"):
        check_metric(degrees, "dem.tif", "name one in metres in grid.crs")
