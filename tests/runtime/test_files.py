"""Checksums of files."""

import hashlib
import os

import pytest

from landshift.runtime import files as checksums
from landshift.runtime.files import hash_contents, hash_file


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text(path.name)
    return paths


def test_a_file_has_the_sha256_of_its_bytes(files):
    assert hash_file(files[0]) == hashlib.sha256(b"a.csv").hexdigest()


def test_contents_count_and_names_and_times_do_not(files):
    before = hash_contents(files)
    os.utime(files[0], (0, 0))
    files[1] = files[1].rename(files[1].with_name("c.csv"))
    assert hash_contents(files) == before
    assert hash_contents(reversed(files)) != before
    files[1].write_text("other")
    os.utime(files[1], (0, 0))
    assert hash_contents(files) != before


def test_a_missing_file_is_told_from_an_empty_one_and_from_none(tmp_path):
    missing = hash_contents([tmp_path / "a"])
    (tmp_path / "a").touch()
    assert len({missing, hash_contents([tmp_path / "a"]), hash_contents([])}) == 3


def test_large_files_count_by_size_and_time(files, monkeypatch):
    monkeypatch.setattr(checksums, "MOST_BYTES", 3)
    os.utime(files[0], ns=(1, 1))
    before = hash_contents(files[:1])
    files[0].write_text("b.csv")
    os.utime(files[0], ns=(1, 1))
    assert hash_contents(files[:1]) == before
    os.utime(files[0], ns=(2, 2))
    assert hash_contents(files[:1]) != before
