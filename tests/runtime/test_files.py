"""Checksums of files."""

import hashlib
import os

import pytest

from landshift.runtime import files as checksums
from landshift.runtime.files import hash_contents, hash_file, read_json


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


@pytest.mark.parametrize(
    "text",
    ["{", "[" * 1_000_000, '{"a":' * 100_000, '{"a": ' + "1" * 5000 + "}", "\udcff", "[1]"],
    ids=["broken", "deep lists", "deep objects", "huge number", "no UTF-8", "list"],
)
def test_what_is_no_json_object_is_refused_in_a_sentence(tmp_path, text):
    (tmp_path / "a.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=r"a\.json: (not valid JSON \(|expected a JSON object)"):
        read_json(tmp_path / "a.json")


def test_json_objects_are_read(tmp_path):
    (tmp_path / "a.json").write_text('{"name": "\u00e9", "values": [1, null]}', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"name": "é", "values": [1, None]}
