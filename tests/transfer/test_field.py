"""The field that neighbouring labels share: where it is, and what it keeps from the map."""

import numpy as np
import pandas as pd
import pytest

from landshift.transfer.field import FIELD_VARIANCE, covary_by_place, scale_places
from landshift.transfer.residual import Member, fit_residual_mixture


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


def residual_of_alike_presences(places):
    """Learn from presences of the same factors at these places: their posterior logit."""
    count = len(places)
    alike = np.ones((count, count))
    member = Member(uses_source=False, strength=1.4)
    mixture = fit_residual_mixture(
        [member],
        np.zeros(count),
        alike,
        covary_by_place(places),
        np.ones(count, int),
        np.ones(count),
    )
    return float(mixture.mean(np.zeros(1), np.zeros(count), alike[:1])[0])


@pytest.mark.parametrize("count", [2, 5, 20])
def test_landslides_of_one_place_teach_less(count):
    clustered = np.zeros((count, 2))
    scattered = np.arange(count)[:, None] * np.array([[3.0, 0.0]])
    assert 0 < residual_of_alike_presences(clustered) < residual_of_alike_presences(scattered)
