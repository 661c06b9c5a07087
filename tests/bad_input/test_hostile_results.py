"""A folder of results that a stranger made, opened by the commands."""

import json

import numpy as np
import pytest
import rasterio

from landshift.__main__ import main

from .conftest import write_tif

pytestmark = pytest.mark.attack

CODES = np.ones((8, 8), np.uint8)


@pytest.fixture
def make(tmp_path):
    """Make a folder of results with the map of one target and its classes."""

    def make_results(name, classes=CODES, target="birch"):
        folder = tmp_path / name / "targets" / target
        folder.mkdir(parents=True)
        write_tif(folder / "susceptibility.tif", np.full((8, 8), 0.5, np.float32))
        write_tif(folder / "classes.tif", classes)
        if np.issubdtype(classes.dtype, np.integer):
            with rasterio.open(folder / "classes.tif", "r+") as sink:
                sink.update_tags(kind="class")
        return tmp_path / name

    return make_results


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        (np.full((8, 8), 200, np.uint8), "holds the code 200, but classes are 1 to 5"),
        (np.full((8, 8), -5, np.int16), "holds the code -5, but classes are 1 to 5"),
        (np.full((8, 8), np.inf, np.float32), "classes.tif: does not hold a class"),
        (np.ones((9, 9), np.uint8), "classes.tif: does not hold a class"),
    ],
)
def test_classes_that_are_none_are_told(make, classes, sentence, tmp_path, capsys):
    words = ["diff", str(make("a")), str(make("b", classes)), "--output", str(tmp_path / "diff")]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_names_of_targets_steer_no_terminal(make, tmp_path, capsys):
    results = [str(make(name, target="a\x1b[31mb")) for name in "ab"]
    assert main(["diff", *results, "--output", str(tmp_path / "diff")]) == 0
    said = capsys.readouterr().out
    assert r"a\x1b[31mb" in said and "\x1b" not in said


@pytest.mark.parametrize(
    "record",
    [{"a\0b": 1}, {"a" * 5000: 1}, {"\ud800": 1}, {"a": float("inf")}, {"a": "9" * 5000}, [1]],
)
def test_a_record_of_checksums_ends_in_no_traceback(record, make, capsys):
    results = make("a")
    if isinstance(record, dict):
        record = {name: {"size": size, "time_ns": 1, "sha256": ""} for name, size in record.items()}
    (results / "logs").mkdir()
    (results / "logs" / "checksums.json").write_text(json.dumps(record))
    code = main(["check", str(results)])
    said = capsys.readouterr()
    assert (code, said.out) == (0, "0 files are what was made\n") or "is no record" in said.err


@pytest.mark.parametrize(
    "name", [".update.lock", ".updating", "updating", "before", "diff", "logs"]
)
def test_an_update_writes_through_no_link(make, name, tmp_path, capsys):
    results = make("a")
    precious = tmp_path / "precious"
    if name == ".update.lock":
        precious.write_text("of the user")
    else:
        precious.mkdir()
    (results / name).symlink_to(precious)
    assert main(["update", str(results), "--", "true"]) == 1
    assert f"a/{name}: is a link" in capsys.readouterr().err
    assert (
        precious.read_text() == "of the user" if precious.is_file() else not [*precious.iterdir()]
    )
