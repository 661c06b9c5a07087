"""Tabulated terms give the functionals of the terms themselves."""

from types import SimpleNamespace

import numpy as np
import pytest

from landshift.mapping.compiled.additive import Term, interpolate_terms, tabulate_terms
from landshift.mapping.compiled.intervals import LANES


@pytest.mark.parametrize("counts", [(1,), (16, 17), (3, 33, 1)])
def test_any_number_of_classes(counts):
    generator = np.random.default_rng(len(counts))
    labels = 40
    tables = [generator.normal(size=(count, labels)) for count in counts]
    functionals = SimpleNamespace(root=np.eye(labels), weights=generator.normal(size=(5, labels)))
    terms = [
        Term(
            factor,
            lambda values, table=table: table[values.astype(int)],
            labels=generator.integers(0, len(table), labels),
            classes=np.arange(len(table)),
        )
        for factor, table in enumerate(tables)
    ]
    additive = tabulate_terms(terms, functionals)
    cells = np.array([generator.integers(0, count, LANES) for count in counts])
    linear = np.zeros((LANES, additive.arrays.linear.shape[1]))
    inputs = np.full((additive.projection.shape[1], LANES), np.nan, np.float32)
    assert len(inputs) == sum(counts)
    interpolate_terms(
        additive.arrays, cells.ravel().astype(float), np.empty(LANES, np.int64),
        np.empty((4, LANES)), linear, inputs.ravel(),
    )  # fmt: skip
    kernel = sum(table[own] for table, own in zip(tables, cells, strict=True))
    np.testing.assert_allclose(linear[:, :5], kernel @ functionals.weights.T, atol=1e-10)
    means = sum(table[term.labels].mean(axis=0) for table, term in zip(tables, terms, strict=True))
    np.testing.assert_allclose(additive.centre, means, atol=1e-12)
    np.testing.assert_allclose(additive.projection @ inputs, (kernel - means).T, atol=1e-5)
