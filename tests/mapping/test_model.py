"""A compiled model gives the numbers of the model it stands for."""

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


def test_map_is_that_of_the_model_for_any_chunking(tuned, target):
    grid = GeoBox.from_bbox((0, 0, 90, 160), "EPSG:32643", resolution=1)
    generator = np.random.default_rng(3)
    layers = xr.Dataset(
        {
            name: xr.DataArray(
                generator.normal(size=grid.shape).astype(np.float32),
                dims=("y", "x"),
                coords=xr_coords(grid),
            )
            for name in tuned.factors
        }
    )
    compiled = compile_model(tuned)
    whole = map_susceptibility(compiled, layers)
    matrix = np.column_stack([layers[name].to_numpy().ravel() for name in tuned.factors])
    expected = tuned.predict(matrix)
    found = whole.susceptibility.to_numpy().ravel()
    np.testing.assert_allclose(found, expected.probability, rtol=0, atol=1e-6)
    np.testing.assert_allclose(whole.uncertainty.to_numpy().ravel(), expected.sd, rtol=0, atol=2e-6)
    cut = map_susceptibility(compiled, layers.chunk(y=37, x=41)).compute(num_workers=2)
    for name in whole:
        assert whole[name].to_numpy().tobytes() == cut[name].to_numpy().tobytes()
