"""The error of a score: nothing where it is right, its variance where places depart from it."""

import numpy as np
import pytest

from landshift.transfer.mixture import PRIOR_SLOPE
from landshift.transfer.score_error import measure_score_error

CELLS, SEEN, LANDSLIDES = 100_000, 4000, 1200


@pytest.fixture
def region():
    """All cells of a region, whose first factor is the score; the first of them are background."""
    generator = np.random.default_rng(1)
    return generator, generator.normal(size=(CELLS, 2))


def measure(generator, cells, factor=1.0):
    """Error of the score where the true rate is the expected one times a factor."""
    rate = np.exp(PRIOR_SLOPE * cells[:, 0]) * factor
    landslides = cells[generator.choice(CELLS, LANDSLIDES, p=rate / rate.sum())]
    # neither level nor scale of the score matters
    return measure_score_error(5 * cells[:SEEN, 0] - 2, cells[:SEEN], landslides, seed=0)


def test_a_right_score_does_not_err(region):
    assert measure(*region) == pytest.approx(0, abs=0.06)


@pytest.mark.parametrize("departure", [0.5, 0.8])
def test_places_that_depart_from_the_score_are_seen(region, departure):
    generator, cells = region
    # one half fails more, the other less often than the score says
    factor = 1 + departure * np.sign(cells[:, 1])
    assert measure(generator, cells, factor) == pytest.approx(departure**2, abs=0.15)


def test_the_order_of_cells_does_not_matter(region):
    generator, cells = region
    seen, landslides = cells[:500], cells[500:560]
    order = generator.permutation(500)
    first = measure_score_error(seen[:, 0], seen, landslides, seed=3)
    assert measure_score_error(seen[order, 0], seen[order], landslides[::-1], seed=3) == first


def test_a_score_without_any_spread_and_few_landslides(region):
    _, cells = region
    assert np.isfinite(measure_score_error(np.zeros(30), cells[:30], cells[30:32], seed=0))
