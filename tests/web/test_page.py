"""The page in a browser: what it shows, and that it needs nothing but itself."""

import re

import numpy as np
import pytest
import rasterio
import xarray as xr

from landshift.mapping.interval import map_interval

from .conftest import SCORE_ERROR

pytestmark = pytest.mark.web


def read_at(place, kind, x, y):
    """Read one cell of a map with rasterio."""
    with rasterio.open(place.maps[kind]) as source:
        return next(source.sample([(x, y)]))[0]


def find_place(text):
    """Find the coordinates [m] that the page states; they are whole metres."""
    return tuple(int(number) for number in re.match(r"(\d+), (\d+) m", text).groups())


def test_opens_from_the_disk_without_a_problem_or_request(browse):
    seen = browse()
    assert seen["problems"] == []
    assert seen["requests"] == []


@pytest.mark.parametrize("share", [(0.31, 0.42), (0.53, 0.47), (0.77, 0.61)])
def test_a_click_shows_the_values_of_the_cell(browse, places, share):
    values = browse({"click": share})["notes"][0]["values"]
    x, y = find_place(values["place"])
    susceptibility = read_at(places[0], "susceptibility", x, y)
    # 254 steps of the logit over its span, and three digits.
    assert float(values["susceptibility"]) == pytest.approx(susceptibility, rel=0.03)
    uncertainty = read_at(places[0], "uncertainty", x, y)
    assert float(values["uncertainty"]) == pytest.approx(uncertainty, abs=0.007)
    assert values["classes"].startswith(f"{read_at(places[0], 'classes', x, y)} ")
    inside = read_at(places[0], "applicability", x, y)
    assert values["applicability"] == ("inside" if inside else "outside")
    low, high = (float(text) for text in values["interval"].split(" to "))
    cell = [xr.DataArray(np.float32([each])) for each in (susceptibility, uncertainty)]
    bounds = map_interval(*cell, score_error=SCORE_ERROR)
    expected = [float(bound.item()) for bound in bounds.values()]
    assert [low, high] == pytest.approx(expected, rel=0.06)


def test_a_click_names_the_strongest_factors(browse):
    notes = browse({"click": [0.31, 0.42]}, {"click": [0.9, 0.42]})["notes"]
    local = [note["values"]["local"] for note in notes]
    assert local == [
        "height above the nearest stream (hand) \N{MINUS SIGN}1.25, slope +0.50",
        "slope +2.00, height above the nearest stream (hand) \N{MINUS SIGN}1.25",
    ]


def test_the_cross_reads_values_by_keyboard(browse):
    values = browse({"focus": "#map"}, {"press": "Enter"})["notes"][1]["values"]
    # To the half of a pixel of the screen.
    assert find_place(values["place"]) == pytest.approx((304_500, 5_003_000), abs=10)


def test_gaps_are_named(browse):
    # The corner of the map lies in its gap; arrows move the cross there.
    steps = [{"focus": "#map"}] + [{"press": "ArrowLeft"}] * 3 + [{"press": "ArrowUp"}] * 2
    assert browse(*steps, {"press": "Enter"})["notes"][-1]["text"] == "No data here."


def test_layers_switch_by_keyboard(browse):
    steps = [{"focus": "#layer-susceptibility"}, {"press": "ArrowDown"}, {"press": "ArrowDown"}]
    notes = browse(*steps, {"focus": "#map"}, {"press": "4"})["notes"]
    shown = [note["shown"] for note in notes]
    assert shown == [
        *("ash susceptibility", "ash classes", "ash uncertainty"),
        *("ash uncertainty", "ash applicability"),
    ]
    assert notes[-1]["checked"] == "applicability"


def test_priorities_and_landslides_are_named_at_a_place(browse):
    steps = [{"check": "#vector-priorities"}, {"click": [0.5, 0.5]}]
    text = browse(*steps)["notes"][-1]["text"]
    assert "Ranked units: rank 1, name middle, susceptible_km2 4.5" in text


TWO_LINES_PX = 35


@pytest.mark.parametrize("size", [(390, 844), (1280, 860)])
def test_the_legend_fits_and_is_as_strong_as_the_map(browse, size):
    seen = browse({"resize": size}, {"focus": "#opacity"}, {"press": "ArrowLeft"})
    notes = seen["notes"]
    assert notes[0]["legend"] == "Susceptibility [1]"
    assert {note["width"] for note in notes} == {size[0]}
    assert all(note["legend_px"] < TWO_LINES_PX for note in notes)
    assert [note["strength"] for note in notes[:3]] == [0.75, 0.75, 0.74]


def test_another_region_is_shown_with_the_same_map(browse):
    steps = [{"focus": "#map"}, {"press": "2"}, {"select": "elm"}]
    assert browse(*steps)["notes"][-1]["shown"] == "elm classes"
