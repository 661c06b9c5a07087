"""Updates of a study: one at a time, and always against the last finished one."""

import multiprocessing
import time

import pandas as pd
import pytest

from landshift.report import updates


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Make a study of one map, whose comparison tells what was compared."""

    def compare(before, after, output):
        read = [(folder / "targets/a/map.tif").read_text() for folder in (before, after)]
        return pd.DataFrame([read], columns=["before", "after"])

    monkeypatch.setattr(updates, "compare_results", compare)
    write(tmp_path, "first")
    return tmp_path


def write(results, text):
    path = results / "targets/a/map.tif"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def fail():
    raise OSError("the run failed")


def compared(table):
    return tuple(table.iloc[0])


def test_the_first_run_has_nothing_to_compare(results, tmp_path):
    empty = tmp_path / "empty"
    assert updates.update_study(empty, lambda: write(empty, "first")) is None


def test_a_run_that_makes_nothing_leaves_no_folder(results, tmp_path):
    with pytest.raises(OSError, match="the run failed"):
        updates.update_study(tmp_path / "never", fail)
    assert not (tmp_path / "never").exists()
    with pytest.raises(OSError, match="the run failed"):
        updates.update_study(results, fail)
    assert (results / "targets").is_dir()


def test_maps_are_compared_with_those_before(results):
    assert compared(updates.update_study(results, lambda: write(results, "new"))) == (
        "first", "new",
    )  # fmt: skip
    assert (results / "before/targets/a/map.tif").read_text() == "first"
    assert not (results / "updating").exists()


def test_an_update_that_failed_is_gone_on_with(results):
    with pytest.raises(OSError, match="failed"):
        updates.update_study(results, fail)
    write(results, "half")
    assert compared(updates.update_study(results, lambda: write(results, "new"))) == (
        "first", "new",
    )  # fmt: skip


@pytest.mark.parametrize("left", ["updating", ".updating", "updating/before/targets"])
def test_what_a_stopped_copy_left_is_no_obstacle(results, left):
    (results / left).mkdir(parents=True)
    assert compared(updates.update_study(results, lambda: write(results, "new")))[0] == "first"


def hold(results, started, release):
    def run():
        started.set()
        release.wait(20)

    updates.update_study(results, run)


@pytest.mark.attack
def test_a_second_update_at_once_is_refused_and_harms_nothing(results):
    context = multiprocessing.get_context("fork")
    started, release = context.Event(), context.Event()
    first = context.Process(target=hold, args=(results, started, release))
    first.start()
    assert started.wait(20)
    with pytest.raises(OSError, match="another update of this study is running"):
        updates.update_study(results, fail)
    release.set()
    first.join(20)
    assert first.exitcode == 0
    assert updates.update_study(results, lambda: write(results, "new")) is not None


@pytest.mark.attack
def test_a_killed_update_leaves_no_lock(results):
    context = multiprocessing.get_context("fork")
    started, release = context.Event(), context.Event()
    killed = context.Process(target=hold, args=(results, started, release))
    killed.start()
    assert started.wait(20)
    killed.kill()
    killed.join(20)
    time.sleep(0.1)
    assert compared(updates.update_study(results, lambda: write(results, "new"))) == (
        "first", "new",
    )  # fmt: skip
