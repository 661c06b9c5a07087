"""Compiled kernels are dropped when the source of one of them changes."""

import os

import pytest

from landshift.runtime.compiled_cache import drop_stale_kernels


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
