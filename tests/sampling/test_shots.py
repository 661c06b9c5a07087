"""Shots are nested, balanced, and leave the other landslides for scoring."""

import numpy as np
import pandas as pd
import pytest

from landshift.sampling.shots import MOST_SHOTS, draw_shots, split_landslides


def make_samples(presences: int, absences: int) -> pd.DataFrame:
    cells = np.arange(presences + absences, dtype=float)
    labels = np.repeat([1, 0], [presences, absences])
    return pd.DataFrame({"x": 30 * cells, "y": -30 * cells, "presence": labels})


def test_few_shots_are_part_of_more():
    samples = make_samples(20, 100)
    few = draw_shots(samples, region="alder", seed=1, shots=5)
    many = draw_shots(samples, region="alder", seed=1, shots=10)
    assert set(few.index) <= set(many.index)
    assert many["presence"].value_counts().to_dict() == {1: 10, 0: 10}


def test_seed_and_region_decide():
    samples = make_samples(20, 100)
    drawn = draw_shots(samples, region="alder", seed=1, shots=5)
    assert drawn.equals(draw_shots(samples, region="alder", seed=1, shots=5))
    assert not drawn.equals(draw_shots(samples, region="birch", seed=1, shots=5))


@pytest.mark.parametrize(("presences", "taken"), [(20, 20), (MOST_SHOTS + 50, MOST_SHOTS)])
def test_without_a_number_all_are_taken_up_to_a_limit(presences, taken):
    drawn = draw_shots(make_samples(presences, 1000), region="alder", seed=1)
    assert drawn["presence"].sum() == taken


def test_too_many_shots_name_the_key():
    with pytest.raises(ValueError, match=r"regions\.alder\.shots: 30 .* 20 are left"):
        draw_shots(make_samples(20, 100), region="alder", seed=1, shots=30)


def test_landslides_split_into_used_and_held_out():
    samples = make_samples(20, 100)
    shots = draw_shots(samples, region="alder", seed=1, shots=5)
    used, held_out = split_landslides(samples, shots, crs="EPSG:32632")
    assert len(used) == 5 and len(held_out) == 15
    assert set(used.geometry.x) == set(shots.loc[shots["presence"] == 1, "x"])
    assert not set(used.geometry.x) & set(held_out.geometry.x)
