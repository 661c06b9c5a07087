"""A published table, reproduced: the landslides of southern Ecuador.

Lovelace, Nowosad and Muenchow, *Geocomputation with R*, chapter 12: a logistic regression on five
terrain factors has a mean AUROC of 0.773 in five-fold spatial cross-validation by k-means on the
coordinates, repeated a hundred times, and of 0.810 in random cross-validation.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from landshift.sampling.spatial_blocks import assign_blocks

MIRROR = Path(os.environ.get("LANDSHIFT_MIRROR", Path(__file__).parents[3] / "shared/data"))
FILE = MIRROR / "ecuador_rbsf" / "lsl_350.csv"
FACTORS = ["slope", "cplan", "cprof", "elev", "log10_carea"]
FOLDS, REPEATS = 5, 100

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason=f"needs {FILE.name} of southern Ecuador"),
]


@pytest.fixture(scope="module")
def samples():
    return pd.read_csv(FILE)


def cross_validate(samples, assign_folds):
    """Mean AUROC over all folds of all repetitions."""
    values = samples[FACTORS]
    values = ((values - values.mean()) / values.std()).to_numpy()
    labels = samples["lslpts"].to_numpy()
    scores = []
    for repeat in range(REPEATS):
        folds = assign_folds(repeat)
        for fold in range(FOLDS):
            held_out = folds == fold
            # next to no penalty: a generalised linear model
            model = LogisticRegression(C=1e6, max_iter=1000)
            model.fit(values[~held_out], labels[~held_out])
            predicted = model.decision_function(values[held_out])
            scores.append(roc_auc_score(labels[held_out], predicted))
    return np.mean(scores)


def test_spatial_cross_validation(samples):
    found = cross_validate(samples, lambda repeat: assign_blocks(samples, FOLDS, repeat))
    assert found == pytest.approx(0.773, abs=0.006)


def test_random_cross_validation(samples):
    def assign(repeat):
        return np.random.default_rng(repeat).permutation(len(samples)) % FOLDS

    assert cross_validate(samples, assign) == pytest.approx(0.810, abs=0.006)
