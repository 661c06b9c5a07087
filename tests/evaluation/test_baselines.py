"""The parts of a fine-tuned model alone are what the benchmark compares it with."""

import numpy as np
import pytest
from scipy.special import expit, logit

from landshift.evaluation.baselines import predict_baselines
from landshift.evaluation.benchmark.methods import get_methods
from landshift.evaluation.benchmark.methods.task import TransferTask, view_target
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target

SEED = 7


@pytest.fixture(scope="module")
def tuned(source_models, target):
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    model = fine_tune_target(source_models, shots, target.background, prevalence=0.05, seed=SEED)
    values = target.samples[list(model.factors)].to_numpy(np.float32)
    return model, shots, values


def test_baselines_are_the_methods_of_the_benchmark(tuned, source_models, target):
    model, shots, values = tuned
    learners = {each.learner: each for each in source_models}
    view = view_target(learners, target.background, target.samples)
    task = TransferTask(view, None, shots, SEED)
    found = predict_baselines(model, values)
    np.testing.assert_array_equal(found["fine_tuned"], model.predict(values).probability)
    for name, family in (("zero_shot", "ensemble"), ("local_only", "gp"), ("slope", "rank")):
        (method,) = get_methods([name])
        balanced = method.predict(task, family)
        stated = expit(logit(balanced) + logit(0.05))
        np.testing.assert_allclose(found[name], stated, rtol=1e-6)


def test_a_single_learner_holds_no_local_model(source_models, target):
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    model = fine_tune_target(
        source_models, shots, target.background, prevalence=0.05, seed=SEED, family="lr"
    )
    values = target.samples[list(model.factors)].to_numpy(np.float32)
    assert list(predict_baselines(model, values)) == ["fine_tuned", "zero_shot", "slope"]
