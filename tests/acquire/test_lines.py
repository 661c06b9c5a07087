"""Lines, a catalogue of landslides, rainfall and lithology, from a local stand-in."""

import hashlib
import json
import zipfile
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landshift.acquire.fetch.store import Store
from landshift.acquire.inventory.fetching import fetch_inventory
from landshift.acquire.inventory.reading import read_inventory
from landshift.acquire.layer import Layer
from landshift.acquire.layers.lines import acquire_lines
from landshift.acquire.layers.rasters import acquire_layer
from landshift.acquire.recipes import RAINFALL_YEARS, RECIPES, list_rainfall
from landshift.geodata.grids import find_box

from . import products


@pytest.fixture
def mirror(tmp_path):
    return tmp_path / "mirror"


def write_lines(folder, grid, classes):
    """Write lines across a region and one far away, as a zipped shapefile of OpenStreetMap."""
    west, south, east, north = find_box(grid)
    far = shapely.LineString([(west + 5, south), (east + 5, north)])
    lines = [shapely.LineString([(west, south), (east, north)])] * len(classes) + [far]
    table = gpd.GeoDataFrame({"fclass": [*classes, classes[0]]}, geometry=lines, crs=4326)
    for stem in ("gis_osm_roads_free_1", "gis_osm_waterways_free_1"):
        table.to_file(folder / f"{stem}.shp")
    address = RECIPES["osm_roads"].service.format(extract="europe/italy/nord-est")
    path = products.place(folder, address)
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.glob("gis_osm_*")):
            archive.write(part, part.name)
            part.unlink()


@pytest.mark.parametrize(("recipe", "kept"), [("osm_roads", 2), ("osm_rivers", 1)])
def test_lines_of_an_extract_near_the_region(mirror, grid, tmp_path, recipe, kept):
    mirror.mkdir()
    write_lines(mirror, grid, ["primary", "footway", "track", "drain", "river"])
    entry = {"recipe": recipe, "extract": "europe/italy/nord-est"}
    lines = acquire_lines(Layer.parse(entry), grid, Store(tmp_path / "cache", str(mirror)))
    assert len(lines.data) == kept and lines.data.crs == str(grid.crs)
    assert lines.origin["licence"] == "ODbL-1.0"
    assert lines.sources[0]["address"].endswith("europe/italy/nord-est-latest-free.shp.zip")


def test_lines_of_a_large_area_come_as_a_geopackage(mirror, grid, tmp_path):
    west, south, east, north = find_box(grid)
    line = shapely.LineString([(west, south), (east, north)])
    far = shapely.LineString([(west + 5, south), (east + 5, north)])
    for layer, classes in (("roads", ["track", "footway"]), ("waterways", ["river", "drain"])):
        table = gpd.GeoDataFrame({"fclass": classes * 2}, geometry=[line, line, far, far], crs=4326)
        table.to_file(tmp_path / "brazil.gpkg", layer=f"gis_osm_{layer}_free")
    address = RECIPES["osm_rivers"].fallback.format(extract="south-america/brazil")
    path = products.place(mirror, address)
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "brazil.gpkg", "brazil.gpkg")
    for recipe in ("osm_rivers", "osm_roads"):
        entry = {"recipe": recipe, "extract": "south-america/brazil"}
        lines = acquire_lines(Layer.parse(entry), grid, Store(tmp_path / "cache", str(mirror)))
        assert len(lines.data) == 1
        assert lines.sources[0]["address"].endswith("/south-america/brazil-latest-free.gpkg.zip")


def test_the_first_version_of_an_extract_is_kept(mirror, grid, tmp_path):
    mirror.mkdir()
    write_lines(mirror, grid, ["primary"])
    entry = {"recipe": "osm_roads", "extract": "europe/italy/nord-est"}
    store = Store(tmp_path / "cache", str(mirror))
    first = acquire_lines(Layer.parse(entry), grid, store)
    next(mirror.rglob("*.zip")).write_bytes(b"renewed")
    assert acquire_lines(Layer.parse(entry), grid, store).sources == first.sources


def test_faults_far_away_are_an_error(mirror, grid, tmp_path):
    path = products.place(mirror, RECIPES["gem_faults"].service)
    path.parent.mkdir(parents=True)
    line = {"type": "LineString", "coordinates": [[50.0, 10.0], [51.0, 11.0]]}
    feature = {"type": "Feature", "properties": {}, "geometry": line}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(ValueError, match="gem_faults has no line within 5 km of the region"):
        acquire_lines(Layer.parse({"recipe": "gem_faults"}), grid, Store(tmp_path, str(mirror)))


def test_a_missing_copy_says_where_to_put_it(mirror, grid, tmp_path):
    mirror.mkdir()
    with pytest.raises(FileNotFoundError, match=r"lacks https://raw\.githubusercontent\.com/GEM"):
        acquire_lines(Layer.parse({"recipe": "gem_faults"}), grid, Store(tmp_path, str(mirror)))


def test_reported_landslides_of_the_region_that_are_well_located(mirror, grid, tmp_path):
    path = products.place(mirror, RECIPES["nasa_landslides"].service)
    path.parent.mkdir(parents=True)
    west, south, east, north = find_box(grid)
    middle = ((west + east) / 2, (south + north) / 2)
    table = pd.DataFrame(
        {
            "event_date": ["08/01/2008 12:00:00 AM"] * 4,
            "location_accuracy": ["exact", "1km", "50km", "exact"],
            "longitude": [middle[0]] * 3 + [50.0],
            "latitude": [middle[1]] * 4,
        }
    )
    table.to_csv(path, index=False)
    entry = {"recipe": "nasa_landslides"}
    store = Store(tmp_path / "cache", str(mirror))
    found, columns = fetch_inventory(Layer.parse(entry), grid, store)
    landslides, _ = read_inventory(found.data, **columns)
    assert len(landslides) == 2 and set(landslides["date"]) == {"2008-08-01"}
    (source,) = found.sources
    assert source["address"] == RECIPES["nasa_landslides"].service
    assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.origin["licence"] == "public domain (NASA)" and "Kirschbaum" in str(found.origin)


def test_rainfall_is_the_mean_of_thirty_years(mirror, grid, tmp_path):
    for year in RAINFALL_YEARS:
        address = RECIPES["chirps_rainfall"].service.format(year=year)
        values = np.full((400, 400), year, np.float32)
        transform, _, _ = products.tile_cells(5, 35, 20, 400)
        products.write_cog(products.place(mirror, address), values, transform, nodata=-9999)
    rainfall = acquire_layer(
        "rainfall",
        Layer.parse({"recipe": "chirps_rainfall"}),
        grid,
        Store(tmp_path / "c", str(mirror)),
    )
    np.testing.assert_allclose(rainfall.data, 2005.5, rtol=1e-6)
    assert rainfall.data.attrs["units"] == "mm/a" and len(rainfall.sources) == 30


def test_rainfall_of_months_has_no_value_where_any_month_has_none(mirror, grid, tmp_path):
    recipe = RECIPES["chirps3"]
    transform, _, _ = products.tile_cells(10, 43, 2, 40)
    for address in list_rainfall(recipe):
        month = int(address[-6:-4])
        values = np.full((40, 40), month, np.float32)
        # the files fill the sea with -9999 without saying so
        if month == 6:
            values[:, :20] = -9999
        products.write_cog(products.place(mirror, address), values, transform)
    store = Store(tmp_path / "c", str(mirror))
    rainfall = acquire_layer("rainfall", Layer.parse({"recipe": "chirps3"}), grid, store)
    values = rainfall.data.to_numpy()
    known = np.isfinite(values)
    assert 0 < known.mean() < 1
    np.testing.assert_allclose(values[known], 78, rtol=1e-6)
    assert rainfall.data.attrs["units"] == "mm/a" and len(rainfall.sources) == 360
    assert rainfall.sources[0]["address"].endswith("/tifs/chirps-v3.0.1991.01.tif")


def test_a_service_of_rainfall_that_fails_is_asked_for_a_few_files(mirror, grid, tmp_path):
    mirror.mkdir()
    with pytest.raises(OSError, match=r"chirps-v3.0.1991.05.tif") as caught:
        entry = Layer.parse({"recipe": "chirps3"})
        acquire_layer("rainfall", entry, grid, Store(tmp_path / "c", str(mirror)))
    assert "1991.06" not in str(caught.value)


def test_lithology_comes_out_of_its_archive(mirror, grid, tmp_path, monkeypatch):
    recipe = RECIPES["glim_lithology"]
    path = products.place(mirror, recipe.service)
    path.parent.mkdir(parents=True)
    rows = "\n".join(" ".join(["7"] * 720) for _ in range(360))
    header = "ncols 720\nnrows 360\nxllcorner -180\nyllcorner -90\ncellsize 0.5\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(recipe.member, f"{header}NODATA_value -9999\n{rows}\n")
    # The archive is pinned by its checksum: stand in for it.
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    (mirror / "MANIFEST.sha256").write_text(f"{sha256}  ./{path.relative_to(mirror)}\n")
    monkeypatch.setitem(RECIPES, "glim_lithology", replace(recipe, sha256=sha256))
    layer = acquire_layer(
        "lithology",
        Layer.parse({"recipe": "glim_lithology"}),
        grid,
        Store(tmp_path / "c", str(mirror)),
    )
    assert np.unique(layer.data).tolist() == [7] and layer.data.attrs["nodata"] == -1
