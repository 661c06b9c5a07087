"""Layers of public services on the grid of a region, from a local stand-in."""

import json

import numpy as np
import pyproj
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.fetch.store import Acquired, Store, gather_ledger, write_record
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_dem, acquire_layer
from landshift.geodata.alignment import align_raster
from landshift.geodata.grids import plan_box
from landshift.geodata.raster import write_raster

from . import products
from .services import Services

# odc-stac still transforms points in the old way of shapely

DATES = {"recipe": "sentinel2", "dates": ["2023-04-01", "2023-09-30"]}


@pytest.fixture
def services(served):
    with Services(served) as services:
        yield services


def find_centres(grid):
    """Longitude and latitude of the centres of all cells [degree]."""
    rows, columns = np.indices(grid.shape)
    x, y = grid.affine * (columns + 0.5, rows + 0.5)
    return pyproj.Transformer.from_crs(str(grid.crs), 4326, always_xy=True).transform(x, y)


def test_four_tiles_are_warped_as_one(services, box, grid, tmp_path):
    dem = acquire_dem(
        Layer.parse({"recipe": "copernicus_dem"}), {"resolution_m": 100, "box": box},
        Store(tmp_path, services.address),
    )  # fmt: skip
    assert dem.data.odc.geobox == grid and dem.data.dtype == np.float32
    transform, _, _ = products.tile_cells(10, 44, 1, products.CELLS)
    whole = GeoBox((2 * products.CELLS,) * 2, transform, "EPSG:4326")
    rows, columns = (np.arange(2 * products.CELLS) + 0.5 for _ in "yx")
    longitude, latitude = np.meshgrid(
        transform.c + columns * transform.a, transform.f + rows * transform.e
    )
    expected = align_raster(wrap_xr(products.elevation(longitude, latitude), whole), grid)
    np.testing.assert_allclose(dem.data, expected, atol=0.01)
    assert dem.data.attrs == {"units": "m", "long_name": "elevation", "resampling": "bilinear"}
    assert len(dem.sources) == 4 and dem.origin["recipe"] == "copernicus_dem"


def test_a_mirror_folder_and_a_server_give_the_same_layer(services, served, grid, tmp_path):
    entry = {"recipe": "esa_worldcover"}
    layers = [
        acquire_layer(
            "land_cover", Layer.parse(entry), grid, Store(tmp_path / str(number), mirror)
        ).data
        for number, mirror in enumerate((services.address, str(served)))
    ]
    assert layers[0].identical(layers[1])
    assert np.issubdtype(layers[0].dtype, np.integer) and layers[0].attrs["nodata"] == 0
    assert set(np.unique(layers[0])) <= {10, 30, 50, 80}
    assert layers[0].attrs["resampling"] == "nearest"


def test_codes_of_larger_cells_are_the_most_frequent(services, box, tmp_path):
    coarse = plan_box(resolution_m=1500, box=box)
    layer = acquire_layer(
        "land_cover",
        Layer.parse({"recipe": "esa_worldcover"}),
        coarse,
        Store(tmp_path, services.address),
    ).data
    assert layer.attrs["resampling"] == "mode" and set(np.unique(layer)) <= {10, 30, 50, 80}


def test_what_is_in_the_cache_is_not_fetched_again(services, grid, tmp_path):
    store = Store(tmp_path, services.address)
    first = acquire_layer("land_cover", Layer.parse({"recipe": "esa_worldcover"}), grid, store)
    count = len(services.log)
    again = acquire_layer("land_cover", Layer.parse({"recipe": "esa_worldcover"}), grid, store)
    assert len(services.log) == count
    assert again.sources == first.sources and again.data.identical(first.data)


def test_a_damaged_window_in_the_cache_is_fetched_again(services, grid, tmp_path):
    store = Store(tmp_path, services.address)
    first = acquire_layer("land_cover", Layer.parse({"recipe": "esa_worldcover"}), grid, store)
    for path in (tmp_path / "windows").glob("*.tif"):
        path.write_bytes(path.read_bytes()[:-100])
    again = acquire_layer("land_cover", Layer.parse({"recipe": "esa_worldcover"}), grid, store)
    assert again.data.identical(first.data)


def test_a_lost_tile_is_named_and_the_others_are_kept(services, grid, tmp_path, monkeypatch):
    read = services.read

    def refuse(handler, name, query):
        return (b"", 400, {}) if "N43_00_E010" in name else read(handler, name, query)

    monkeypatch.setattr(services, "read", refuse)
    store = Store(tmp_path, services.address)
    with pytest.raises(OSError, match=r"N43_00_E010_00_DEM\.tif: the server answered 400"):
        acquire_layer("dem", Layer.parse({"recipe": "copernicus_dem"}), grid, store)
    assert len(list((tmp_path / "windows").glob("*.json"))) == 3


def test_absent_tiles_are_sea_unless_all_are(services, grid, tmp_path, monkeypatch):
    read = services.read
    lost = ["N43_00_E010"]

    def lose(handler, name, query):
        absent = any(part in name for part in lost)
        return (b"", 404, {}) if absent else read(handler, name, query)

    monkeypatch.setattr(services, "read", lose)
    store = Store(tmp_path, services.address)
    dem = acquire_layer("dem", Layer.parse({"recipe": "copernicus_dem"}), grid, store)
    assert np.isnan(dem.data).any() and np.isfinite(dem.data).any()
    assert [source["absent"] for source in dem.sources if "absent" in source] == [True]
    lost.append("Copernicus")
    with pytest.raises(OSError, match="copernicus_dem has no tile of the region"):
        again = Store(tmp_path / "b", services.address)
        acquire_layer("dem", Layer.parse({"recipe": "copernicus_dem"}), grid, again)


@pytest.mark.parametrize("corner", ["N43_00_E010", "N43_00_E011", "N44_00_E010", "N44_00_E011"])
def test_a_tile_that_is_not_public_is_taken_from_the_coarser_model(
    services, served, grid, tmp_path, monkeypatch, corner, caplog
):
    folder = products.write_coarse(tmp_path / "coarse", corner)
    read = services.read

    def lose(handler, name, query):
        if "dem-90m" in name:
            monkeypatch.setattr(services, "folder", folder)
        answer = (b"", 404, {}) if f"COG_10_{corner}" in name else read(handler, name, query)
        monkeypatch.setattr(services, "folder", served)
        return answer

    monkeypatch.setattr(services, "read", lose)
    entry = Layer.parse({"recipe": "copernicus_dem"})
    dem = acquire_layer("dem", entry, grid, Store(tmp_path / "cache", services.address))
    # what bilinear interpolation between the centres of the coarse cells can miss [m]: a gap or a
    # step along the edge of the tile would be more
    curvature = 300 * (40**2 + 50**2)
    bound_m = curvature * (3 / products.CELLS) ** 2 / 8
    values = dem.data.to_numpy()
    longitude, latitude = find_centres(grid)
    assert np.isfinite(values).all()
    assert np.abs(values - products.elevation(longitude, latitude)).max() < bound_m
    (coarse,) = (source for source in dem.sources if "instead_of" in source)
    assert (
        f"/copernicus-dem-90m.s3.amazonaws.com/Copernicus_DSM_COG_30_{corner}_00_DEM/"
        in (coarse["address"])
    )
    assert f"COG_10_{corner}" in coarse["instead_of"]
    assert coarse["resolution"] == "3 arc seconds (90 m)"
    assert "of 3 arc seconds (90 m) instead" in caplog.text


def test_images_become_the_median_of_their_clear_dates(services, grid, tmp_path):
    blue = acquire_layer("blue", Layer.parse(DATES), grid, Store(tmp_path, services.address))
    values = blue.data.values
    rows, columns = (size // 2 for size in grid.shape)
    # Each quarter is clouded on one of four dates with 1000, 1100, 1200 and 1300.
    quarters = [values[10, 10], values[10, columns + 10], values[rows + 10, 10], values[-10, -10]]
    assert quarters == [1200, 1200, 1100, 1100]
    assert len(blue.sources) == 8
    assert blue.data.attrs["units"] == "1e-4" and blue.data.attrs["resampling"] == "average"


def test_reflectances_stored_too_high_are_lowered(services, grid, tmp_path, monkeypatch):
    search = services.search

    def search_raw(name, query):
        found = json.loads(search(name, query))
        for item in found["features"]:
            item["properties"] |= {"earthsearch:boa_offset_applied": False}
            item["properties"]["s2:processing_baseline"] = "05.09"
        return json.dumps(found).encode()

    monkeypatch.setattr(services, "search", search_raw)
    blue = acquire_layer("blue", Layer.parse(DATES), grid, Store(tmp_path, services.address))
    assert blue.data.values[10, 10] == 200


RAW = {"s2:processing_baseline": "05.11", "earthsearch:boa_offset_applied": False}


@pytest.mark.parametrize(
    ("level", "added", "said"), [(1300, -1000, ""), (300, 0, "though the item denies it")]
)
def test_pixels_tell_whether_reflectances_were_lowered(grid, tmp_path, caplog, level, added, said):
    days = DATES["dates"][:1]
    products.write_images(tmp_path / "served", grid, days, level=level, **RAW)
    for path in tmp_path.rglob("*/nir.tif"):
        with rasterio.open(path) as source:
            bright, transform = source.read(1) + 2000, source.transform
        products.write_cog(path, bright, transform, crs=str(grid.crs), nodata=0)
    with Services(tmp_path / "served") as services:
        store = Store(tmp_path / "cache", services.address)
        # near infrared is never dark: blue tells it
        nir = acquire_layer("nir", Layer.parse(DATES), grid, store)
    assert nir.data.to_numpy()[-10, -10] == level + 2000 + added
    assert (said in caplog.text) and bool(said) == ("stored 1000 too high" in caplog.text)
    (band,) = (source for source in nir.sources if source["address"].endswith("nir.tif"))
    assert band.get("added", 0) == added


def test_images_come_from_the_better_collection_and_else_from_the_other(grid, tmp_path):
    served = tmp_path / "served"
    first, second = "2023-05-01", "2023-06-01"
    # one image only in the old collection, which stores it as it is to be read
    products.write_images(served, grid, [first, second], level=3000)
    better = {"collection": "sentinel-2-c1-l2a", "level": 1600, **RAW}
    products.write_images(served, grid, [first], **better)
    with Services(served) as services:
        store = Store(tmp_path / "cache", services.address)
        red = acquire_layer("red", Layer.parse(DATES), grid, store)
    names = sorted(source["address"].split("/")[3] for source in red.sources)
    assert names == [
        *["S2A_32TPQ_20230501_sentinel-2-c1-l2a"] * 2, *["S2A_32TPQ_20230601_sentinel-2-l2a"] * 2
    ]  # fmt: skip
    # 1600 stored 1000 too high, and 3100
    assert red.data.to_numpy()[-10, -10] == (600 + 3100) / 2


def test_a_search_with_no_answer_says_what_to_widen(services, grid, tmp_path):
    entry = DATES | {"dates": ["2021-04-01", "2021-09-30"]}
    with pytest.raises(OSError, match=r"nothing between 2021-04-01 and .* widen `dates`"):
        acquire_layer("blue", Layer.parse(entry), grid, Store(tmp_path, services.address))


def test_a_static_catalogue_is_walked(served, grid, tmp_path):
    store = Store(tmp_path, str(served))
    entry = DATES | {"max_images": 1, "max_cloud_percent": 50}
    assert np.nanmax(acquire_layer("red", Layer.parse(entry), grid, store).data) == 1000


def test_expired_signatures_are_renewed_and_appear_nowhere(
    services, served, grid, tmp_path, monkeypatch
):
    services.required_token = "fresh"
    entry = {
        "stac": f"{services.address}/signed/v1", "collection": "sentinel-2-l2a", "asset": "red",
        "dates": DATES["dates"],
    }  # fmt: skip
    root = products.place(served, products.RECIPES["sentinel2"].service)
    signed = {"search": 0, "item": 0}

    def sign(text, token):
        text = text.replace("https://sentinel-cogs", f"{services.address}/sentinel-cogs")
        return text.replace('.tif"', f'.tif?token={token}"').replace(
            products.RECIPES["sentinel2"].service, f"{services.address}/signed/v1"
        )

    read, search = services.read, services.search

    def read_signed(handler, name, query):
        if not name.startswith("signed/v1"):
            return read(handler, name, query)
        path = root / name.removeprefix("signed/v1").lstrip("/")
        path = path / "catalog.json" if path.is_dir() else path
        signed["item"] += "items" in name
        return sign(path.read_text(), "fresh").encode(), 200, {}

    def search_signed(name, query):
        signed["search"] += 1
        prefix = products.RECIPES["sentinel2"].service.partition("://")[2]
        return sign(search(f"{prefix}/search", query).decode(), "stale").encode()

    monkeypatch.setattr(services, "read", read_signed)
    monkeypatch.setattr(services, "search", search_signed)
    red = acquire_layer("red", Layer.parse(entry), grid, Store(tmp_path))
    assert np.nanmax(red.data) == 1150 and signed == {"search": 1, "item": 4}
    kept = [path.read_text() for path in tmp_path.rglob("*.json")] + [str(red.sources)]
    assert "stale" not in "".join(kept) and "fresh" not in "".join(kept)


def test_the_ledger_states_origin_time_and_licence(services, grid, tmp_path):
    store = Store(tmp_path / "cache", services.address)
    records = {}
    for name, entry in {"land_cover": {"recipe": "esa_worldcover"}, "blue": DATES}.items():
        records[name] = tmp_path / f"{name}.tif.json"
        write_record(acquire_layer(name, Layer.parse(entry), grid, store), records[name])
    gather_ledger(records, tmp_path / "layers.json")
    ledger = json.loads((tmp_path / "layers.json").read_text())
    land_cover = ledger["layers"]["land_cover"]
    assert (
        land_cover["licence"] == "CC-BY-4.0" and "10.5281/zenodo.7254221" in land_cover["citation"]
    )
    source = land_cover["sources"][0]
    assert source["address"].startswith("https://esa-worldcover.s3.eu-central-1.amazonaws.com/")
    assert source["modified"] == "2026-11-01T00:00:00Z" and len(source["sha256"]) == 64
    assert {"retrieved", "size"} <= set(source)


def test_a_stated_licence_is_kept_and_that_of_a_recipe_comes_first(tmp_path):
    stated = {"licence": "CC0-1.0", "citation": "Survey (2024)"}
    own = Layer.parse({"file": "a.tif"} | stated)
    write_record(Acquired(None, ({"file": "a.tif"},), own.describe()), tmp_path / "own.json")
    written = json.loads((tmp_path / "own.json").read_text())
    assert written == stated | {"sources": [{"file": "a.tif"}]}
    known = Layer.parse({"recipe": "gem_faults"} | stated).describe()
    assert known["licence"] == "CC-BY-SA-4.0" and known["recipe"] == "gem_faults"


def test_resampling_is_stated_in_the_file(services, grid, tmp_path):
    layer = acquire_layer(
        "land_cover",
        Layer.parse({"recipe": "esa_worldcover"}),
        grid,
        Store(tmp_path, services.address),
    )
    write_raster(layer.data, tmp_path / "land_cover.tif")
    with rasterio.open(tmp_path / "land_cover.tif") as source:
        assert source.tags(1)["resampling"] == "nearest" and source.tags()["kind"] == "class"
