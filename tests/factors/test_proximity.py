"""Distances to mapped lines."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio import Affine

from landshift.factors.proximity import derive_proximity_factors
from landshift.factors.table import DENSITY_RADIUS_M, DISTANCE_CAP_M

CRS = "EPSG:32643"
GRID = GeoBox((70, 100), Affine(30, 0, 400_000, 0, -30, 3_802_100), CRS)


def layer(*geometries, crs=CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(geometries), crs=crs)


def cell_centres(grid: GeoBox) -> np.ndarray:
    x, y = np.meshgrid(grid.coords["x"].values, grid.coords["y"].values)
    return shapely.points(x, y)


def test_equals_brute_force():
    generator = np.random.default_rng(3)
    corner, size = (399_000, 3_799_000), (5_000, 4_000)
    wiggles = []
    for _ in range(12):
        start = np.array(corner) + generator.random(2) * size
        wiggles.append(shapely.LineString(start + generator.normal(0, 60, (25, 2)).cumsum(axis=0)))
    derived = derive_proximity_factors({"roads": layer(*wiggles)}, GRID).road_distance
    expected = shapely.distance(cell_centres(GRID), shapely.union_all(wiggles))
    np.testing.assert_allclose(derived, expected, atol=1e-3)


def test_collections_points_and_dots_of_lines():
    parts = [
        shapely.MultiLineString([[(0, 0), (500, 0)], [(900, 900), (900, 905)]]),
        shapely.Point(1500, 300),
        shapely.LineString([(2000, 2000), (2000, 2000)]),
    ]
    parts = [shapely.transform(part, lambda xy: np.add(xy, (400_000, 3_800_000))) for part in parts]
    derived = derive_proximity_factors({"springs": layer(*parts)}, GRID).spring_distance
    expected = np.min([shapely.distance(cell_centres(GRID), part) for part in parts], axis=0)
    np.testing.assert_allclose(derived, expected, atol=1e-3)


def test_ends_at_the_cap():
    far = shapely.LineString([(400_000 - 4_000, 3_790_000), (400_000 - 4_000, 3_810_000)])
    derived = derive_proximity_factors({"faults": layer(far)}, GRID).fault_distance
    x = GRID.coords["x"].values
    expected = np.minimum(x - 396_000, DISTANCE_CAP_M)
    np.testing.assert_allclose(derived, np.broadcast_to(expected, GRID.shape), atol=1e-3)
    assert derived.max() == DISTANCE_CAP_M


def test_no_line_in_reach_gives_the_cap():
    far = shapely.LineString([(0, 0), (1, 1)])
    for lines in (layer(far), layer(far).iloc[:0]):
        derived = derive_proximity_factors({"faults": lines}, GRID).fault_distance
        assert (derived == DISTANCE_CAP_M).all()


@pytest.mark.parametrize("name", ["road_distance", "road_density"])
def test_part_of_a_grid_equals_the_whole(name):
    lines = {"roads": layer(shapely.LineString([(400_100, 3_800_100), (402_000, 3_801_900)]))}
    whole = derive_proximity_factors(lines, GRID)[name].values
    part = derive_proximity_factors(lines, GRID[10:55, 7:90])[name].values
    np.testing.assert_allclose(part, whole[10:55, 7:90], atol=1e-3)


def test_density_of_a_long_line_is_the_chord_over_the_disc():
    east = shapely.LineString([(390_000, 3_801_000), (420_000, 3_801_000)])
    density = derive_proximity_factors({"faults": layer(east)}, GRID).fault_density
    aside = GRID.coords["y"].values - 3_801_000
    half = np.sqrt(np.maximum(DENSITY_RADIUS_M**2 - aside**2, 0))
    expected = 2 * half / (np.pi * DENSITY_RADIUS_M**2) * 1000
    assert (expected == 0).any()
    np.testing.assert_allclose(density, np.broadcast_to(expected[:, None], GRID.shape), rtol=1e-5)


def test_density_equals_the_length_inside_a_fine_polygon():
    generator = np.random.default_rng(8)
    wiggles = []
    for _ in range(6):
        start = np.array([401_500, 3_801_000]) + generator.normal(0, 700, 2)
        wiggles.append(shapely.LineString(start + generator.normal(0, 80, (30, 2)).cumsum(axis=0)))
    far = shapely.LineString([(395_000, 3_790_000), (397_000, 3_810_000)])
    lines = layer(*wiggles, far, shapely.Point(401_500, 3_801_000))
    density = derive_proximity_factors({"roads": lines}, GRID).road_density.values[::9, ::9]
    discs = shapely.buffer(cell_centres(GRID)[::9, ::9], DENSITY_RADIUS_M, quad_segs=500)
    metres = sum(shapely.length(shapely.intersection(discs, line)) for line in [*wiggles, far])
    expected = metres / (np.pi * DENSITY_RADIUS_M**2) * 1000
    assert expected.max() > 1
    np.testing.assert_allclose(density, expected, rtol=1e-4, atol=1e-6)


def test_density_does_not_depend_on_how_a_line_is_cut():
    start, end = np.array([400_200, 3_800_300]), np.array([402_700, 3_801_700])
    whole = layer(shapely.LineString([start, end]))
    steps = np.linspace(0, 1, 40)[:, None]
    pieces = layer(shapely.LineString(start + steps * (end - start)))
    one, many = (
        derive_proximity_factors({"roads": lines}, GRID).road_density for lines in (whole, pieces)
    )
    np.testing.assert_allclose(one, many, rtol=1e-4, atol=1e-6)


def test_lines_in_another_crs_are_warped():
    line = shapely.LineString([(401_000, 3_800_000), (401_000, 3_802_000)])
    lines = layer(line).to_crs("EPSG:4326")
    derived = derive_proximity_factors({"roads": lines}, GRID).road_distance
    expected = shapely.distance(cell_centres(GRID), line)
    np.testing.assert_allclose(derived, expected, atol=0.1)


def test_grid_units_names_and_no_data():
    values = np.ones(GRID.shape, np.float32)
    values[4, 5] = np.nan
    line = layer(shapely.LineString([(400_000, 3_800_000), (403_000, 3_802_000)]))
    derived = derive_proximity_factors(
        {"faults": line, "rivers": line}, GRID, mask=wrap_xr(values, GRID)
    )
    assert list(derived) == [
        *("fault_distance", "fault_density"),
        *("mapped_river_distance", "mapped_river_density"),
    ]
    for name, variable in derived.items():
        assert variable.attrs["units"] == ("m" if name.endswith("distance") else "km/km2")
        assert variable.dtype == np.float32
        assert variable.odc.geobox == GRID
        assert np.isnan(variable.values).sum() == 1
        assert np.isnan(variable.values[4, 5])


def test_refuses_what_it_cannot_measure():
    line = shapely.LineString([(0, 0), (1, 1)])
    with pytest.raises(ValueError, match="roads has no CRS"):
        derive_proximity_factors({"roads": layer(line, crs=None)}, GRID)
    with pytest.raises(ValueError, match="lakes holds Polygon"):
        derive_proximity_factors({"lakes": layer(line.buffer(10))}, GRID)
    with pytest.raises(ValueError, match="two layers lead to the factor road_distance"):
        derive_proximity_factors({"road": layer(line), "roads": layer(line)}, GRID)
    degrees = GeoBox((10, 10), Affine(0.1, 0, 0, 0, -0.1, 0), "EPSG:4326")
    with pytest.raises(ValueError, match="the grid: is in degrees"):
        derive_proximity_factors({"roads": layer(line)}, degrees)
    with pytest.raises(ValueError, match="not on the region's grid"):
        mask = wrap_xr(np.ones((2, 2), np.float32), GRID[:2, :2])
        derive_proximity_factors({"roads": layer(line)}, GRID, mask=mask)
