"""Files that were cut or changed after they were made are noticed."""

import os

import pytest

from landshift.__main__ import main
from landshift.runtime.integrity import RECORD, check_files, keep_checksums, record_files


@pytest.fixture
def study(tmp_path):
    for name in (
        "targets/a/map.tif",
        "regions/a/dem.tif",
        "logs/job.log",
        "before/map.tif",
        "report/report.zip",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"all that was written: " + name.encode())
    (tmp_path / "targets" / ".partial.tif").write_bytes(b"unfinished")
    return tmp_path


def cut(path):
    """Cut a file and keep its time, as a broken copy does."""
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes()[:5])
    os.utime(path, ns=times)


def test_only_what_a_study_made_is_recorded(study):
    assert record_files(study) == []
    assert check_files(study) == ([], 2)


@pytest.mark.attack
def test_a_file_that_was_cut_is_noticed_at_the_next_run_and_every_later_one(study):
    record_files(study)
    path = study / "targets/a/map.tif"
    cut(path)
    assert record_files(study) == record_files(study) == [str(path)]
    assert str(path) in keep_checksums(study)
    assert check_files(study) == ([str(path)], 2)


@pytest.mark.attack
def test_a_byte_that_changed_is_noticed_by_the_check(study):
    record_files(study)
    path = study / "regions/a/dem.tif"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes().replace(b"all", b"alL"))
    os.utime(path, ns=times)
    assert keep_checksums(study) == ""
    assert check_files(study) == ([str(path)], 2)


def test_a_file_that_was_made_again_has_a_new_checksum(study):
    record_files(study)
    path = study / "regions/a/dem.tif"
    path.write_bytes(b"made again")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10))
    assert check_files(study)[0] == [str(path)]
    assert record_files(study) == []
    assert check_files(study) == ([], 2)


def test_deleted_files_are_no_fault(study):
    record_files(study)
    (study / "regions/a/dem.tif").unlink()
    assert check_files(study) == ([], 1)
    record_files(study)
    assert "dem.tif" not in (study / RECORD).read_text()


@pytest.mark.attack
@pytest.mark.parametrize("content", ["[", "[" * 100_000, "[1]", '{"a": 1}', "\0"])
def test_a_spoilt_record_is_named(study, content):
    record_files(study)
    (study / RECORD).write_text(content)
    with pytest.raises(ValueError, match="no record of checksums; delete it"):
        record_files(study)


@pytest.mark.attack
def test_a_record_reads_nothing_outside_the_study(study):
    (study / RECORD).write_text(
        '{"../secret": {"size": 1, "time_ns": 1, "sha256": "a"}, '
        '"/etc/passwd": {"size": 1, "time_ns": 1, "sha256": "a"}}'
    )
    with pytest.raises(ValueError, match="has no record"):
        check_files(study)


def test_the_command_names_what_to_delete(study, capsys):
    assert main(["check", str(study)]) == 1
    assert "run the study once" in capsys.readouterr().err
    record_files(study)
    assert main(["check", str(study)]) == 0
    assert "2 files are what was made" in capsys.readouterr().out
    cut(study / "targets/a/map.tif")
    assert main(["check", str(study)]) == 1
    assert "map.tif" in capsys.readouterr().err
