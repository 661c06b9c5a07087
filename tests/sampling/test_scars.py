import numpy as np
import pandas as pd
import pytest

from landshift.sampling.scars import ALIKE, CURVATURE, measure_scars


def draw(count, *, seed, shift=0.0):
    generator = np.random.default_rng(seed)
    wide = generator.normal(size=(count, len(ALIKE)))
    # concave where the wider shape is, by a cell's own share
    own = 0.8 * wide[:, 2] + generator.normal(size=count) + shift
    return pd.DataFrame(np.column_stack([own, wide]), columns=[CURVATURE, *ALIKE])


def test_landslides_like_other_cells_have_an_index_of_half():
    index = measure_scars(draw(400, seed=1).assign(presence=1), draw(4000, seed=2))
    assert index.value == pytest.approx(0.5, abs=2.5 * index.error)
    assert index.error == pytest.approx(np.sqrt(1 / 12 / 400), rel=0.1)
    assert index.landslides == 400 and not index.is_sharp


def test_scars_are_sharper_than_hollows_of_their_kind():
    # a normal variable is below one that lies two standard deviations lower with this chance
    expected = 0.0786
    index = measure_scars(draw(400, seed=1, shift=-2).assign(presence=1), draw(4000, seed=2))
    assert index.value == pytest.approx(expected, abs=0.03) and index.is_sharp


def test_wide_hollows_alone_are_no_scars():
    samples = draw(4000, seed=1)
    samples = samples[samples[ALIKE[2]].between(-1.5, -0.5)].assign(presence=1)
    index = measure_scars(samples, draw(40000, seed=2))
    assert index.value == pytest.approx(0.5, abs=0.03)


def test_values_at_sub_cells_count_where_there_are_any():
    samples = draw(100, seed=1).assign(presence=1)
    background = draw(1000, seed=2)
    finer = [
        table.assign(**{f"{name}_subcell": table[name] for name in (CURVATURE, *ALIKE)})
        for table in (samples, background)
    ]
    finer[0][f"{CURVATURE}_subcell"] -= 5
    assert measure_scars(*finer).value < 0.02 < measure_scars(samples, background).value


def test_absences_are_no_landslides_and_few_say_nothing():
    samples = draw(100, seed=1).assign(presence=0)
    samples.loc[:18, "presence"] = 1
    assert measure_scars(samples, draw(1000, seed=2)) is None
    samples.loc[:19, "presence"] = 1
    assert measure_scars(samples, draw(1000, seed=2)).landslides == 20
    assert measure_scars(samples.drop(columns="slope"), draw(1000, seed=2)) is None
