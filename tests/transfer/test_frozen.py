"""Frozen source models: what comes back, and what is refused."""

import json
import shutil

import numpy as np
import pytest

from landshift.runtime.files import hash_file
from landshift.runtime.logs import explain_error
from landshift.transfer.frozen import freeze_models, load_frozen
from landshift.transfer.manifest import read_frozen_places
from landshift.transfer.storage import load_model, save_model


@pytest.fixture
def published(source_models, tmp_path):
    """A published folder and its hash."""
    folder = tmp_path / "models"
    folder.mkdir()
    for model in source_models:
        save_model(model, folder / model.learner)
    folders = [folder / model.learner for model in source_models]
    return folder, freeze_models(folders, folder / "manifest.json")


def test_frozen_models_predict_the_same_elsewhere(published, source_models, tmp_path):
    folder, sha256 = published
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    values = np.random.default_rng(1).normal(size=(20, 5)).astype(np.float32)
    for model, loaded in zip(source_models, load_frozen(moved, sha256=sha256), strict=True):
        assert loaded.learner == model.learner
        np.testing.assert_array_equal(loaded.logits(values, values), model.logits(values, values))


def test_same_models_same_hash(published, source_models):
    folder, sha256 = published
    folders = [folder / model.learner for model in source_models]
    assert freeze_models(folders, folder / "manifest.json") == sha256


def test_the_manifest_states_the_recipes_of_the_sources(published, source_models):
    folder, _ = published
    folders = [folder / model.learner for model in source_models]
    freeze_models(folders, folder / "manifest.json", recipes={"rainfall": "chirps3"})
    assert json.loads((folder / "manifest.json").read_text())["recipes"] == {"rainfall": "chirps3"}


def test_another_manifest_is_refused(published):
    folder, _ = published
    with pytest.raises(ValueError, match=r"its SHA-256 is .*transfer.frozen.sha256 is 00"):
        load_frozen(folder, sha256="0" * 64)


def test_a_changed_file_is_refused(published):
    folder, sha256 = published
    (folder / "lr" / "raw.npz").write_text("{}")
    with pytest.raises(ValueError, match=r"lr/raw.npz: differs from what manifest.json states"):
        load_frozen(folder, sha256=sha256)


def test_a_missing_file_is_named(published):
    folder, sha256 = published
    (folder / "rf" / "rank.npz").unlink()
    with pytest.raises(ValueError, match=r"rf/rank.npz: missing"):
        load_frozen(folder, sha256=sha256)


def test_models_of_the_wanted_learners_come_in_their_order(published):
    folder, sha256 = published
    loaded = load_frozen(folder, sha256=sha256, learners=["rf", "lr"])
    assert [model.learner for model in loaded] == ["rf", "lr"]
    with pytest.raises(
        ValueError, match="have no svm, knn; choose from lr, rf, xgb, lgbm"
    ) as caught:
        load_frozen(folder, sha256=sha256, learners=["svm", "lr", "knn"])
    assert explain_error(caught.value).startswith("transfer.learners: ")


def test_a_folder_without_models_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no frozen source models here"):
        load_frozen(tmp_path, sha256="0" * 64)


def rewrite(folder, change):
    """Change the manifest as a stranger could; returns its new hash."""
    file = folder / "manifest.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    return hash_file(file)


@pytest.mark.attack
@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(files={}),
        lambda content: content["files"].pop("xgb/raw.npz"),
        lambda content: content["files"].pop("lgbm/manifest.json"),
    ],
)
def test_a_manifest_that_leaves_files_out_stands_for_nothing(published, change):
    folder, _ = published
    with pytest.raises(ValueError, match="states no hash of"):
        load_frozen(folder, sha256=rewrite(folder, change))


@pytest.mark.attack
@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "lr/../../secret"])
def test_a_manifest_reads_nothing_elsewhere(published, name):
    folder, _ = published
    sha256 = rewrite(folder, lambda content: content["files"].update({name: "0" * 64}))
    with pytest.raises(ValueError, match="lies elsewhere"):
        load_frozen(folder, sha256=sha256)


@pytest.mark.attack
def test_a_manifest_of_a_model_without_files_is_refused(published):
    folder, _ = published
    file = folder / "xgb" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"files": {}}))
    with pytest.raises(ValueError, match="must list the files"):
        load_model(folder / "xgb")


def test_frozen_models_say_where_their_sources_lie(published):
    folder, _ = published
    learners = json.loads((folder / "manifest.json").read_text())["learners"]
    frozen = {"folder": str(folder)}
    assert read_frozen_places(frozen) == {}
    places = {"district": {"box": [73.2, 34.5, 73.4, 34.7], "without": [73.3, 34.6, 73.4, 34.7]}}
    freeze_models(
        [folder / learner for learner in learners], folder / "manifest.json", places=places
    )
    assert read_frozen_places(frozen) == places
    assert read_frozen_places(None) == {}


@pytest.mark.parametrize(
    "places",
    ["here", {"alder": "here"}, {"alder": {}}, {"alder": {"box": [1, 2, 3]}},
     {"alder": {"box": [0, 0, 1, "north"]}}, {"alder": {"box": [0, 0, 1, 1], "without": None}},
     {"alder": {"box": [500000, 5000000, 501000, 5001000]}}],
)  # fmt: skip
def test_places_of_frozen_models_that_are_none_are_refused(tmp_path, places):
    (tmp_path / "manifest.json").write_text(json.dumps({"places": places}))
    with pytest.raises(ValueError, match=r"states places that are no boxes") as e:
        read_frozen_places({"folder": str(tmp_path)})
    assert explain_error(e.value)
