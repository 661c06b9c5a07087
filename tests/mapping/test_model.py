"""A compiled model gives the numbers of the model it stands for."""

import os
import pickle
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from landshift.mapping.compiled.model import CompiledModel, compile_model
from landshift.mapping.predict import map_susceptibility
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.kernels import ResidualKernel


def tune(models, target, *, shots=10, family="ensemble"):
    drawn = draw_shots(target.samples, region="cedar", seed=1, shots=shots) if shots else None
    return fine_tune_target(
        models,
        target.samples.iloc[:0] if drawn is None else drawn,
        target.background,
        prevalence=0.05,
        seed=7,
        family=family,
    )


@pytest.fixture(scope="module")
def tuned(source_models, target):
    return tune(source_models, target)


@pytest.fixture(scope="module")
def values(tuned, target):
    own = target.background[list(tuned.factors)].to_numpy(np.float32)
    # far outside as well: normal scores and source scores reach their limits
    return np.concatenate([own, 10 * own, np.random.default_rng(2).normal(size=(77, own.shape[1]))])


def assert_same_numbers(found, expected):
    np.testing.assert_allclose(found.logit, expected.logit, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.sd, expected.sd, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.probability, expected.probability, rtol=0, atol=1e-7)


def assert_same_bytes(found, expected):
    assert list(found) == list(expected)
    for name in expected:
        assert found[name].to_numpy().tobytes() == expected[name].to_numpy().tobytes()


@pytest.mark.parametrize("family", ["ensemble", "rf", "lr", "xgb", "lgbm"])
@pytest.mark.parametrize("shots", [0, 5, 50])
def test_logit_and_uncertainty_equal_the_models(source_models, target, values, family, shots):
    model = tune(source_models, target, shots=shots, family=family)
    compiled = compile_model(model)
    assert isinstance(compiled, CompiledModel)
    assert compiled.factors == model.factors
    found, expected = compiled.predict(values), model.predict(values)
    assert_same_numbers(found, expected)


def test_cell_does_not_depend_on_the_cells_beside_it(tuned, values):
    compiled = compile_model(tuned)
    whole = compiled.predict(values)
    for start, stop in ((0, 1), (3, 68), (100, 311)):
        part = compiled.predict(values[start:stop])
        assert part.logit.tobytes() == whole.logit[start:stop].tobytes()
        assert part.sd.tobytes() == whole.sd[start:stop].tobytes()


class Rule:
    """A learner that the compiler does not know."""

    def logit(self, values):
        return values[:, 0].astype(float)


def test_model_with_an_unknown_learner_stays_as_it_is(tuned):
    score = tuned.source_score
    strange = replace(score.models[0], fitted={"raw": Rule(), "rank": Rule()})
    changed = replace(tuned, source_score=replace(score, models=(strange, *score.models[1:])))
    assert compile_model(changed) is changed


@dataclass(frozen=True)
class StretchedKernel(ResidualKernel):
    """A kernel that the compiler takes for the one it knows."""

    def covariance(self, left, right):
        return super().covariance(0.9 * left, 0.9 * right)


def test_model_whose_numbers_are_not_met_stays_as_it_is(tuned, caplog):
    changed = replace(tuned, kernel=StretchedKernel(tuned.kernel.weights))
    assert compile_model(changed) is changed
    assert "differs" in caplog.text


def test_any_other_model_stays_as_it_is():
    class Constant:
        factors = ("slope",)

    model = Constant()
    assert compile_model(model) is model


@pytest.fixture(scope="module")
def layers(tuned):
    grid = GeoBox.from_bbox((0, 0, 90, 160), "EPSG:32643", resolution=1)
    generator = np.random.default_rng(3)
    return xr.Dataset(
        {
            name: xr.DataArray(
                generator.normal(size=grid.shape).astype(np.float32),
                dims=("y", "x"),
                coords=xr_coords(grid),
            )
            for name in tuned.factors
        }
    )


@pytest.fixture(scope="module")
def whole(tuned, layers):
    return map_susceptibility(compile_model(tuned), layers)


def test_map_is_that_of_the_model_for_any_chunking(tuned, layers, whole):
    matrix = np.column_stack([layers[name].to_numpy().ravel() for name in tuned.factors])
    expected = tuned.predict(matrix)
    found = whole.susceptibility.to_numpy().ravel()
    np.testing.assert_allclose(found, expected.probability, rtol=0, atol=1e-6)
    np.testing.assert_allclose(whole.uncertainty.to_numpy().ravel(), expected.sd, rtol=0, atol=2e-6)
    cut = map_susceptibility(compile_model(tuned), layers.chunk(y=37, x=41))
    assert_same_bytes(cut.compute(num_workers=2), whole)


MAP_ON_ANOTHER_ARCHITECTURE = """
import pickle, platform, sys
import numba
platform.machine = lambda: "aarch64"
from landshift.mapping.compiled import additive, forests, loops
from landshift.mapping.compiled.model import CompiledModel, compile_model
from landshift.mapping.predict import map_susceptibility
assert (forests.find_leaves, additive.add_rows) == (loops.find_leaves, loops.add_rows)
with open(sys.argv[1], "rb") as file:
    tuned, layers = pickle.load(file)
compiled = compile_model(tuned)
assert isinstance(compiled, CompiledModel)
with open(sys.argv[2], "wb") as file:
    pickle.dump(map_susceptibility(compiled, layers), file)
"""


def test_map_by_plain_loops_is_the_same_bit_for_bit(tuned, layers, whole, tmp_path):
    inputs, output = tmp_path / "inputs", tmp_path / "output"
    inputs.write_bytes(pickle.dumps((tuned, layers)))
    # kernels of its own: those on disk are built of vectors
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    command = [sys.executable, "-c", MAP_ON_ANOTHER_ARCHITECTURE, inputs, output]
    subprocess.run(command, env=environment, check=True)
    assert_same_bytes(pickle.loads(output.read_bytes()), whole)
