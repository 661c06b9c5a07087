"""Differences between results: exact for maps whose change is known."""

import numpy as np
import pandas as pd
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros

from landshift.__main__ import main
from landshift.geodata.cog import write_cog
from landshift.geodata.raster import open_raster, wrap_like
from landshift.report.differences import compare_results, summarise_change, tabulate_classes

GRID = GeoBox.from_bbox((0, 0, 18_000, 18_000), crs="EPSG:32632", resolution=30)


def wrap(values, name="susceptibility"):
    return wrap_like(values, xr_zeros(GRID, dtype=values.dtype), name=name, units="1", long_name="")


@pytest.fixture
def before():
    return np.random.default_rng(4).uniform(0, 0.5, GRID.shape).astype(np.float32)


def write_results(folder, target, values, classes):
    write_cog(wrap(values), folder / "targets" / target / "susceptibility.tif")
    codes = wrap(classes, "classes")
    codes.attrs["nodata"] = 0
    write_cog(codes, folder / "targets" / target / "classes.tif")


def test_same_map_does_not_differ(before):
    change = summarise_change(wrap(before), wrap(before))
    assert change["correlation"] == pytest.approx(1)
    assert change["cells"] == before.size
    assert change["mean_absolute_difference"] == change["largest_difference"] == 0


def test_numbers_equal_those_of_whole_arrays(before):
    after = (before**2).astype(np.float32)
    after[:7] = np.nan
    change = summarise_change(wrap(before), wrap(after))
    old, new = before[7:].astype(float).ravel(), after[7:].astype(float).ravel()
    assert change["cells"] == old.size
    assert (change["cells_gained"], change["cells_lost"]) == (0, 7 * GRID.width)
    assert change["correlation"] == pytest.approx(np.corrcoef(old, new)[0, 1])
    assert change["mean_difference"] == pytest.approx((new - old).mean())
    assert change["largest_difference"] == pytest.approx(np.abs(new - old).max())


def test_constant_map_has_no_correlation(before):
    assert np.isnan(summarise_change(wrap(before), wrap(np.zeros_like(before)))["correlation"])


def test_areas_of_classes_are_counted():
    old = np.full(GRID.shape, 2, np.uint8)
    new = old.copy()
    new[:100] = 5
    new[-1] = 0
    table = tabulate_classes(wrap(old), wrap(new)).set_index("class")
    row = GRID.width * 900 / 1e6
    assert table["before_km2"].to_dict() == pytest.approx({1: 0, 2: 600 * row, 3: 0, 4: 0, 5: 0})
    assert table["after_km2"].to_dict() == pytest.approx(
        {1: 0, 2: 499 * row, 3: 0, 4: 0, 5: 100 * row}
    )
    assert table.loc[2, "stayed_km2"] == pytest.approx(499 * row)


def test_command_writes_maps_and_tables(before, tmp_path, capsys):
    classes = np.ones(GRID.shape, np.uint8)
    for folder, values in (("old", before), ("new", before + np.float32(0.25))):
        write_results(tmp_path / folder, "birch", values, classes)
    write_results(tmp_path / "new", "cedar", before, classes)
    arguments = [str(tmp_path / name) for name in ("old", "new")]
    assert main(["diff", *arguments, "--output", str(tmp_path / "diff")]) == 0
    told = capsys.readouterr().out
    assert "birch" in told and told.endswith(f"written to {tmp_path / 'diff'}\n")
    assert main(["diff", *arguments]) == 0
    assert capsys.readouterr().out.endswith(f"written to {tmp_path / 'new' / 'diff'}\n")
    written = open_raster(tmp_path / "diff" / "birch" / "difference.tif")
    np.testing.assert_allclose(written, 0.25, atol=1e-7)
    assert list(pd.read_csv(tmp_path / "diff" / "summary.csv")["target"]) == ["birch"]
    assert len(pd.read_csv(tmp_path / "diff" / "birch" / "classes.csv")) == 5


def test_other_grid_and_other_targets_are_left_out(before, tmp_path, caplog):
    classes = np.ones(GRID.shape, np.uint8)
    write_results(tmp_path / "old", "birch", before, classes)
    write_results(tmp_path / "new", "cedar", before, classes)
    table = compare_results(tmp_path / "old", tmp_path / "new", tmp_path / "diff")
    assert table.empty and list(table)[:2] == ["target", "cells"]
    assert "birch is only in" in caplog.text and "cedar is only in" in caplog.text
    shifted = wrap(before).assign_coords(x=wrap(before).x + 30)
    write_cog(shifted, tmp_path / "new" / "targets" / "birch" / "susceptibility.tif")
    assert compare_results(tmp_path / "old", tmp_path / "new", tmp_path / "diff").empty
    assert "birch: its map lies on another grid" in caplog.text
    assert len(pd.read_csv(tmp_path / "diff" / "summary.csv")) == 0


def test_a_folder_without_maps_is_refused(before, tmp_path, capsys):
    write_results(tmp_path / "old", "birch", before, np.ones(GRID.shape, np.uint8))
    (tmp_path / "none").mkdir()
    assert main(["diff", str(tmp_path / "old"), str(tmp_path / "none")]) == 1
    assert "none has no targets/*/susceptibility.tif" in capsys.readouterr().err


def test_command_names_what_an_unfinished_study_lacks(before, tmp_path, capsys):
    for name in ("old", "new"):
        write_results(tmp_path / name, "birch", before, np.ones(GRID.shape, np.uint8))
    (tmp_path / "new" / "targets" / "birch" / "classes.tif").unlink()
    assert main(["diff", str(tmp_path / "old"), str(tmp_path / "new")]) == 1
    assert "new: the study is not finished, it lacks targets/birch/classes.tif" in (
        capsys.readouterr().err
    )
