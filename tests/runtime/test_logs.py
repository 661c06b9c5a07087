"""A job's log file holds its lines and its crash."""

import os
import subprocess
import sys

import pytest

from landshift.runtime.logs import list_failures

JOB = """
import logging, sys, warnings
from landshift.runtime.logs import set_up_logging
set_up_logging(sys.argv[1])
logging.info("half done")
logging.warning("lost https://example.org/B04.tif?sig=secret")
warnings.warn("thin ice")
sys.argv[2:] and open("no/such/dem.tif")
raise ValueError("no DEM at https://example.org/dem.tif?sig=secret")
"""


def test_lines_warnings_and_crashes_reach_the_file_and_the_terminal(tmp_path):
    path = tmp_path / "logs" / "job.log"
    command = [sys.executable, "-c", JOB, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    for text in (path.read_text(), result.stderr):
        assert "half done" in text
        assert "thin ice" in text
        assert "Traceback" in text and "ValueError: no DEM" in text
        assert "https://example.org/B04.tif" in text and "https://example.org/dem.tif" in text
        assert "secret" not in text


def test_what_a_user_can_mend_is_one_line(tmp_path):
    path = tmp_path / "job.log"
    command = [sys.executable, "-c", JOB, str(path), "missing"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    sentence = "no/such/dem.tif: does not exist; correct the path"
    assert path.read_text().endswith(f"CRITICAL landshift: the job failed: {sentence}\n")
    assert "Traceback" not in path.read_text() + result.stderr
    # the end of the run tells it, and nothing before
    assert sentence not in result.stderr and "half done" in result.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a disk that is always full")
def test_a_failure_that_the_file_does_not_take_is_told_at_once(tmp_path):
    path = tmp_path / "job.log"
    path.symlink_to("/dev/full")
    command = [sys.executable, "-c", JOB, str(path), "missing"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stderr.count("no/such/dem.tif: does not exist; correct the path") == 1


def test_the_failures_of_a_run_are_told_once_each(tmp_path):
    for name, sentence in (("a/b", "no DEM"), ("a/c", "no DEM"), ("d", "no soil"), ("old", "gone")):
        path = tmp_path / "logs" / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"12:00:00 INFO x: y\n12:00:01 CRITICAL landshift: the job failed: {sentence}"
        )
        os.utime(path, (99, 99) if name == "old" else (200, 200))
    assert list_failures(tmp_path, since=100) == ["no DEM", "no soil"]
    assert list_failures(tmp_path / "none", since=100) == []


def test_a_job_that_was_killed_is_named_by_its_log(tmp_path):
    logs, benchmarks = tmp_path / "logs", tmp_path / "benchmarks"
    for name in ("ended/a", "again/b", "killed/c", "failed/d"):
        for folder, ending, time in ((logs, ".log", 200), (benchmarks, ".tsv", 201)):
            path = folder / f"{name}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("12:00:00 INFO root: half done\n")
            os.utime(path, (time, time))
    (benchmarks / "killed/c.tsv").unlink()
    os.utime(benchmarks / "again/b.tsv", (150, 150))
    (logs / "failed/d.log").write_text("12:00:00 CRITICAL landshift: the job failed: no DEM\n")
    assert list_failures(tmp_path, since=100) == [
        f"again/b stopped without a word, as if killed for its memory; see {logs}/again/b.log",
        "no DEM",
        f"killed/c stopped without a word, as if killed for its memory; see {logs}/killed/c.log",
    ]
