"""Models with class factors and with factors of the target alone are compiled as well."""

import logging

import numpy as np
import pytest

from landshift.mapping.compiled.model import CompiledModel, compile_model
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.pretraining import pretrain_sources

SHARED = {"soil": "fao"}
CODES = {"soil": [1, 2, 7, 30], "geology": [3, 4, 11], "cover": [0, 10, 200]}
OWN = {
    "none": {},
    "measured": {"target_factors": ["faults"]},
    "classes": {"target_classes": ["geology", "cover"]},
    "both": {"target_factors": ["faults", "roads"], "target_classes": ["geology", "cover"]},
}


def add_factors(table, *, seed):
    """Give every cell classes and distances; many cells share the distance at the cap."""
    generator = np.random.default_rng(seed)
    columns = {name: generator.choice(codes, len(table)) for name, codes in CODES.items()}
    for name in ("faults", "roads"):
        columns[name] = np.minimum(generator.exponential(1000, len(table)), 1500)
    return table.assign(**{name: values.astype(np.float32) for name, values in columns.items()})


@pytest.fixture(scope="module")
def scored_models(source_tables):
    own = ["faults", "roads", "geology", "cover"]
    samples, background = (add_factors(table, seed=1).drop(columns=own) for table in source_tables)
    return [
        pretrain_sources(samples, background, learner=learner, seed=42, legends=SHARED)
        for learner in ("lr", "rf", "xgb", "lgbm")
    ]


@pytest.fixture(scope="module")
def background(target):
    return add_factors(target.background, seed=2)


@pytest.fixture(scope="module")
def shots(target):
    samples = add_factors(target.samples, seed=3)
    return draw_shots(samples, region="cedar", seed=1, shots=20)


def tune(models, shots, background, own):
    return fine_tune_target(models, shots, background, prevalence=0.05, seed=7, **OWN[own])


def draw_values(model, background):
    """Cells of the background, and cells far outside with classes that no label has."""
    known = background[list(model.factors)].to_numpy(np.float32)
    unknown = known.copy()
    for column, name in enumerate(model.factors):
        if name in CODES:
            unknown[::2, column] = np.random.default_rng(4).choice([-1, 5, 8, 255])
        else:
            unknown[:, column] *= 10
    return np.concatenate([known, unknown])


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("scored", [False, True])
def test_numbers_equal_the_models(
    source_models, scored_models, shots, background, own, scored, caplog
):
    model = tune(scored_models if scored else source_models, shots, background, own)
    with caplog.at_level(logging.WARNING):
        compiled = compile_model(model)
    assert isinstance(compiled, CompiledModel), caplog.text
    assert compiled.factors == model.factors
    values = draw_values(model, background)
    given = values.copy()
    found, expected = compiled.predict(values), model.predict(values)
    np.testing.assert_array_equal(values, given)
    np.testing.assert_allclose(found.logit, expected.logit, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.sd, expected.sd, rtol=0, atol=1e-6)
    part = compiled.predict(values[5:70])
    assert part.logit.tobytes() == found.logit[5:70].tobytes()
    assert part.sd.tobytes() == found.sd[5:70].tobytes()


def test_single_class_and_no_shots(scored_models, shots, background):
    constant = background.assign(geology=np.float32(3))
    model = tune(scored_models, shots.iloc[:0], constant, "classes")
    compiled = compile_model(model)
    assert isinstance(compiled, CompiledModel)
    values = draw_values(model, background)
    found, expected = compiled.predict(values), model.predict(values)
    np.testing.assert_allclose(found.logit, expected.logit, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.sd, expected.sd, rtol=0, atol=1e-6)
