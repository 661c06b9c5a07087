import sys

import pytest

from landshift.report.running import _follow, find_study, find_workflow


def follow(tmp_path, script):
    told = []
    failed = _follow([sys.executable, "-c", script], tmp_path / "run.log", told.append)
    return failed, told, (tmp_path / "run.log").read_text()


def test_steps_become_one_line_and_the_log_keeps_all(tmp_path):
    script = "print('noise'); print('1 of 4 steps (25%) done'); print('4 of 4 steps (100%) done')"
    failed, told, log = follow(tmp_path, script)
    assert failed == []
    assert [line.partition(",")[0] for line in told] == ["1 of 4 jobs done", "4 of 4 jobs done"]
    assert told[-1].endswith("about 0 s left")
    assert log.startswith("noise\n")


def test_a_run_that_fails_says_what_went_wrong(tmp_path):
    script = (
        "print('What went wrong; all that was finished is kept:');"
        "print('  dem.tif: is in feet\\x1b[2J'); print('Exiting'); raise SystemExit(1)"
    )
    failed, _, _ = follow(tmp_path, script)
    assert len(failed) == 2 and failed[1].startswith("dem.tif: is in feet")
    assert "\x1b" not in failed[1]


def test_a_run_that_ends_without_reasons_shows_its_last_words(tmp_path):
    assert follow(tmp_path, "raise SystemExit('no such profile')")[0] == ["no such profile"]
    assert follow(tmp_path, "raise SystemExit(3)")[0] == ["Snakemake ended without a word"]


def test_a_study_is_found_by_its_name_or_its_file(tmp_path):
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "valley.yaml"
    file.touch()
    assert find_study("valley", tmp_path) == file == find_study(str(file), tmp_path)
    with pytest.raises(FileNotFoundError, match="landshift start INVENTORY"):
        find_study("ridge", tmp_path)


def test_the_workflow_of_the_checkout_is_found():
    assert (find_workflow().parent / "workflow" / "rules").is_dir()
