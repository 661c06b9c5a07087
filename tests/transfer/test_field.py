"""The field that neighbouring labels share: where it is, and what it keeps from the map."""

import numpy as np
import pandas as pd
import pytest

from landshift.shots import draw_shots
from landshift.transfer import fine_tune_target
from landshift.transfer.field import FIELD_VARIANCE, covary_by_place, scale_places


@pytest.fixture
def region():
    """A region of 4 km by 1 km, as large as a square of 2 km."""
    return pd.DataFrame({"x": [500_000.0, 504_000.0], "y": [80_000.0, 81_000.0]})


def test_places_are_in_edges_of_a_square_as_large_as_the_region(region):
    cells = pd.DataFrame({"x": [500_000.0, 501_000.0], "y": [80_000.0, 81_000.0]})
    np.testing.assert_allclose(scale_places(cells, region), [[0, 0], [0.5, 0.5]], atol=1e-12)


def test_cells_share_the_field_by_their_distance():
    places = np.array([[0.0, 0.0], [0.0, 0.2], [0.0, 2.0]])
    expected = FIELD_VARIANCE * np.array([[1, np.exp(-0.5), 0], [np.exp(-0.5), 1, 0], [0, 0, 1]])
    np.testing.assert_allclose(covary_by_place(places), expected, atol=1e-12)


def test_all_cells_in_one_place_make_no_region():
    one = pd.DataFrame({"x": [1.0, 1.0], "y": [2.0, 2.0]})
    assert (scale_places(one, one) == 0).all()


def gather_at_one_place(shots):
    """Move the presences to where the first of them is."""
    first = shots.loc[shots["presence"] == 1, ["x", "y"]].iloc[0]
    moved = shots.copy()
    moved.loc[moved["presence"] == 1, ["x", "y"]] = first.to_numpy()
    return moved


@pytest.mark.parametrize("seed", range(3))
def test_landslides_of_one_place_move_the_map_less(seed, source_models, target):
    shots = draw_shots(target.samples, region="cedar", seed=seed, shots=20)
    values = target.samples[["curvature", "noise", "relief", "slope", "wetness"]].to_numpy()

    def change(taken):
        tuned, before = (
            fine_tune_target(source_models, some, target.background, prevalence=0.1, seed=7)
            for some in (taken, taken.iloc[:0])
        )
        return np.std(tuned.predict(values).logit - before.predict(values).logit)

    assert change(gather_at_one_place(shots)) < change(shots)
