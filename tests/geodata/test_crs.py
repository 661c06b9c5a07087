"""Systems without a name, and how well positions are brought from one to another."""

import math

import geopandas as gpd
import pyproj
import pytest
from shapely import Point

from landshift.geodata.crs import (
    describe_crs,
    find_code,
    find_shift,
    is_same_crs,
    names_datum,
    offer_codes,
    simplify_crs,
)
from landshift.geodata.vectors import read_shapes

UTM_17S = "+proj=utm +zone=17 +south +units=m"
CUENCA = (700_000, 9_660_000, 710_000, 9_670_000)


def crs(stated):
    return pyproj.CRS(stated)


@pytest.mark.parametrize(
    ("stated", "known", "same"),
    [
        # the ellipsoid tells, where the datum has no name
        (f"{UTM_17S} +ellps=intl", 24877, True),
        (f"{UTM_17S} +ellps=intl", 32717, False),
        (f"{UTM_17S} +ellps=intl +towgs84=-288,175,-376", 24877, True),
        (f"{UTM_17S} +ellps=GRS80", 31977, True),
        (f"{UTM_17S} +ellps=GRS80", 31978, False),
        # a datum that has one is no other
        (31977, 32717, False),
        (4258, 4326, False),
        (4326, 4258, False),
        # other axes, other heights, another unit
        (25832, 3044, True),
        ("EPSG:32632+5703", 32632, True),
        (6529, 6528, False),
        (32632, 4326, False),
    ],
)
def test_a_crs_is_known_by_its_parameters(stated, known, same):
    assert is_same_crs(crs(stated), crs(known)) is same


def test_only_a_crs_with_a_datum_has_a_code():
    assert find_code(crs("EPSG:32632+5703")) == "EPSG:32632" == describe_crs(crs(32632))
    assert find_code(crs("ESRI:102003")) == "ESRI:102003"
    nameless = crs(f"{UTM_17S} +ellps=GRS80")
    assert find_code(nameless) is None and not names_datum(nameless)
    assert is_same_crs(crs(describe_crs(nameless)), nameless)
    assert simplify_crs(crs("EPSG:7415")).to_epsg() == 28992


def test_codes_of_another_place_are_not_offered():
    nameless = crs("+proj=utm +zone=17 +ellps=clrk66")
    assert "EPSG:26717" in offer_codes(nameless, (500_000, 4_800_000, 510_000, 4_810_000))
    assert offer_codes(nameless, (500_000, 100_000, 510_000, 110_000)) == ""


def test_one_datum_needs_no_shift():
    assert find_shift(crs(32717), crs(4326), CUENCA) is None
    assert find_shift(crs(f"{UTM_17S} +ellps=intl"), crs(24877), CUENCA) is None


def test_a_stated_accuracy_is_recorded_and_told_where_it_is_worse_than_a_cell():
    shift = find_shift(crs(24877), crs(32717), CUENCA, cell_m=30)
    # Provisional South American Datum 1956 to WGS 84 (14), Ecuador: 5 m
    assert shift.accuracy_m == 5 and shift.describe() is None
    assert shift.record()["datum_shift"] == {
        "from": "EPSG:24877", "to": "EPSG:32717", "accuracy_m": 5.0
    }  # fmt: skip
    told = find_shift(crs(24877), crs(32717), CUENCA, cell_m=2).describe()
    assert told.startswith(
        "is brought from EPSG:24877 to EPSG:32717 to 5 m, which is more than a cell; "
    )


def test_a_way_that_nobody_knows_is_told():
    shift = find_shift(crs(3828), crs(32651), (250_000, 2_670_000, 260_000, 2_680_000))
    assert shift.accuracy_m is None
    assert shift.describe() == (
        "is brought from EPSG:3828 to EPSG:32651 with an unknown accuracy, so that it may lie "
        "hundreds of metres off; state a grid.crs that PROJ knows the way to, such as the national "
        "system, or bring the file to EPSG:32651 yourself"
    )


def test_the_file_of_shifts_that_would_help_is_named():
    shift = find_shift(crs(26713), crs(26913), (400_000, 3_900_000, 410_000, 3_910_000))
    if shift.accuracy_m is not None:
        pytest.skip("PROJ has the file of shifts here")
    assert "give PROJ its file of shifts (projsync --file us_noaa_" in shift.describe()


def test_a_datum_without_a_name_is_asked_for():
    shift = find_shift(crs(f"{UTM_17S} +ellps=intl"), crs(32717), CUENCA)
    assert shift.accuracy_m is None
    assert shift.describe().endswith(
        "; its CRS names no datum; state the right one in the file, such as EPSG:24877"
    )


def test_places_beyond_the_earth_break_nothing():
    assert find_shift(crs(3828), crs(32651), (math.nan,) * 4).accuracy_m is None


def test_readers_of_vectors_warn_or_note(tmp_path, caplog):
    path = tmp_path / "roads.gpkg"
    table = gpd.GeoDataFrame(geometry=[Point(250_000, 2_670_000).buffer(100)], crs=3828)
    table.to_file(path)
    read_shapes(path, "units", "EPSG:32651")
    assert [each for each in caplog.messages if each.startswith(f"{path}: is brought from EPSG")]
    caplog.clear()
    notes = []
    read_shapes(path, "units", "EPSG:32651", notes=notes)
    assert len(notes) == 1 and not caplog.messages
    read_shapes(path, "units", "EPSG:3826", notes=notes)
    assert len(notes) == 1
