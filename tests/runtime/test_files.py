"""Checksums of files, and files that appear when they are whole."""

import hashlib
import os
import subprocess
import sys
import tempfile
import time

import pytest

from landshift.runtime import files as checksums
from landshift.runtime.files import hash_contents, hash_file, own_folder, read_json, unfinished


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


WRITER = """
import os, sys, time
from pathlib import Path
os.getpid = lambda: 1  # as in every container
from landshift.runtime.files import unfinished
for _ in range(50):
    with unfinished(sys.argv[1]) as partial, partial.open("w") as sink:
        for _ in range(100):
            sink.write(sys.argv[2] * 100)
            sink.flush()
"""


@pytest.mark.attack
def test_writers_with_one_process_number_do_not_mix(tmp_path):
    target = tmp_path / "shared.txt"
    commands = [[sys.executable, "-c", WRITER, str(target), letter] for letter in "ab"]
    writers = [subprocess.Popen(command) for command in commands]
    found = set()
    while any(writer.poll() is None for writer in writers):
        if target.exists():
            found.add(target.read_text())
    assert [writer.returncode for writer in writers] == [0, 0]
    found.add(target.read_text())
    assert found <= {"a" * 10_000, "b" * 10_000}
    assert [path.name for path in tmp_path.iterdir()] == ["shared.txt"]


@pytest.mark.attack
def test_no_link_leads_a_writer_elsewhere(tmp_path):
    (tmp_path / "secret").write_text("before")
    for name in (f".{os.getpid()}.file.txt", "file.txt", ".unfinished-"):
        (tmp_path / name).symlink_to(tmp_path / "secret")
    with unfinished(tmp_path / "file.txt") as partial:
        assert partial.parent.stat().st_mode & 0o777 == 0o700
        partial.write_text("after")
    assert (tmp_path / "secret").read_text() == "before"
    assert not (tmp_path / "file.txt").is_symlink()


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path):
    for name, age_s in {"new": 3600, "old": 25 * 3600, "busy": 25 * 3600}.items():
        folder = tmp_path / f".unfinished-{name}"
        folder.mkdir()
        (folder / "file.txt").write_text("half")
        for path in (folder, folder / "file.txt"):
            os.utime(path, (time.time() - age_s,) * 2)
    os.utime(tmp_path / ".unfinished-busy" / "file.txt")
    with unfinished(tmp_path / "file.txt") as partial:
        partial.write_text("whole")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".unfinished-new", ".unfinished-busy", "file.txt"}


def test_a_finished_file_has_the_rights_that_the_user_gives_to_new_files(tmp_path):
    (tmp_path / "plain.txt").write_text("")
    with unfinished(tmp_path / "file.txt") as partial:
        partial.write_text("")
    modes = {path.name: path.stat().st_mode for path in tmp_path.iterdir()}
    assert modes["file.txt"] == modes["plain.txt"]


@pytest.mark.attack
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


SLEEPER = """
import sys, time
from landshift.runtime.files import own_folder, unfinished
with unfinished(sys.argv[1]) as partial, own_folder() as scratch:
    partial.write_text("half")
    print("working", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path, monkeypatch):
    """Start a process that writes a file and keeps scratch with the temporary files."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    command = [sys.executable, "-c", SLEEPER, str(tmp_path / "a.txt")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "working\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def list_left(tmp_path):
    return [path for path in tmp_path.rglob(".unfinished-*") if path.is_dir()]


def test_what_a_killed_process_left_goes_at_the_next_start_and_nothing_that_lives(writer, tmp_path):
    def write():
        with unfinished(tmp_path / "a.txt") as partial, own_folder():
            partial.write_text("whole")

    write()
    assert len(list_left(tmp_path)) == 2, "a living process lost its files"
    writer.kill()
    writer.wait()
    write()
    assert list_left(tmp_path) == []
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_the_lock_of_another_machine_is_not_judged(writer, tmp_path):
    """Its system may not pass locks on: only age tells."""
    writer.kill()
    writer.wait()
    for left in list_left(tmp_path):
        left.rename(left.with_name(".unfinished-0badcafe-x"))
    with unfinished(tmp_path / "a.txt") as partial, own_folder():
        partial.write_text("whole")
    assert len(list_left(tmp_path)) == 2


@pytest.mark.attack
def test_no_folder_of_another_user_and_no_link_is_removed(tmp_path, monkeypatch):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / ".lock").touch()
    (tmp_path / "scratch").mkdir()
    name = f".unfinished-{checksums._name_machine()}-x"
    (tmp_path / "scratch" / name).symlink_to(tmp_path / "precious")
    with own_folder(tmp_path / "scratch"):
        pass
    (tmp_path / "scratch" / name).unlink()
    (tmp_path / "precious").rename(tmp_path / "scratch" / name)
    with monkeypatch.context() as other:
        other.setattr(os, "getuid", lambda: 4_000_000)
        with own_folder(tmp_path / "scratch"):
            pass
    assert (tmp_path / "scratch" / name / ".lock").is_file()
    with own_folder(tmp_path / "scratch"):
        assert not (tmp_path / "scratch" / name).exists()
