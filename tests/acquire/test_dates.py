"""Dates, and periods that hold later landslides out."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

from landshift.acquire.inventory.cleaning import clean_inventory
from landshift.acquire.inventory.dates import parse_date, parse_span, sort_by_period

DATES = pd.Series(["2009", "2010", "2010-03-01", "2011-12-31", None], dtype="str")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2010, "2010"),
        (2010.0, "2010"),
        ("2010-03-01", "2010-03-01"),
        ("2010-03-01T12:00:00Z", "2010-03-01"),
        (pd.Timestamp("2010-03-01"), "2010-03-01"),
        ("", None),
        (0, None),
        (np.nan, None),
        ("1899-12-30", None),
    ],
)
def test_years_and_days_are_read(value, expected):
    assert parse_date(value) == expected


@pytest.mark.parametrize("value", ["31.8.2010", "20100831", 1066, "2010-02-30", "May 2010", 2.5])
def test_what_is_no_date_is_refused(value):
    with pytest.raises(ValueError):
        parse_date(value)


@pytest.mark.parametrize(
    ("begin", "end", "undated", "outside"),
    [
        (None, None, [], []),
        (2010, None, [4], [0]),
        (None, 2010, [4], [3]),
        (2010, 2010, [4], [0, 3]),
        ("2010-03-01", None, [1, 4], [0]),
        (None, "2010-02-28", [1, 4], [2, 3]),
        ("2011-12-31", "2011-12-31", [4], [0, 1, 2]),
    ],
)
def test_a_landslide_belongs_to_a_period_if_all_its_days_do(begin, end, undated, outside):
    found = sort_by_period(DATES, begin, end)
    assert [list(np.flatnonzero(part)) for part in found] == [undated, outside]


def test_a_wrong_period_is_named():
    with pytest.raises(ValueError, match="from is 2012 but until is 2010: the period ends before"):
        sort_by_period(DATES, 2012, 2010)
    with pytest.raises(ValueError, match="until is 'May', no date; write it as 2015 or"):
        sort_by_period(DATES, None, "May")


@given(st.lists(st.dates(pd.Timestamp("1900-01-01").date()), max_size=20), st.integers(1900, 2100))
def test_a_year_divides_dated_landslides_in_two(days, year):
    days = [day for day in days if day.year <= 2200]
    dates = pd.Series([day.isoformat() for day in days], dtype="str")
    (_, before), (_, after) = (
        sort_by_period(dates, None, year),
        sort_by_period(dates, year + 1, None),
    )
    assert (before ^ after).all()


def test_a_day_spans_itself():
    assert parse_span("2010-03-01") == (pd.Timestamp("2010-03-01"),) * 2


def test_periods_hold_later_landslides_out():
    grid = GeoBox((10, 10), Affine(30, 0, 500000, 0, -30, 5000300), "EPSG:32632")
    elevation = wrap_xr(np.ones((10, 10), np.float32), grid)
    points = gpd.points_from_xy(np.arange(5) * 60.0 + 500015, [5000015.0] * 5)
    slides = gpd.GeoDataFrame(
        {"id": list("abcde"), "date": DATES, "type": ["slide", "slide", "fall", "slide", "slide"]},
        geometry=points,
        crs=grid.crs.to_wkt(),
    )
    training, counts = clean_inventory(slides, elevation, types=["Slide"], end=2010)
    assert list(training.id) == ["a", "b"]
    assert (counts["other_type"], counts["undated"], counts["outside_period"]) == (1, 1, 1)
    later, _ = clean_inventory(slides, elevation, begin=2011)
    assert list(later.id) == ["d"]
    kept = counts.pop("kept")
    assert counts.pop("read") == kept + sum(counts.values())
