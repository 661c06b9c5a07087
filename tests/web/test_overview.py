"""What the page holds: bytes that stand for values, reduced maps, and no address to fetch."""

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rio_cogeo import cog_validate

from landshift.geodata.raster import open_raster, write_raster
from landshift.report.viewer.overlays import describe_local_drivers, shade_elevations
from landshift.report.viewer.overview import (
    STEPS,
    TILE,
    Overview,
    Steps,
    count_levels,
    encode_cog,
    fit_steps,
    read_overview,
)
from landshift.report.viewer.page import write_viewer

from .conftest import ASSETS


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=50))
def test_linear_steps_err_by_half_a_step_at_most(numbers):
    values = np.array(numbers)
    steps = fit_steps(values, "linear")
    error = np.abs(steps.decode(steps.encode(values)) - values).max()
    assert error <= (steps.high - steps.low) / STEPS / 2 * (1 + 1e-6) + 1e-9


def test_logit_steps_keep_rare_values_apart():
    values = np.array([0.0002, 0.0004, 0.01, 0.16])
    steps = fit_steps(values, "logit")
    assert steps.decode(steps.encode(values)) == pytest.approx(values, rel=0.015)


def test_steps_end_at_certainty():
    steps = fit_steps(np.array([0.0, 0.5, 1.0]), "logit")
    assert steps.encode(np.array([0.0, 0.5, 1.0, np.nan])).tolist() == [1, 128, 255, 0]


def test_values_beyond_the_ends_take_these():
    steps = Steps(0.0, 1.0, "linear")
    assert steps.encode(np.array([-1.0, 2.0])).tolist() == [1, 255]


def test_a_map_of_one_value_can_be_shown():
    steps = fit_steps(np.full(3, 0.25), "linear")
    assert steps.decode(steps.encode(np.full(3, 0.25))) == pytest.approx(0.25)


def test_a_map_without_data_is_refused():
    with pytest.raises(ValueError, match="without any cell with data"):
        fit_steps(np.full(3, np.nan), "linear")


@pytest.mark.parametrize("average", [True, False])
def test_maps_in_the_page_are_valid_cogs_whose_levels_halve(average, tmp_path):
    codes = np.random.default_rng(1).integers(0, 256, (300, 1200), np.uint8)
    grid = Overview(codes, (0.0, 0.0, 36_000.0, 9_000.0), "EPSG:32632", 30.0, {})
    (tmp_path / "map.tif").write_bytes(base64.b64decode(encode_cog(codes, grid, average=average)))
    valid, errors, warnings = cog_validate(tmp_path / "map.tif", strict=True)
    assert valid and not errors and not warnings
    levels = count_levels(codes.shape)
    with rasterio.open(tmp_path / "map.tif") as source:
        assert source.overviews(1) == [2**level for level in range(1, levels + 1)]
        assert source.res == (30, 30) and source.nodata == 0
        assert np.array_equal(source.read(1)[:300, :1200], codes)
        assert max(source.shape) / 2**levels <= TILE
    assert encode_cog(codes, grid, average=average) == encode_cog(codes, grid, average=average)


def test_elevations_of_several_regions_make_one_relief(places, tmp_path):
    whole = open_raster(places[0].dems[0])
    grid = read_overview(places[0].maps["susceptibility"])
    for name, part in {"upper": whole[:120], "lower": whole[100:]}.items():
        write_raster(part, tmp_path / f"{name}.tif")
    files = [tmp_path / "upper.tif", tmp_path / "lower.tif"]
    expected = shade_elevations(places[0].dems, grid, side=4096)
    found = shade_elevations(files, grid, side=4096)
    # the relief has no seam where one region ends
    np.testing.assert_array_equal(found, expected)
    assert np.median(expected) > 100


def test_large_maps_are_averaged_and_codes_are_voted_on(places):
    overview = read_overview(places[0].maps["susceptibility"], side=150)
    assert overview.data.shape == (100, 150)
    whole = read_overview(places[0].maps["susceptibility"]).data
    pairs = whole.reshape(100, 2, 150, 2).mean(axis=(1, 3))
    assert np.allclose(overview.data, pairs, rtol=1e-5, equal_nan=True)
    classes = read_overview(places[0].maps["classes"], side=150).data
    assert set(np.unique(classes[~np.isnan(classes)])) == {1, 2, 3, 4, 5}


def read_data(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text()).group(1))


def test_page_holds_all_and_fetches_nothing(page):
    text = page.read_text()
    assert not re.search(r"(?:src|href)=.?https?:", text)
    assert "@DATA@" not in text and "<title>Landslide susceptibility: trial &lt;1&gt;" in text
    study = read_data(page)
    assert [place["name"] for place in study["places"]] == ["ash", "elm"]
    first = study["places"][0]
    assert first["prevalence"] == "0.02" and first["size"] == [300, 200]
    assert first["drivers"]["class 5"] == [
        "slope 75%",
        "height above the nearest stream (hand) 25%",
    ]
    assert len(first["vectors"]["landslides"]["features"]) == 17


def test_same_maps_give_the_same_page(page, places, tmp_path):
    write_viewer(tmp_path / "again.html", places, study="trial <1>", assets=ASSETS)
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_maps_of_another_grid_are_refused(places, tmp_path):
    write_raster(open_raster(places[1].maps["classes"])[10:], tmp_path / "cut.tif")
    maps = {**places[0].maps, "classes": tmp_path / "cut.tif"}
    with pytest.raises(ValueError, match=r"cut.tif and .*susceptibility.tif differ"):
        write_viewer(
            tmp_path / "page.html",
            [replace(places[0], maps=maps)],
            study="trial",
            assets=ASSETS,
        )


def test_an_unknown_kind_of_map_is_refused(places, tmp_path):
    maps = {**places[0].maps, "colour": places[0].maps["classes"]}
    with pytest.raises(ValueError, match="no map 'colour'; it knows susceptibility"):
        write_viewer(
            tmp_path / "page.html", [replace(places[0], maps=maps)], study="trial", assets=ASSETS
        )


def test_strongest_factors_of_a_cell_come_first(places):
    local = describe_local_drivers(places[0].local_drivers)
    assert local["names"] == ["slope", "height above the nearest stream (hand)"] and local[
        "size"
    ] == [75, 50]
    numbers = np.frombuffer(base64.b64decode(local["factors"]), np.uint8).reshape(2, 50, 75)
    changes = np.frombuffer(base64.b64decode(local["changes"]), "<i2").reshape(2, 50, 75)
    assert numbers[:, 0, 0].tolist() == [2, 1] and changes[:, 0, 0].tolist() == [-125, 50]
    assert numbers[:, 9, 70].tolist() == [1, 2] and changes[:, 9, 70].tolist() == [200, -125]
