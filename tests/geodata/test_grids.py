"""The grid of a region: the DEM's own where it fits, else snapped to multiples of the cell size."""

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.geodata.alignment import align_raster
from landshift.geodata.detail import plan_detail
from landshift.geodata.grids import plan_grid


def make_dem(box, crs, resolution):
    grid = GeoBox.from_bbox(box, crs=crs, resolution=resolution)
    return wrap_xr(np.zeros(grid.shape, np.float32), grid)


def test_a_fitting_elevation_model_keeps_its_grid():
    dem = make_dem((7, 7, 907, 607), "EPSG:32632", 30)
    assert plan_grid(dem, resolution_m=30, crs="EPSG:32632") == dem.odc.geobox


def test_cells_join_whole_cells_of_a_finer_elevation_model():
    dem = make_dem((500010, 5000010, 500920, 5000610), "EPSG:32632", 10)
    grid = plan_grid(dem, resolution_m=30)
    assert tuple(grid.boundingbox.bbox) == (500010, 5000010, 500940, 5000610)
    assert grid.shape == (20, 31)


def test_edges_survive_files_to_the_last_bit():
    dem = make_dem((0, 0, 90, 90), "EPSG:32717", 10)
    dem = dem.assign_coords(x=dem["x"] + 711962.726935, y=dem["y"] + 9561011.759956)
    grid = plan_grid(dem, resolution_m=30)
    assert abs(grid.boundingbox.left - 711962.726935) <= 2**-11
    again = wrap_xr(np.zeros(grid.shape, np.float32), grid).odc.geobox
    assert again == grid
    np.testing.assert_array_equal(align_raster(dem, plan_detail(grid, 10)), dem)


def test_cells_lie_on_multiples_of_the_resolution():
    dem = make_dem((500010, 5000010, 500910, 5000610), "EPSG:32632", 12.5)
    grid = plan_grid(dem, resolution_m=30)
    assert grid.resolution.x == 30 and grid.resolution.y == -30
    assert all(edge % 30 == 0 for edge in grid.boundingbox.bbox)


def test_bounds_cut_the_region():
    own = GeoBox((100, 100), Affine(30, 0, 500000, 0, -30, 5003000), "EPSG:32632")
    dem = wrap_xr(np.arange(10_000, dtype=np.float32).reshape(100, 100), own)
    grid = plan_grid(dem, resolution_m=30, bounds=[500310, 5000310, 500910, 5000610])
    # on its own cells, so that nothing is interpolated
    assert tuple(grid.boundingbox.bbox) == (500300, 5000300, 500930, 5000630)
    exact = plan_grid(dem, resolution_m=30, bounds=[500300, 5000300, 500930, 5000630])
    assert exact == grid
    np.testing.assert_array_equal(align_raster(dem, grid), dem[79:90, 10:31])
    beyond = plan_grid(dem, resolution_m=30, bounds=[499990, 4999990, 500300, 5000300])
    assert tuple(beyond.boundingbox.bbox) == (499970, 4999970, 500300, 5000300)


def test_bounds_elsewhere_are_cut_from_multiples_of_the_resolution():
    dem = make_dem((500000, 5000000, 503000, 5003000), "EPSG:32632", 12.5)
    grid = plan_grid(dem, resolution_m=30, bounds=[500320, 5000320, 500900, 5000600])
    assert tuple(grid.boundingbox.bbox) == (500310, 5000310, 500910, 5000610)


def test_degrees_are_warped_or_refused():
    dem = make_dem((8.99, 45.0, 9.01, 45.01), "EPSG:4326", 0.0003)
    grid = plan_grid(dem, resolution_m=30, crs="EPSG:32632")
    assert 50 <= grid.width <= 56 and 36 <= grid.height <= 40
    with pytest.raises(ValueError, match=r"is in degrees .*EPSG:4326.*state grid\.crs: auto"):
        plan_grid(dem, resolution_m=30)


def test_bounds_elsewhere_name_the_key():
    dem = make_dem((500000, 5000000, 503000, 5003000), "EPSG:32632", 30)
    with pytest.raises(ValueError, match=r"outside the elevation model.*grid\.bounds"):
        plan_grid(dem, resolution_m=30, bounds=[0, 0, 900, 900])


@pytest.mark.parametrize("resolution", [30, 12.5])
def test_bounds_that_only_touch_the_elevation_model_are_refused(resolution):
    left, bottom, right, top = box = (499950, 4999950, 502950, 5002950)
    dem = make_dem(box, "EPSG:32632", resolution)
    assert tuple(dem.odc.geobox.boundingbox.bbox) == box
    middle = [left + 900, bottom + 900, right - 900, top - 900]
    for start, low, high in [(0, left, right), (1, bottom, top)]:
        for own in ([low - 900, low], [high, high + 900]):
            bounds = list(middle)
            bounds[start], bounds[start + 2] = own
            with pytest.raises(ValueError, match="lie outside the elevation model"):
                plan_grid(dem, resolution_m=30, bounds=bounds)
            # with half a cell in common they are cut
            bounds[start], bounds[start + 2] = own[0] - 15, own[1] + 15
            assert min(plan_grid(dem, resolution_m=30, bounds=bounds).shape) >= 30


def test_an_edge_within_a_thousandth_of_a_cell_counts_as_the_same():
    dem = make_dem((499950, 4999950, 502950, 5002950), "EPSG:32632", 30)

    def cut(outward_m):
        outward = np.array([-outward_m, -outward_m, outward_m, outward_m])
        bounds = np.array([500250, 5000250, 500850, 5000550]) + outward
        return plan_grid(dem, resolution_m=30, bounds=bounds.tolist()).shape

    assert cut(0) == cut(0.02) == cut(-0.02) == (10, 20)
    assert cut(0.04) == (12, 22)
