"""A script's main gets what its rule has under the same names."""

from types import SimpleNamespace

import pytest
from snakemake.iocontainers import InputFiles, OutputFiles, Params, Wildcards

from landshift.runtime.jobs import call_main


@pytest.fixture
def job():
    return SimpleNamespace(
        input=InputFiles(fromdict={"dem": "dem.tif", "factors": ["a.tif"], "table": "old.csv"}),
        output=OutputFiles(fromdict={"table": "new.csv"}),
        params=Params(fromdict={"seed": 7, "own": {"units": "m"}}),
        wildcards=Wildcards(fromdict={"target": "birch"}),
    )


def test_main_gets_files_values_and_wildcards_by_name(job):
    given = {}

    def main(*, target, factors, dem, seed, own, grid):
        given.update(target=target, factors=factors, dem=dem, seed=seed, own=own, grid=grid)

    call_main(main, job, grid=30)
    assert given == {
        "target": "birch", "factors": ["a.tif"], "dem": "dem.tif", "seed": 7,
        "own": {"units": "m"}, "grid": 30,
    }  # fmt: skip
    assert type(given["factors"]) is list


def test_a_name_must_stand_for_one_thing(job):
    def ambiguous(*, table):
        raise AssertionError

    def unknown(*, chart):
        raise AssertionError

    with pytest.raises(TypeError, match="2 things named 'table'"):
        call_main(ambiguous, job)
    with pytest.raises(TypeError, match="0 things named 'chart'"):
        call_main(unknown, job)
