"""Compiled kernels are dropped when the source of one of them changes."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from landshift.runtime.compiled_cache import drop_stale_kernels, place_kernels

ROOT = Path(__file__).parents[2]


@pytest.fixture
def no_folder_stated(monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "restored at the end")
    monkeypatch.delenv("NUMBA_CACHE_DIR")


@pytest.fixture
def package(tmp_path):
    (tmp_path / "inner.py").write_text("from numba import njit\n")
    (tmp_path / "plain.py").write_text("import math\n")
    (tmp_path / "__pycache__").mkdir()
    drop_stale_kernels(tmp_path)
    (tmp_path / "__pycache__" / "outer.nbi").write_bytes(b"compiled")
    return tmp_path


def test_kernels_stay_while_their_source_does(package):
    (package / "plain.py").write_text("import cmath\n")
    os.utime(package / "inner.py", (0, 0))
    assert not drop_stale_kernels(package)
    assert (package / "__pycache__" / "outer.nbi").exists()


@pytest.mark.parametrize("change", ["edit", "add", "remove"])
def test_kernels_go_when_one_that_others_may_call_changes(package, change):
    if change == "remove":
        (package / "inner.py").unlink()
    else:
        name = "inner.py" if change == "edit" else "further.py"
        (package / name).write_text("from numba import njit, prange\n")
    assert drop_stale_kernels(package)
    assert not (package / "__pycache__" / "outer.nbi").exists()
    assert not drop_stale_kernels(package)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_package_that_cannot_be_written_is_left_alone(package):
    (package / "inner.py").write_text("from numba import vectorize\n")
    (package / "__pycache__").chmod(0o500)
    assert not drop_stale_kernels(package)


@pytest.fixture
def installed(no_folder_stated, tmp_path, monkeypatch):
    """A package that its user cannot write to, and a folder of temporary files."""
    package = tmp_path / "package"
    package.mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != package and may(path, mode))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / ".cache"))
    return package


def test_kernels_of_a_package_that_cannot_be_written_lie_in_the_caches(installed, tmp_path):
    folder = place_kernels(installed)
    assert folder.parent == tmp_path / "home" / ".cache" and folder.stat().st_mode & 0o777 == 0o700
    assert os.environ["NUMBA_CACHE_DIR"] == str(folder)
    assert place_kernels(installed) is None  # stated now


def test_kernels_lie_with_temporary_files_under_a_home_that_cannot_be_written(installed, tmp_path):
    (tmp_path / "home").write_text("no folder")
    folder = place_kernels(installed)
    assert folder.parent == tmp_path / "temporary" and folder.is_dir()


@pytest.mark.attack
@pytest.mark.parametrize("trap", ["open", "link", "file"])
def test_kernels_are_not_taken_from_where_others_write(installed, tmp_path, trap):
    (tmp_path / "home").write_text("no folder")
    waiting = place_kernels(installed)
    del os.environ["NUMBA_CACHE_DIR"]
    if trap == "open":
        waiting.chmod(0o777)
    else:
        waiting.rmdir()
        waiting.symlink_to(tmp_path) if trap == "link" else waiting.write_text("")
    folder = place_kernels(installed)
    assert folder != waiting and folder.stat().st_mode & 0o777 == 0o700


def test_kernels_lie_next_to_their_source_where_they_can(no_folder_stated, tmp_path):
    assert place_kernels(tmp_path) is None and "NUMBA_CACHE_DIR" not in os.environ


def test_make_finds_caches_that_can_be_written(tmp_path):
    """Snakemake ends in a traceback without them."""
    (tmp_path / "home").write_text("no folder")
    makefile = tmp_path / "makefile"
    makefile.write_text(f"include {ROOT}/Makefile\nshow:\n\t@echo [$$XDG_CACHE_HOME]\n")
    for home, found in ((tmp_path / "home", f"[{ROOT}/.snakemake/cache]"), (tmp_path, "[]")):
        done = subprocess.run(
            ["make", "-s", "-C", ROOT, "-f", makefile, "show", "-o", ".venv/.installed"],
            env={"PATH": os.environ["PATH"], "HOME": str(home)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == found
