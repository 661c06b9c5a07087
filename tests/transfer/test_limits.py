"""What must not matter to a transferred map, and what happens without any adaptation."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.mixture import ZERO_SHOT_MEMBERS, fit_residual_mixture
from landshift.transfer.pretraining import pretrain_sources

FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]
LEARNERS = ("lr", "rf")

# Powers of two scale floating-point numbers without rounding.
SCALES = {"curvature": 2.0**10, "noise": 2.0**-8, "relief": 4.0, "slope": 0.25, "wetness": 2.0**20}


def values_of(table, factors=FACTORS):
    return table[factors].to_numpy(np.float32)


def map_target(samples, background, target, *, scales=None):
    """Pre-train, fine-tune and predict the target's samples."""
    tables = [samples, background, target.samples, target.background]
    if scales is not None:
        tables = [table.assign(**{n: table[n] * s for n, s in scales.items()}) for table in tables]
    samples, background, own, unlabelled = tables
    models = [pretrain_sources(samples, background, learner=name, seed=3) for name in LEARNERS]
    shots = draw_shots(own, region="cedar", seed=1, shots=10)
    model = fine_tune_target(models, shots, unlabelled, prevalence=0.05, seed=7)
    return model.predict(values_of(own, list(model.factors)))


@pytest.fixture(scope="module")
def expected(source_tables, target):
    return map_target(*source_tables, target)


def assert_same(found, expected):
    np.testing.assert_allclose(found.logit, expected.logit, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.sd, expected.sd, rtol=0, atol=1e-9)


def test_labels_without_weight_leave_zero_shot(source_models, target):
    zero_shot = fine_tune_target(
        source_models, target.samples.iloc[:0], target.background, prevalence=0.5, seed=7
    )
    labelled = target.samples.iloc[:60]
    score, ranks = zero_shot.source_score.apply(values_of(labelled))
    kernel = zero_shot.kernel.covariance(ranks, ranks)
    mixture = fit_residual_mixture(
        ZERO_SHOT_MEMBERS, score, kernel, labelled["presence"].to_numpy(), np.zeros(60)
    )
    queries = values_of(target.samples.iloc[60:])
    query_score, query_ranks = zero_shot.source_score.apply(queries)
    logits = mixture.mean(query_score, score, zero_shot.kernel.covariance(query_ranks, ranks))
    expected = zero_shot.predict(queries).probability
    np.testing.assert_allclose(expit(logits), expected, rtol=0, atol=1e-9)


def test_units_do_not_matter(source_tables, target, expected):
    assert_same(map_target(*source_tables, target, scales=SCALES), expected)


def test_order_of_factors_does_not_matter(source_tables, target, expected):
    samples, background = source_tables
    keys = ["region", "x", "y", "block"]
    backwards = FACTORS[::-1]
    found = map_target(
        samples[[*keys, "presence", *backwards]], background[[*keys, *backwards]], target
    )
    assert_same(found, expected)


def test_order_of_sources_does_not_matter(source_tables, target, expected):
    backwards = [
        pd.concat([own for _, own in list(table.groupby("region"))[::-1]])
        for table in source_tables
    ]
    assert_same(map_target(*backwards, target), expected)
