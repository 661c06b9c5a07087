"""Virtual targets: shifts are spread evenly, regions are repeatable, coverage is counted right."""

import numpy as np
import pandas as pd
import pytest

from landshift.evaluation.benchmark import virtual_study
from landshift.evaluation.benchmark.virtual_study import (
    Shift,
    draw_shifts,
    make_region,
    measure_coverage,
    settle_region,
    split_by_shift,
    summarise_coverage,
)
from landshift.transfer.pretraining import pretrain_sources


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(virtual_study, "SIZE", 64)
    monkeypatch.setattr(virtual_study, "LANDSLIDES", 60)
    monkeypatch.setattr(virtual_study, "BACKGROUND_CELLS", 200)


def test_shifts_are_spread_evenly():
    shifts = draw_shifts(24, seed=3)
    for kind in ("covariate", "concept"):
        sizes = sorted(getattr(shift, kind) for shift in shifts.values())
        np.testing.assert_allclose(np.diff(sizes), 1 / 24)
    assert draw_shifts(24, seed=3) == shifts
    assert draw_shifts(24, seed=4) != shifts


def test_groups_halve_the_targets():
    groups = split_by_shift(draw_shifts(24, seed=3))
    assert {name: len(targets) for name, targets in groups.items()} == {
        "all": 24,
        "small covariate shift": 12,
        "large covariate shift": 12,
        "small concept shift": 12,
        "large concept shift": 12,
    }


def test_a_shift_changes_what_it_says():
    still, moved, turned = (
        settle_region("alder", shift, seed=1) for shift in (Shift(0, 0), Shift(1, 0), Shift(0, 1))
    )
    terrain = {"relief_m", "incision", "hillslope_length_m"}
    ground = {"rainfall_mm", "soil_depth_m", "cohesion_kpa", "dip_direction_degree"}
    assert {key for key in still if still[key] != moved[key]} == terrain
    assert {key for key in still if still[key] != turned[key]} == ground


def test_coverage_of_the_truth(small):
    source, target = (make_region(name, Shift(0, 0), seed=1) for name in ("alder", "birch"))
    tables = source.tables
    models = [pretrain_sources(tables.samples, tables.background, learner="lr", seed=1)]
    found = measure_coverage("birch", target, models, shots=[2, 5], draws=2, seed=1)
    assert found[["shots", "draw"]].to_numpy().tolist() == [[2, 0], [5, 0], [2, 1], [5, 1]]
    total = found["coverage"] + found["below"] + found["above"]
    np.testing.assert_allclose(total, 1)
    assert len(target.true_probability) == len(target.tables.background) == 200
    again = make_region("birch", Shift(0, 0), seed=1)
    pd.testing.assert_frame_equal(again.tables.samples, target.tables.samples)


def test_summary_of_the_coverage():
    rows = [("a", 5, 0, 0.9), ("a", 5, 1, 0.7), ("b", 5, 0, 0.4), ("b", 5, 1, 0.4)]
    table = pd.DataFrame(rows, columns=["target", "shots", "draw", "coverage"])
    table = table.assign(below=1 - table["coverage"], above=0.0)
    found = summarise_coverage(table).iloc[0]
    assert found["shots"] == 5 and found["above"] == 0
    assert found["coverage"] == pytest.approx(0.6) and found["below"] == pytest.approx(0.4)
    assert found["lowest"] == pytest.approx(0.4) and found["highest"] == pytest.approx(0.8)
