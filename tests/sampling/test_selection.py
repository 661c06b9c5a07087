"""Factors are dropped when they repeat another one or do not vary, in order of preference."""

import numpy as np
import pandas as pd
import pytest

from landshift.sampling.selection import select_factors


@pytest.fixture
def samples():
    generator = np.random.default_rng(4)
    slope = generator.normal(size=400)
    return pd.DataFrame(
        {
            "region": np.repeat(["alder", "birch"], 200),
            "presence": generator.integers(0, 2, 400),
            "slope": slope,
            "steepness": np.exp(slope),
            "flatness": -slope,
            "relief": slope + generator.normal(size=400),
            "constant": 3.0,
        }
    )


def test_monotone_copies_are_dropped_in_either_sense(samples):
    candidates = ["slope", "steepness", "flatness", "relief"]
    assert select_factors(samples, candidates=candidates) == ["slope", "relief"]


def test_the_first_of_two_copies_stays(samples):
    candidates = ["relief", "flatness", "slope"]
    assert select_factors(samples, candidates=candidates) == ["relief", "flatness"]


def test_a_lower_limit_drops_more(samples):
    candidates = ["slope", "relief"]
    assert select_factors(samples, candidates=candidates, max_correlation=0.5) == ["slope"]
    assert select_factors(samples, candidates=candidates, max_correlation=0.9) == candidates


def test_factors_that_never_vary_are_dropped(samples):
    assert select_factors(samples, candidates=["constant", "slope"]) == ["slope"]


def test_a_factor_that_varies_in_one_source_stays(samples):
    samples["rain"] = np.where(samples["region"] == "alder", 1.0, samples["relief"] ** 2)
    assert select_factors(samples, candidates=["slope", "rain"]) == ["slope", "rain"]


def test_a_factor_that_only_differs_between_sources_is_dropped(samples):
    samples["climate"] = np.where(samples["region"] == "alder", 1.0, 2.0)
    assert select_factors(samples, candidates=["slope", "climate"]) == ["slope"]


def test_a_factor_that_a_source_lacks_is_dropped(samples):
    samples["faults"] = np.where(samples["region"] == "alder", np.nan, samples["relief"])
    candidates = ["slope", "faults", "nowhere"]
    assert select_factors(samples, candidates=candidates) == ["slope"]


def test_copies_within_regions_are_found_across_a_shift(samples):
    # pooled raw values would hide the copy behind the difference in level
    samples["shifted"] = samples["slope"] + np.where(samples["region"] == "alder", 0, 100)
    assert select_factors(samples, candidates=["slope", "shifted"]) == ["slope"]


def test_labels_do_not_matter(samples):
    candidates = ["slope", "relief", "flatness"]
    swapped = samples.assign(presence=1 - samples["presence"])
    assert select_factors(samples, candidates=candidates) == select_factors(
        swapped, candidates=candidates
    )


def test_nothing_in_common_is_an_error(samples):
    with pytest.raises(ValueError, match=r"no varying factor in common among \['constant'\]"):
        select_factors(samples, candidates=["constant"])
