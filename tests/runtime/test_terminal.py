"""Codes in what others wrote steer no terminal: they are shown."""

import logging
import os
import subprocess
import sys

import pytest

from landshift.__main__ import main
from landshift.runtime.logs import list_failures, set_up_logging
from landshift.runtime.plain_text import make_plain
from landshift.study.checks import check_study

pytestmark = pytest.mark.attack

CODES = "\x1b]0;title\x07\x1b[2K\r\x9b1A\x08\u202etxt.exe\udc80"
SHOWN = r"\x1b]0;title\x07\x1b[2K\x0d\x9b1A\x08\u202etxt.exe\udc80"


def holds_codes(text):
    return [letter for letter in text if make_plain(letter) != letter]


def test_every_code_is_shown_and_nothing_else_changes():
    assert make_plain(CODES) == SHOWN
    sound = "a\tb\nč 中 🏔 עברית"
    assert make_plain(sound) == sound


@pytest.fixture
def own_logging():
    root = logging.getLogger()
    kept, level, hook = list(root.handlers), root.level, sys.excepthook
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:], sys.excepthook = kept, hook
    root.setLevel(level)
    logging.captureWarnings(False)
    logging.raiseExceptions = True


def test_logs_show_codes_and_hold_no_forged_line(tmp_path, capsys, own_logging):
    path = tmp_path / "job.log"
    set_up_logging(path)
    logging.info("licence: %s", CODES)
    logging.warning("units\n12:00:00 CRITICAL landshift: all is well")
    sys.excepthook(ValueError, ValueError(f"{CODES}: is damaged"), None)
    # the failure itself is told at the end of the run
    for text, shown in ((path.read_text(encoding="utf-8"), 2), (capsys.readouterr().err, 1)):
        assert not holds_codes(text)
        assert text.count(SHOWN) >= shown
        assert "\n12:00:00 CRITICAL landshift: all is well" not in text
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "foreign.log").write_text("the job failed: \x1b[31mred\n")
    assert list_failures(tmp_path, since=0.0) == [r"\x1b[31mred"]


@pytest.mark.parametrize("command", ["check", "study", "seal", "diff"])
def test_the_command_shows_codes_of_names(command, tmp_path, capsys):
    further = [str(tmp_path)] if command == "diff" else []
    assert main([command, str(tmp_path / "a\x1b[31mb"), *further]) == 1
    said = capsys.readouterr().err
    assert r"a\x1b[31mb" in said and not holds_codes(said)


def test_a_name_that_is_no_text_is_told(tmp_path):
    """File names are bytes; standard output in another encoding takes not every letter."""
    done = subprocess.run(
        [sys.executable, "-m", "landshift", "check", tmp_path / os.fsdecode(b"\xff\xc4\x8d")],
        capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert rb"\udcff" in done.stderr


def test_no_text_of_a_study_holds_codes():
    with pytest.raises(ValueError, match=r"regions\.a\.layers\.dem\.file: .*U\+001B") as refused:
        check_study(
            {"study": "a", "regions": {"a": {"layers": {"dem": {"file": "\x1b[31m.tif"}}}}},
            files=False,
        )
    assert not holds_codes(str(refused.value))
