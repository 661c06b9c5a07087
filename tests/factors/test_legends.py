"""Legends: names of class codes, and what is refused as a code."""

import json

import numpy as np
import pytest
import xarray as xr

from landshift.factors.legends import LEGENDS, NO_CLASS, read_legend, take_codes


def as_raster(values, dtype=np.float32, **attrs):
    return xr.DataArray(np.array(values, dtype), dims=("y", "x"), attrs=attrs)


def test_a_known_legend_brings_its_classes():
    assert read_legend("esa_worldcover") == LEGENDS["esa_worldcover"]
    assert next(iter(read_legend("esa_worldcover"))) == 10
    assert read_legend("glim") == read_legend() == {}


def test_stated_classes_win():
    assert read_legend("esa_worldcover", {"10": "forest"}) == {10: "forest"}


def test_json_and_csv_say_the_same(tmp_path):
    (tmp_path / "rock.json").write_text(json.dumps({"2": "marl", "1": "slate"}))
    (tmp_path / "rock.csv").write_text("code,name,age\n2,marl,Jurassic\n1,slate,Devonian\n")
    expected = {1: "slate", 2: "marl"}
    for name in ("rock.json", "rock.csv"):
        found = read_legend(classes=tmp_path / name)
        assert found == expected and list(found) == [1, 2]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("rock.csv", "number,name\n1,slate\n", "columns code and name"),
        ("rock.json", "[1, 2]", "JSON object"),
        ("rock.json", "{", "not valid JSON"),
        ("rock.txt", "1 slate", ".csv or a .json"),
        ("rock.csv", "code,name\n1.5,slate\n", "'1.5' is no code"),
        ("rock.json", '{"-3": "slate"}', "'-3' is no code"),
    ],
)
def test_unreadable_legends_are_refused(name, text, message, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_legend(classes=tmp_path / name)


def test_measurements_with_gaps_become_codes():
    codes = take_codes(as_raster([[3, np.nan], [0, 7]]), origin="alder, layer soil")
    np.testing.assert_array_equal(codes, [[3, NO_CLASS], [0, 7]])
    assert codes.dtype == np.int32
    assert codes.attrs["nodata"] == NO_CLASS


def test_the_declared_no_data_is_no_class():
    given = as_raster([[0, 4]], np.uint8, nodata=0, legend="rock")
    codes = take_codes(given, origin="alder, layer soil", classes={4: "marl"})
    np.testing.assert_array_equal(codes, [[NO_CLASS, 4]])
    assert codes.attrs == {"nodata": NO_CLASS, "legend": "rock"}
    xr.testing.assert_identical(take_codes(codes, origin="again"), codes)


@pytest.mark.parametrize(
    ("values", "message"),
    [([[1.5]], "1.5 is no code"), ([[-2]], "-2 is no code"), ([[2.0**25]], "is no code")],
)
def test_what_is_no_code_is_refused(values, message):
    with pytest.raises(ValueError, match=f"alder, layer soil: .*{message}"):
        take_codes(as_raster(values), origin="alder, layer soil")


def test_codes_without_a_name_are_refused():
    with pytest.raises(ValueError, match=r"the codes \[2, 5\] are not in the legend"):
        take_codes(as_raster([[1, 2, 5]]), origin="alder, layer soil", classes={1: "slate"})
