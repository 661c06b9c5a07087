"""What every learner of stage 1 has to keep, whatever it is."""

import json
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from landshift.study.learners import LEARNERS
from landshift.transfer.learners import get_learner

RULE = np.array([1.5, -1.0, 0.5, 0.0, 0.0])

every_learner = pytest.mark.parametrize("name", LEARNERS)


@pytest.fixture(scope="module")
def training():
    generator = np.random.default_rng(5)
    values = generator.normal(size=(800, 5)).astype(np.float32)
    labels = (generator.uniform(size=800) < 1 / (1 + np.exp(-values @ RULE))).astype(np.int8)
    return values, labels, generator.uniform(0.5, 1.5, 800)


@pytest.fixture(scope="module")
def cells():
    return np.random.default_rng(6).normal(size=(3000, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(training):
    return {name: get_learner(name).fit(*training, seed=3) for name in LEARNERS}


@every_learner
def test_logit_is_finite_and_follows_the_rule(name, fitted, cells):
    logit = fitted[name].logit(cells)
    assert logit.shape == (3000,)
    assert logit.dtype == np.float64
    assert np.isfinite(logit).all()
    assert np.corrcoef(logit, cells @ RULE)[0, 1] > 0.75


@every_learner
def test_a_loaded_model_gives_the_same_logits(name, fitted, cells, tmp_path):
    fitted[name].save(tmp_path / "raw")
    loaded = get_learner(name).load(tmp_path / "raw")
    np.testing.assert_array_equal(loaded.logit(cells), fitted[name].logit(cells))


@every_learner
def test_saving_a_loaded_model_gives_the_same_bytes(name, fitted, folder_bytes, tmp_path):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    fitted[name].save(tmp_path / "first" / "raw")
    get_learner(name).load(tmp_path / "first" / "raw").save(tmp_path / "second" / "raw")
    assert folder_bytes(tmp_path / "first") == folder_bytes(tmp_path / "second")


@every_learner
def test_same_seed_gives_same_bytes_on_any_number_of_threads(
    name, fitted, training, folder_bytes, tmp_path
):
    saved = {}
    for threads in (2, 1):
        with threadpool_limits(threads):
            model = get_learner(name).fit(*training, seed=3)
        folder = tmp_path / str(threads)
        folder.mkdir()
        model.save(folder / "raw")
        saved[threads] = folder_bytes(folder)
    assert saved[1] == saved[2]


@every_learner
def test_logits_do_not_depend_on_the_number_of_threads(name, fitted, cells):
    many = np.tile(cells, (10, 1))
    with threadpool_limits(2):
        two = fitted[name].logit(many)
    with threadpool_limits(1):
        one = fitted[name].logit(many)
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("name", sorted(set(LEARNERS) - {"lr"}))
def test_another_seed_gives_another_model(name, fitted, training, cells):
    other = get_learner(name).fit(*training, seed=4)
    assert (other.logit(cells) != fitted[name].logit(cells)).any()


@every_learner
def test_files_are_not_pickles(name, fitted, tmp_path):
    fitted[name].save(tmp_path / "raw")
    (file,) = tmp_path.iterdir()
    assert file.suffix in {".json", ".npz"}
    content = file.read_bytes()
    # protocol 2 and later begin with 0x80 and the protocol's number
    assert content[0] != 0x80
    if file.suffix == ".json":
        assert isinstance(json.loads(content), dict)
    if file.suffix == ".npz":
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[key].dtype.kind in "fiu" for key in arrays)


@every_learner
def test_training_data_stay_as_they_are(name, training):
    copies = [array.copy() for array in training]
    get_learner(name).fit(*training, seed=3)
    for array, copy in zip(training, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_learner
def test_weights_move_the_level(name, training, cells):
    values, labels, _ = training
    learner = get_learner(name)
    heavy = learner.fit(values, labels, np.where(labels == 1, 5.0, 1.0), seed=3)
    light = learner.fit(values, labels, np.where(labels == 1, 1.0, 5.0), seed=3)
    assert heavy.logit(cells).mean() > light.logit(cells).mean() + 1


def test_an_unknown_learner_is_named():
    with pytest.raises(ValueError, match="no learner named 'svm'; there are lr, rf, xgb, lgbm"):
        get_learner("svm")


def test_boosting_libraries_come_without_scikit_learn_and_leave_it_to_others():
    code = (
        "import sys; from landshift.transfer.learners import boosting_libraries; "
        "assert 'sklearn' not in sys.modules; import sklearn"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["xgb", "lgbm"])
def test_boosted_trees_give_the_logits_of_their_library_to_the_last_bit(name):
    generator = np.random.default_rng(5)
    values = generator.normal(size=(700, 6)).astype(np.float32)
    labels = (values[:, 0] + values[:, 1] * values[:, 2] > 0.3).astype(int)
    learner = get_learner(name)
    booster = learner.train(values, labels, np.ones(700), seed=3)
    cells = generator.normal(size=(5000, 6)).astype(np.float32)
    if name == "xgb":
        expected = booster.inplace_predict(cells, predict_type="margin")
    else:
        expected = booster.predict(cells, raw_score=True)
    np.testing.assert_array_equal(learner.read_booster(booster).logit(cells), expected)
    np.testing.assert_array_equal(
        learner.fit(values, labels, np.ones(700), seed=3).logit(cells), expected
    )
