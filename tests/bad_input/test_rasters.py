"""Rasters that are wrong: real files, handed to the scripts that acquire them."""

import hashlib
import json
import os
import re

import numpy as np
import pytest
import rasterio
import yaml
from affine import Affine
from rasterio.transform import from_origin

from landshift.__main__ import main
from landshift.acquire.fetch.store import Store
from landshift.study.checks import check_study
from landshift.study.headers import check_headers

from .conftest import NORTH, WEST, explain, load_main, make_hills, write_tif

HILLS = make_hills()


def acquire_dem(path, tmp_path, **entry):
    entry = {"file": str(path)} | entry
    grid = entry.pop("grid", {"resolution_m": 30})
    load_main("acquire_dem")(
        entry=entry, grid=grid, store=Store(tmp_path / "cache"), dem=tmp_path / "out/dem.tif",
        detail=tmp_path / "out/dem_detail.tif", record=tmp_path / "out/dem.json",
    )  # fmt: skip


def spoil_pixels(value, count=1):
    values = HILLS.copy()
    values.flat[:count] = value
    return values


def cut(path):
    path.write_bytes(path.read_bytes()[:3000])


def flip_bytes(path):
    """Compressed, and then with another byte in the middle of every row of a tile."""
    write_tif(path, compress="deflate", tiled=True, blockxsize=16, blockysize=16)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :: 7] = bytes(len(content[len(content) // 2 :: 7]))
    path.write_bytes(content)


def spoil_text(path):
    """State a unit in bytes that are no text."""
    write_tif(path, unit="four")
    path.write_bytes(path.read_bytes().replace(b"four", b"\xfd\xfd\xfd\xfd"))


ROTATED = Affine.translation(WEST, NORTH) * Affine.rotation(20) * Affine.scale(30, -30)
MIRRORED = Affine(-30, 0, WEST, 0, -30, NORTH)

# how the file is made, and the sentence behind its name
DEMS = {
    "missing": (lambda path: path.unlink(), " does not exist; correct the path"),
    "empty": (lambda path: path.write_bytes(b""), ": the file is empty; fetch or copy it again"),
    "web page": (
        lambda path: path.write_text("<!DOCTYPE html><html>Not Found</html>"),
        ": is a web page and no raster, as servers send where a file is gone or a login is needed; "
        "fetch the file itself",
    ),
    "XML": (
        lambda path: path.write_text("<?xml version='1.0'?><Error>AccessDenied</Error>"),
        ": is a web page and no raster, as servers send where a file is gone or a login is needed; "
        "fetch the file itself",
    ),
    "Git LFS": (
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1"),
        ": is a pointer of Git LFS and no raster; run git lfs pull",
    ),
    "text": (
        lambda path: path.write_text("ncols 40"),
        ": is no raster that GDAL reads; convert it to GeoTIFF",
    ),
    "cut": (cut, ": cannot be read to its end, so it is cut or damaged; fetch or copy it again"),
    "damaged": (
        flip_bytes,
        ": cannot be read to its end, so it is cut or damaged; fetch or copy it again",
    ),
    "text that is none": (
        spoil_text,
        ": cannot be read to its end, so it is cut or damaged; fetch or copy it again",
    ),
    "no CRS": (
        lambda path: write_tif(path, crs=None),
        ": has no CRS; state it in the file, such as with rio edit-info --crs EPSG:32643",
    ),
    "no place on the ground": (
        lambda path: write_tif(path, crs='LOCAL_CS["mine",UNIT["metre",1]]'),
        ": its CRS leads to no place on the Earth, so nobody knows where it lies; state the "
        "right one, such as with rio edit-info --crs EPSG:32643",
    ),
    "rotated": (
        lambda path: write_tif(path, transform=ROTATED),
        ": is rotated or mirrored ((28.190778623577252, 10.260604299770062, 500000.0, "
        "10.260604299770062, -28.190778623577252, 5000000.0)); turn it north up, such as with "
        "rio warp",
    ),
    "mirrored": (
        lambda path: write_tif(path, transform=MIRRORED),
        ": is rotated or mirrored ((-30.0, 0.0, 500000.0, 0.0, -30.0, 5000000.0)); turn it north "
        "up, such as with rio warp",
    ),
    "three bands": (
        lambda path: write_tif(path, count=3),
        ": has 3 bands; state which one by the key band",
    ),
    "complex": (
        lambda path: write_tif(path, HILLS.astype(np.complex64)),
        ": holds complex numbers; extract what they measure",
    ),
    "no data": (
        lambda path: write_tif(path, np.full_like(HILLS, -1), nodata=-1),
        ": no cell has data; give another file",
    ),
    "infinite": (
        lambda path: write_tif(path, spoil_pixels(np.inf)),
        ": holds infinite values; declare them as no data in the file",
    ),
    "undeclared no data": (
        lambda path: write_tif(path, spoil_pixels(-32768)),
        ": holds -32768, but land lies between -1000 and 9000 m; declare that value as no data in "
        "the file (rio edit-info --nodata), or correct the unit",
    ),
    "absurd": (
        lambda path: write_tif(path, spoil_pixels(1e30)),
        ": holds 1e+30, but land lies between -1000 and 9000 m; declare that value as no data in "
        "the file (rio edit-info --nodata), or correct the unit",
    ),
    "millimetres": (
        lambda path: write_tif(path, HILLS * 1000),
        ": holds 599882, but land lies between -1000 and 9000 m; declare that value as no data in "
        "the file (rio edit-info --nodata), or correct the unit",
    ),
    "flat": (
        lambda path: write_tif(path, np.full_like(HILLS, 3)),
        ": is 3 m high everywhere; give an elevation model",
    ),
    "stated furlongs": (
        lambda path: write_tif(path, unit="furlong"),
        ": states that its elevations are in furlong, which is no unit of length that is known; "
        "state `units` of the layer dem: m, dm, cm, mm, ft, us-ft",
    ),
    "feet and metres": (
        lambda path: write_tif(path, unit="m", crs="EPSG:32632+6360"),
        ": states that its elevations are in m and in US survey foot; state `units` of the layer "
        "dem: m, dm, cm, mm, ft, us-ft",
    ),
    "decimetres": (
        lambda path: write_tif(path, HILLS * 10),
        ": half of its slopes are steeper than 73 degrees if its elevations are metres, which no "
        "landscape is; state `units` of the layer dem: m, dm, cm, mm, ft, us-ft",
    ),
    "degrees": (
        lambda path: write_tif(path, crs="EPSG:4326", transform=from_origin(9, 45, 3e-4, 3e-4)),
        ": is in degrees (EPSG:4326), on which no slope can be computed; state grid.crs: auto for "
        "the UTM zone of the region, or name a projected system in metres",
    ),
    "metres as degrees": (
        lambda path: write_tif(path, crs="EPSG:4326"),
        ": covers [500000.0, 4998800.0, 501200.0, 5000000.0] in EPSG:4326, which cannot be brought "
        "into EPSG:32632; correct its CRS, or grid.crs",
        {"crs": "EPSG:32632", "resolution_m": 30},
    ),
    "feet on the ground": (
        lambda path: write_tif(path, crs="EPSG:2227"),
        ": its cells are in US survey foot, and nothing says whether its elevations are too; "
        "state `units` of the layer dem: m, dm, cm, mm, ft, us-ft",
    ),
}


@pytest.mark.parametrize("name", DEMS)
def test_a_wrong_elevation_model_is_named(name, tmp_path):
    spoil, sentence, *grid = DEMS[name]
    path = write_tif(tmp_path / "dem.tif")
    spoil(path)
    found = explain(acquire_dem, path, tmp_path, **({"grid": grid[0]} if grid else {}))
    assert found.removeprefix("file: ") == f"{path}{sentence}"
    assert not (tmp_path / "out").exists() or not os.listdir(tmp_path / "out")


IN_HEADERS = ["Git LFS", "no CRS", "rotated", "three bands", "stated furlongs", "degrees"]


@pytest.mark.parametrize("name", IN_HEADERS)
def test_what_a_header_says_is_told_with_the_study(name, sound, tmp_path, capsys):
    study = tmp_path / "study.yaml"
    study.write_text(yaml.safe_dump(sound))
    assert main(["study", str(study)]) == 0
    path = tmp_path / "birch.tif"
    DEMS[name][0](path)
    capsys.readouterr()
    assert main(["study", str(study)]) == 1
    told = capsys.readouterr().err
    assert f"regions.birch.layers.dem.file: {path}{DEMS[name][1]}\n" in told
    assert "one problem" in told


def test_the_remedy_for_degrees_is_one(sound, tmp_path):
    write_tif(tmp_path / "birch.tif", crs="EPSG:4326", transform=from_origin(9, 45, 3e-4, 3e-4))
    sound["regions"]["birch"]["grid"]["crs"] = "auto"
    check_headers(check_study(sound))


@pytest.mark.parametrize(
    ("grid", "sentence"),
    [
        (
            {"crs": "EPSG:999999", "resolution_m": 30},
            "grid.crs EPSG:999999 is unknown; name one such as EPSG:32643, the UTM zone of the "
            "region",
        ),
        (
            {"resolution_m": 30, "bounds": [0, 0, 900, 900]},
            "the bounds [0, 0, 900, 900] lie outside {path}, which covers [500000, 4998800, "
            "501200, 5000000] in the CRS of the grid; correct the key grid.bounds or grid.box, or "
            "the file",
        ),
        (
            {"resolution_m": 5000},
            "grid.resolution_m 5000 leaves 1 x 1 cells of [500000, 4998800, 501200, 5000000]; "
            "state a smaller cell",
        ),
        (
            {"resolution_m": 0.2, "bounds": [400000, 4900000, 600000, 5100000]},
            "grid.resolution_m 0.2 makes 1e+12 cells of [400000, 4900000, 600000, 5100000]; state "
            "a larger cell, or smaller grid.bounds",
        ),
    ],
    ids=["unknown CRS", "elsewhere", "one cell", "too many cells"],
)
def test_a_wrong_grid_is_named(grid, sentence, tmp_path):
    path = write_tif(tmp_path / "dem.tif")
    assert explain(acquire_dem, path, tmp_path, grid=grid) == sentence.format(path=path)


def test_a_wrong_grid_is_told_with_the_study(sound):
    sound["regions"]["birch"]["grid"] = {"resolution_m": 30, "bounds": [0, 0, 900, 900]}
    sound["regions"]["alder"]["grid"]["crs"] = "EPSG:999999"
    with pytest.raises(ValueError, match="2 problems") as told:
        check_headers(check_study(sound))
    assert "the bounds [0, 0, 900, 900] lie outside" in str(told.value)
    assert "grid.crs EPSG:999999 is unknown" in str(told.value)


def test_a_wrong_checksum_is_named(tmp_path):
    path = write_tif(tmp_path / "dem.tif")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    assert explain(acquire_dem, path, tmp_path, sha256="0" * 64) == (
        f"{path}: SHA-256 should be {'0' * 64} but is {found}"
    )


def acquire_layer(path, tmp_path, *, name="soil", **entry):
    dem = write_tif(tmp_path / "dem.tif")
    load_main("acquire_layer")(
        entry={"file": str(path)} | entry, dem=dem, store=Store(tmp_path), name=name,
        layer=tmp_path / "out/layer.tif", record=tmp_path / "out/layer.json",
    )  # fmt: skip


CLASS = {"kind": "class"}
LAYERS = {
    "misses the region": (
        {"transform": from_origin(WEST + 90_000, NORTH, 30, 30)}, {},
        ": has no data in the region; it covers [590000.0, 4998800.0, 591200.0, 5000000.0] in "
        "EPSG:32632, the region [500000.0, 4998800.0, 501200.0, 5000000.0] in EPSG:32632; correct "
        "its CRS, grid.bounds or the file",
    ),
    "codes miss the region": (
        {"values": np.ones((40, 40), np.uint8), "crs": "EPSG:32633"}, CLASS,
        ": has no data in the region; it covers [500000.0, 4998800.0, 501200.0, 5000000.0] in "
        "EPSG:32633, the region [500000.0, 4998800.0, 501200.0, 5000000.0] in EPSG:32632; correct "
        "its CRS, grid.bounds or the file",
    ),
    "codes with fractions": (
        {"values": HILLS}, CLASS,
        f": holds {HILLS[np.round(HILLS) != HILLS][0]:g}, but the cells of a layer of kind class "
        "are whole numbers; remove `kind: class`, or give the codes",
    ),
    "codes without data": (
        {"values": np.zeros((40, 40), np.uint8), "nodata": 0}, CLASS,
        ": no cell has data; give another file",
    ),
    "codes without CRS": (
        {"values": np.ones((40, 40), np.uint8), "crs": None}, CLASS,
        ": has no CRS; state it in the file, such as with rio edit-info --crs EPSG:32643",
    ),
    "undeclared no data": (
        {"values": spoil_pixels(-3.4e38)}, {},
        ": holds -3.4e+38, but no measurement is that large; declare that value as no data in the "
        "file (rio edit-info --nodata), or correct the unit",
    ),
    "negative rain": (
        {"values": spoil_pixels(-9999)}, {"name": "rainfall"},
        ": holds -9999, but rainfall lies between 0 and 20000 mm/a; declare that value as no data "
        "in the file (rio edit-info --nodata), or correct the unit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_a_wrong_layer_is_named(name, tmp_path):
    profile, entry, sentence = LAYERS[name]
    path = write_tif(tmp_path / "soil.tif", **profile)
    assert explain(acquire_layer, path, tmp_path, **entry) == f"{path}{sentence}"


def test_a_raster_that_begins_in_the_south_is_turned(tmp_path):
    path = write_tif(
        tmp_path / "south.tif", HILLS[::-1], transform=Affine(30, 0, WEST, 0, 30, NORTH - 1200)
    )
    acquire_dem(path, tmp_path)
    with rasterio.open(tmp_path / "out/dem.tif") as source:
        assert source.transform == from_origin(WEST, NORTH, 30, 30)
        np.testing.assert_array_equal(source.read(1), HILLS)


def test_a_stated_scale_is_applied(tmp_path):
    path = write_tif(tmp_path / "dem.tif", np.round(HILLS * 10).astype(np.int16), nodata=-1)
    with rasterio.open(path, "r+") as sink:
        sink.scales = (0.1,)
    acquire_dem(path, tmp_path)
    with rasterio.open(tmp_path / "out/dem.tif") as source:
        np.testing.assert_allclose(source.read(1), HILLS, atol=0.051)


def acquire_classes(tmp_path, **entry):
    """Acquire codes of which half, outside a district, are 0: the codes, and the notes."""
    codes = np.where(np.arange(40) < 20, 0, 30) * np.ones((40, 1), np.uint8)
    path = write_tif(tmp_path / "cover.tif", codes.astype(np.uint8), **entry.pop("profile", {}))
    acquire_layer(path, tmp_path, name="land_cover", **CLASS | entry)
    with rasterio.open(tmp_path / "out/layer.tif") as source:
        found = source.read(1)
    return found, json.loads((tmp_path / "out/layer.json").read_text()).get("notes", [])


def test_zeros_outside_a_district_are_told(tmp_path, caplog):
    found, notes = acquire_classes(tmp_path)
    assert set(np.unique(found)) == {0, 30}
    assert notes == [
        f"{tmp_path / 'cover.tif'}: code 0 fills 50.0% of its cells and is taken for a class; if "
        "these cells have none, declare it: `nodata: 0` of land_cover"
    ]
    assert notes[0] in caplog.messages


@pytest.mark.parametrize("entry", [{"nodata": 0.0}, {"profile": {"nodata": 0}}])
def test_zeros_that_are_declared_are_no_class(entry, tmp_path):
    found, notes = acquire_classes(tmp_path, **entry)
    assert notes == [] and (found[:, :20] == -1).all() and (found[:, 20:] == 30).all()


def test_zeros_that_a_legend_names_are_a_class(tmp_path):
    found, notes = acquire_classes(tmp_path, named=True)
    assert notes == [] and (found[:, :20] == 0).all()


FOOT, SURVEY_FOOT = 0.3048, 1200 / 3937

# what the file and the configuration state, and metres in the unit that is meant
UNITS = {
    "nothing": ({}, {}, 1),
    "the band": ({"unit": "ft"}, {}, FOOT),
    "the band, in words": ({"unit": "US_survey_foot"}, {}, SURVEY_FOOT),
    "the band, decimetres": ({"unit": "Decimeters"}, {}, 0.1),
    "the CRS": ({"crs": "EPSG:32632+6360"}, {}, SURVEY_FOOT),
    "the CRS, metres": ({"crs": "EPSG:32632+5703"}, {}, 1),
    "both alike": ({"crs": "EPSG:32632+8228", "unit": "foot"}, {}, FOOT),
    "the key": ({}, {"units": "cm"}, 0.01),
    "the key, against the file": ({"unit": "m"}, {"units": "us-ft"}, SURVEY_FOOT),
}


@pytest.mark.parametrize("name", UNITS)
def test_elevations_become_metres(name, tmp_path):
    profile, entry, metres = UNITS[name]
    path = write_tif(tmp_path / "dem.tif", HILLS / metres, **profile)
    acquire_dem(path, tmp_path, **entry)
    with rasterio.open(tmp_path / "out/dem.tif") as source:
        np.testing.assert_allclose(source.read(1), HILLS, rtol=1e-6)
        assert source.tags(1)["units"] == "m" and source.crs.to_string() == "EPSG:32632"
    notes = json.loads((tmp_path / "out/dem.json").read_text()).get("notes", [])
    assert len(notes) == (metres != 1)


def test_a_key_that_contradicts_the_file_is_told(tmp_path, caplog):
    path = write_tif(tmp_path / "dem.tif", HILLS / FOOT, unit="m")
    acquire_dem(path, tmp_path, units="ft")
    told = (
        f"{path}: states that its elevations are in m, but the key `units` says ft, which is taken"
    )
    assert json.loads((tmp_path / "out/dem.json").read_text())["notes"] == [told]
    assert told in caplog.messages


def in_feet(values, metres_per_foot=SURVEY_FOOT):
    """Cells of a State Plane in feet, as wide as those of `HILLS`, and where they begin."""
    size = 30 / metres_per_foot
    place = from_origin(1_640_000, 2_000_000, size, size)
    return {"values": values, "crs": "EPSG:6529", "transform": place}


def test_slopes_are_those_of_the_hills_when_cells_and_elevations_are_feet(tmp_path):
    path = write_tif(tmp_path / "dem.tif", **in_feet(HILLS / SURVEY_FOOT))
    acquire_dem(path, tmp_path, units="us-ft", grid={"resolution_m": 30, "crs": "auto"})
    with rasterio.open(tmp_path / "out/dem.tif") as source:
        assert source.crs == "EPSG:32613" and source.tags(1)["resampling"] == "cubic"
        found = np.gradient(source.read(1, masked=True).filled(np.nan), 30)
    tangent = float(np.nanmedian(np.hypot(*found)))
    assert tangent == pytest.approx(float(np.median(np.hypot(*np.gradient(HILLS, 30)))), rel=0.05)


def test_feet_hide_behind_feet_no_longer(tmp_path):
    path = write_tif(tmp_path / "dem.tif", **in_feet(4 * HILLS / SURVEY_FOOT))
    grid = {"resolution_m": 30, "crs": "auto"}
    found = explain(acquire_dem, path, tmp_path, units="m", grid=grid)
    assert "half of its slopes are steeper than" in found


@pytest.mark.parametrize("unit", ["METERS", "metre", "Meter"])
def test_metres_are_metres_by_any_name(unit, tmp_path):
    wkt = rasterio.crs.CRS.from_epsg(32637).to_wkt().replace('UNIT["metre",1', f'UNIT["{unit}",1')
    wkt = re.sub(r',AUTHORITY\["EPSG","\d+"\]', "", wkt)
    path = write_tif(tmp_path / "dem.tif", crs=None)
    with rasterio.open(path) as source:
        profile = source.profile | {"driver": "AAIGrid"}
    # a GeoTIFF knows units by number, so the name is kept in a text beside an ASCII grid
    grid = tmp_path / "hills.asc"
    with rasterio.open(grid, "w", **profile) as sink:
        sink.write(HILLS, 1)
    grid.with_suffix(".prj").write_text(wkt)
    acquire_dem(grid, tmp_path)
    with rasterio.open(tmp_path / "out/dem.tif") as source:
        assert source.crs.to_epsg() == 32637
        np.testing.assert_allclose(source.read(1), HILLS, atol=1e-3)


@pytest.mark.parametrize("layer", ["dem", "rain"])
def test_no_data_can_be_declared_and_an_offset_is_added(layer, tmp_path):
    path = write_tif(tmp_path / "hills.tif", spoil_pixels(7, 40))
    if layer == "dem":
        acquire_dem(path, tmp_path, nodata=7, offset=100)
    else:
        acquire_layer(path, tmp_path, nodata=7, offset=100)
    with rasterio.open(tmp_path / f"out/{'dem' if layer == 'dem' else 'layer'}.tif") as source:
        found = source.read(1)
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1:], HILLS[1:] + 100, rtol=1e-6)


# what a program that knows no code writes: the parameters, with or without a shift to WGS 84
NAMELESS = {
    "EPSG:5186": "+proj=tmerc +lat_0=38 +lon_0=127 +k=1 +x_0=200000 +y_0=600000 +ellps=GRS80",
    "EPSG:3826": "+proj=tmerc +lon_0=121 +k=0.9999 +x_0=250000 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0",
    "EPSG:24877": "+proj=utm +zone=17 +south +ellps=intl +towgs84=-288,175,-376",
}
PLACES = {"EPSG:5186": (280_000, 600_000), "EPSG:3826": (250_000, 2_600_000)}


@pytest.mark.parametrize("code", NAMELESS)
def test_a_crs_without_a_name_keeps_its_cells_under_its_code(code, tmp_path):
    place = from_origin(*PLACES.get(code, (700_000, 9_560_000)), 30, 30)
    path = write_tif(tmp_path / "dem.tif", crs=NAMELESS[code], transform=place)
    acquire_dem(path, tmp_path, grid={"resolution_m": 30, "crs": code})
    with rasterio.open(tmp_path / "out/dem.tif") as source:
        assert source.crs == code and source.transform == place
        np.testing.assert_array_equal(source.read(1), HILLS)


def test_what_the_log_says_of_the_region_can_be_copied(tmp_path, caplog):
    crs = "+proj=tmerc +lat_0=1 +lon_0=-80.1 +k=0.9996 +x_0=500000 +y_0=1e6 +datum=WGS84 +units=m"
    path = write_tif(tmp_path / "dem.tif", crs=crs, transform=from_origin(5e5, 1e6, 30, 30))
    caplog.set_level("INFO")
    acquire_dem(path, tmp_path)
    (line,) = (each for each in caplog.messages if each.startswith("the region: crs: "))
    stated, bounds = line.removeprefix("the region: crs: ").split(", bounds: ")
    acquire_dem(
        path, tmp_path / "again",
        grid={"resolution_m": 30, "crs": stated, "bounds": json.loads(bounds)},
    )  # fmt: skip
    with rasterio.open(tmp_path / "again/out/dem.tif") as source:
        np.testing.assert_array_equal(source.read(1), HILLS)
