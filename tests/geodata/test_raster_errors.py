"""Files that change while they are read."""

import os

import pytest

from landshift.runtime.files import refuse_changes


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / "a.gpkg", tmp_path / "b.csv"]
    for path in paths:
        path.write_text("x,y\n")
    return paths


def test_files_that_stay_are_read(files):
    with refuse_changes(files):
        read = [path.read_text() for path in files]
    assert read == ["x,y\n", "x,y\n"]


def test_a_file_that_grows_is_named(files):
    changed = pytest.raises(OSError, match=r"b\.csv: was changed while it was read")
    with changed, refuse_changes(files):
        files[1].write_text("x,y\n1,2\n")


def test_a_file_that_is_replaced_by_one_of_its_size_is_named(files):
    with pytest.raises(OSError, match=r"a\.gpkg: was changed"), refuse_changes(files):
        files[0].write_text("y,x\n")
        os.utime(files[0], ns=(1, 1))


def test_another_error_comes_first(files):
    with pytest.raises(ValueError, match="no inventory"), refuse_changes(files):
        files[0].write_text("")
        raise ValueError("no inventory")
