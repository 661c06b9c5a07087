"""Screening of factors: inflation and effects by hand, flips, distances."""

import numpy as np
import pandas as pd
import pytest

from landshift.sampling.selection import (
    drop_inflated,
    measure_distances,
    measure_inflation,
    screen_factors,
)


@pytest.fixture
def samples():
    """Two regions; aspect turns its effect around, the sum repeats slope and wetness."""
    generator = np.random.default_rng(5)
    slope, wetness, aspect = generator.normal(size=(3, 800))
    region = np.repeat(["alder", "birch"], 400)
    turned = np.where(region == "alder", 1, -1)
    logit = 1.5 * slope + turned * 1.5 * aspect
    return pd.DataFrame(
        {
            "region": region,
            "presence": (generator.logistic(size=800) < logit).astype(int),
            "slope": slope,
            "wetness": wetness,
            "aspect": aspect,
            "sum": slope + wetness,
            "steepness": np.exp(slope) + 0.1 * generator.normal(size=800),
        }
    )


FACTORS = ["slope", "wetness", "aspect", "sum", "steepness"]


def test_inflation_of_two_factors_by_hand():
    found = measure_inflation(np.array([[1, 0.6], [0.6, 1]]))
    np.testing.assert_allclose(found, 1 / (1 - 0.36))


def test_a_flipped_effect_is_found(samples):
    table = screen_factors(samples, FACTORS).set_index("factor")
    assert table.index[table["flips"]].tolist() == ["aspect"]
    assert table.loc["aspect", "effect_alder"] > 0.4 > -0.4 > table.loc["aspect", "effect_birch"]
    assert table.loc["aspect", "spread"] > 3 * table.loc["slope", "spread"]


def test_effect_by_hand():
    table = pd.DataFrame({"region": "alder", "presence": [1, 1, 0, 0], "slope": [1.0, 4, 2, 3]})
    # of four pairs the presence is higher in two
    assert screen_factors(table, ["slope"])["effect_alder"].tolist() == [0]
    table["slope"] = [3.0, 4, 1, 2]
    assert screen_factors(table, ["slope"])["effect_alder"].tolist() == [1]


def test_correlated_factors_share_a_cluster(samples):
    cluster = screen_factors(samples, FACTORS).set_index("factor")["cluster"]
    assert cluster["slope"] == cluster["steepness"]
    assert cluster["aspect"] not in (cluster["slope"], cluster["wetness"])


def test_inflated_factors_are_dropped_until_none_is_left(samples):
    kept = drop_inflated(samples, FACTORS, limit=3)
    assert "aspect" in kept
    assert len(kept) == 3
    assert drop_inflated(samples, FACTORS, limit=1e9) == FACTORS


def test_distance_of_a_shifted_target(samples):
    target = samples[samples["region"] == "alder"].assign(slope=lambda table: table["slope"] + 2)
    found = measure_distances(target, samples, ["slope", "aspect"]).set_index("source")
    assert found.loc["alder", "distance"] == pytest.approx(1 / samples["slope"].std())
    assert found.loc["alder", "farthest"] == "slope"
    assert found.loc["birch", "distance"] > found.loc["alder", "distance"] * 0.8
