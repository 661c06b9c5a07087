from itertools import pairwise

import numpy as np
import pytest
from scipy.special import logit

from landshift.mapping.classes import find_source_breaks, join_breaks
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target


def tune(source_models, target, prevalence, shots):
    taken = draw_shots(target.samples, region="cedar", seed=1, shots=shots)
    return fine_tune_target(source_models, taken, target.background, prevalence=prevalence, seed=7)


@pytest.fixture(scope="module")
def backgrounds(source_tables):
    return [table for _, table in source_tables[1].groupby("region")]


def test_a_source_is_parted_into_five_equal_areas(source_models, target, backgrounds):
    own = backgrounds[0]
    breaks = find_source_breaks(tune(source_models, target, 0.05, 5), [own])
    # the zero-shot map of the source itself
    zero_shot = fine_tune_target(
        source_models, target.samples.iloc[:0], own, prevalence=0.05, seed=7
    )
    values = own[list(zero_shot.factors)].to_numpy(np.float32)
    places = np.searchsorted(breaks, zero_shot.predict(values).probability)
    np.testing.assert_allclose(np.bincount(places) / len(own), 0.2, atol=2 / len(own))


def test_limits_know_the_sources_and_the_prevalence_alone(source_models, target, backgrounds):
    one = find_source_breaks(tune(source_models, target, 0.05, 5), backgrounds)
    assert one == find_source_breaks(tune(source_models, target, 0.05, 10), backgrounds)
    rare = find_source_breaks(tune(source_models, target, 0.01, 5), backgrounds)
    shift = logit(np.array(one)) - logit(np.array(rare))
    np.testing.assert_allclose(shift, logit(0.05) - logit(0.01))
    assert all(low < high for low, high in pairwise(one))


def test_sources_count_the_same():
    middle = join_breaks([[0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.4, 0.5]])
    expected = (logit([0.1, 0.2, 0.3, 0.4]) + logit([0.2, 0.3, 0.4, 0.5])) / 2
    np.testing.assert_allclose(logit(np.array(middle)), expected)
