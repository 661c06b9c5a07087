"""Regions across 180 degrees, at borders of zones and near the poles lie where they are said to."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio.transform import from_origin

from landshift.acquire.fetch.catalogues import Query, search_items
from landshift.acquire.fetch.store import Store
from landshift.acquire.fetch.windows import fetch_window
from landshift.acquire.inventory.bounds import bound_landslides
from landshift.acquire.inventory.fetching import fetch_inventory
from landshift.acquire.layer import Layer
from landshift.acquire.layers.lines import acquire_lines
from landshift.acquire.layers.rasters import acquire_dem, acquire_layer
from landshift.acquire.recipes import RECIPES, list_tiles
from landshift.geodata.grids import cover_box, find_box, plan_box, plan_grid
from landshift.geodata.opening import open_dataset

from . import products
from .services import Services

FIJI = (179.9, -16.9, -179.95, -16.8)
SIZE = 0.01
"""Cell of the small products [degree]."""


def locate(grid):
    """Longitude from 0 to 360 and latitude of every cell [degree]."""
    x, y = np.meshgrid(grid.coordinates["x"].values, grid.coordinates["y"].values)
    to_degrees = pyproj.Transformer.from_crs(str(grid.crs), 4326, always_xy=True)
    longitude, latitude = to_degrees.transform(x, y)
    return longitude % 360, latitude


def rise(longitude, latitude):
    """A plane over the date line, 1000 m in a degree to the east and 500 m to the north."""
    return (1000 * (longitude % 360 - 179) + 500 * (latitude + 18)).astype(np.float32)


def write_tile(folder, address, west, south, degrees, values, **options):
    cells = round(degrees / SIZE)
    centres = (np.arange(cells) + 0.5) * SIZE
    longitude, latitude = np.meshgrid(west + centres, south + degrees - centres)
    transform = from_origin(west, south + degrees, SIZE, SIZE)
    path = products.place(folder, address)
    products.write_cog(path, values(longitude, latitude), transform, **options)


@pytest.mark.parametrize(
    ("box", "epsg"),
    [
        (FIJI, 32760),
        ((179.9, -16.9, -179.8, -16.8), 32701),
        ((178.0, 70.9, -178.5, 71.5), 32660),
        ((5.9, 50.0, 6.1, 50.1), 32632),  # the middle is the border of two zones
        ((5.8, -0.2, 6.0, 0.1), 32731),
        ((5.8, -0.1, 6.0, 0.1), 32631),
        ((20.0, 84.5, 20.4, 84.6), 32634),
        ((-180.0, -85.1, -179.5, -85.0), 32701),
    ],
)
def test_a_box_becomes_a_grid_around_it(box, epsg):
    grid = plan_box(resolution_m=100, box=box)
    assert grid.crs.to_epsg() == epsg
    longitude, latitude = locate(grid)
    west, south, east, north = box
    middle = (west + (east + 360 * (west > east))) / 2 % 360
    row, column = (size // 2 for size in grid.shape)
    assert longitude[row, column] == pytest.approx(middle, abs=0.05)
    assert latitude[row, column] == pytest.approx((south + north) / 2, abs=0.01)
    # north is up, and no side is many times what the box has
    assert latitude[0, column] > latitude[-1, column]
    width_m = 111_320 * np.cos(np.radians((south + north) / 2)) * ((east - west) % 360)
    assert grid.width * 100 == pytest.approx(width_m, rel=0.25)
    assert cover_box(find_box(grid)).buffer(1e-9).covers(cover_box(box))


def test_an_elevation_model_across_180_degrees_gets_its_own_zone():
    own = GeoBox.from_bbox((790_000, 8_110_000, 860_000, 8_170_000), "EPSG:32760", resolution=500)
    dem = wrap_xr(np.zeros(own.shape, np.float32), own)
    grid = plan_grid(dem, resolution_m=500, crs="auto")
    # its middle is at 180.05 degrees
    assert grid.crs.to_epsg() == 32701
    assert cover_box(find_box(grid)).covers(shapely.Point(-179.95, -16.8))
    cut = plan_grid(dem, resolution_m=500, box=FIJI)
    assert cut.crs.to_epsg() == 32760 and 20 <= cut.height <= 26 and 32 <= cut.width <= 40


def test_landslides_on_both_sides_of_180_degrees_are_neighbours():
    points = gpd.points_from_xy([179.95, -179.9, 179.99], [-16.8, -16.85, -16.9], crs=4326)
    found = bound_landslides(gpd.GeoDataFrame({"id": ["1", "2", "3"]}, geometry=points), buffer_m=0)
    assert found["crs"] == "EPSG:32701"
    west, south, east, north = found["bounds"]
    assert 16_000 <= east - west <= 19_000 and 11_000 <= north - south <= 14_000


def test_one_of_them_that_is_lost_is_named():
    points = gpd.points_from_xy([179.95, -179.9, 150.0], [-16.8, -16.85, -16.9], crs=4326)
    table = gpd.GeoDataFrame({"id": ["1", "2", "3"]}, geometry=points)
    with pytest.raises(ValueError, match=r"in row 3 at longitude 150\.000"):
        bound_landslides(table, buffer_m=0)


def test_tiles_on_both_sides_are_named():
    names = [
        address.rpartition("/")[2]
        for recipe in ("copernicus_dem", "esa_worldcover")
        for address in list_tiles(RECIPES[recipe], FIJI)
    ]
    assert names == [
        "Copernicus_DSM_COG_10_S17_00_E179_00_DEM.tif",
        "Copernicus_DSM_COG_10_S17_00_W180_00_DEM.tif",
        "ESA_WorldCover_10m_2021_v200_S18E177_Map.tif",
        "ESA_WorldCover_10m_2021_v200_S18W180_Map.tif",
    ]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache", str(tmp_path / "served"))


def test_tiles_on_both_sides_are_one_elevation_model(store, tmp_path):
    for address, west in zip(list_tiles(RECIPES["copernicus_dem"], FIJI), (179, -180), strict=True):
        write_tile(tmp_path / "served", address, west, -17, 1, rise)
    layer = Layer.parse({"recipe": "copernicus_dem"})
    dem = acquire_dem(layer, {"resolution_m": 500, "box": FIJI}, store).data
    expected = rise(*locate(dem.odc.geobox))
    assert dem.shape == expected.shape and dem.size < 2000
    np.testing.assert_allclose(dem, expected, atol=1)


def test_tiles_of_codes_on_both_sides_are_one_layer(store, tmp_path):
    def code(longitude, latitude):
        return np.where(longitude > 0, 10, 30).astype(np.uint8)

    for address, west in zip(list_tiles(RECIPES["esa_worldcover"], FIJI), (177, -180), strict=True):
        write_tile(tmp_path / "served", address, west, -18, 3, code, nodata=0)
    grid = plan_box(resolution_m=500, box=FIJI)
    layer = acquire_layer("land_cover", Layer.parse({"recipe": "esa_worldcover"}), grid, store)
    longitude, _ = locate(grid)
    clear = abs(longitude - 180) > SIZE
    np.testing.assert_array_equal(
        layer.data.to_numpy()[clear], np.where(longitude < 180, 10, 30)[clear]
    )


@pytest.mark.parametrize("left", [-180, 0])
@pytest.mark.parametrize("box", [FIJI, (-0.1, -16.9, 0.1, -16.8)])
def test_the_window_of_a_raster_around_the_earth_goes_on_at_its_other_side(
    store, tmp_path, left, box
):
    size = 0.05
    columns = np.arange(7200)
    values = np.tile(columns, (100, 1)).astype(np.float32)
    address = "https://example.org/rain.tif"
    path = products.place(tmp_path / "served", address)
    products.write_cog(path, values, from_origin(left, -14, size, size))
    grid = plan_box(resolution_m=500, box=box)
    asset = fetch_window(address, grid, store)
    with open_dataset(asset.path) as window:
        found = window.read(1)[0]
        middles = window.transform.c + (np.arange(window.width) + 0.5) * size
    assert 8 < len(found) < 20
    np.testing.assert_allclose(
        (left + (found + 0.5) * size - middles) % 360 % 359.999, 0, atol=1e-3
    )
    west, _, east, _ = find_box(grid)
    assert middles[0] < west and middles[-1] > east + 360 * (west > east)
    assert np.abs(middles).max() < 182


def test_images_of_both_sides_are_found_once(served_images, tmp_path):
    with Services(served_images) as services:
        store = Store(tmp_path / "cache", services.address)
        query = Query(
            RECIPES["sentinel2"].service, "sentinel-2-l2a", ("2023-01-01", "2023-12-31"), 40.0, 12
        )
        found = [item.id for item in search_items(query, FIJI, store)]
    assert found == [
        "S2A_32TPQ_20230501_sentinel-2-l2a", "S2A_32TPQ_20230601_sentinel-2-l2a",
    ]  # fmt: skip


@pytest.fixture
def served_images(tmp_path):
    folder = tmp_path / "served"
    for box, day in (
        ((179.85, -16.9, 179.98, -16.8), "2023-05-01"),
        ((-179.98, -16.9, -179.9, -16.8), "2023-06-01"),
        ((0.1, -16.9, 0.2, -16.8), "2023-07-01"),
    ):
        products.write_images(folder, plan_box(resolution_m=2000, box=box), [day])
    return folder


def test_lines_and_reported_landslides_of_both_sides_are_taken(store, tmp_path):
    places = {"west": 179.95, "east": -179.97, "far": 0.0}
    lines = [shapely.LineString([(x, -16.85), (x + 0.01, -16.84)]) for x in places.values()]
    path = products.place(tmp_path / "served", RECIPES["gem_faults"].service)
    path.parent.mkdir(parents=True)
    gpd.GeoDataFrame(geometry=lines, crs=4326).to_file(path)
    grid = plan_box(resolution_m=500, box=FIJI)
    found = acquire_lines(Layer.parse({"recipe": "gem_faults"}), grid, store).data
    assert len(found) == 2 and shapely.box(*grid.boundingbox.bbox).covers(found.union_all())
    path = products.place(tmp_path / "served", RECIPES["nasa_landslides"].service)
    path.parent.mkdir(parents=True)
    rows = [f"{x},-16.85,exact,07/01/2015 12:00:00 AM" for x in places.values()]
    head = "longitude,latitude,location_accuracy,event_date"
    path.write_text("\n".join([head, *rows]) + "\n")
    acquired, _ = fetch_inventory(Layer.parse({"recipe": "nasa_landslides"}), grid, store)
    assert [float(row.split(",")[0]) for row in acquired.data.read_text().split()[1:]] == [
        179.95, -179.97,
    ]  # fmt: skip
