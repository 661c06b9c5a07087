"""Models on disk: the same predictions, the same bytes, no pickle, and clear refusals."""

import io
import json
import zipfile
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest

from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.learners.trees import check_trees
from landshift.transfer.manifest import read_provenance
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.storage import load_model, save_model
from landshift.transfer.target_model import TargetModel

FACTORS = ["curvature", "noise", "relief", "slope", "wetness"]


@pytest.fixture(scope="module", params=["ensemble", "rf"])
def target_model(request, source_models, target):
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=10)
    return fine_tune_target(
        source_models,
        shots,
        target.background,
        prevalence=0.05,
        seed=7,
        family=request.param,
        region="cedar",
    )


@pytest.fixture(scope="module")
def values(target):
    return target.samples[FACTORS].to_numpy(np.float32)


def change_manifest(folder, **changes):
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_source_models_survive(source_models, values, folder_bytes, tmp_path):
    for model in source_models:
        save_model(model, tmp_path / model.learner)
        loaded = load_model(tmp_path / model.learner)
        assert isinstance(loaded, SourceModel)
        np.testing.assert_array_equal(loaded.logits(values, values), model.logits(values, values))
        for name in ("learner", "factors", "units", "sources", "seed", "version"):
            assert getattr(loaded, name) == getattr(model, name)
        save_model(loaded, tmp_path / "again")
        assert folder_bytes(tmp_path / model.learner) == folder_bytes(tmp_path / "again")


def test_a_target_model_survives(target_model, values, folder_bytes, tmp_path):
    save_model(target_model, tmp_path / "first")
    loaded = load_model(tmp_path / "first")
    assert isinstance(loaded, TargetModel)
    expected, found = target_model.predict(values), loaded.predict(values)
    np.testing.assert_array_equal(found.logit, expected.logit)
    np.testing.assert_array_equal(found.sd, expected.sd)
    np.testing.assert_array_equal(found.probability, expected.probability)
    for name in ("region", "family", "factors", "units", "prevalence", "seed", "version"):
        assert getattr(loaded, name) == getattr(target_model, name)
    save_model(loaded, tmp_path / "second")
    assert folder_bytes(tmp_path / "first") == folder_bytes(tmp_path / "second")


def test_a_zero_shot_model_survives(source_models, target, values, tmp_path):
    model = fine_tune_target(
        source_models, target.samples.iloc[:0], target.background, prevalence=0.1, seed=7
    )
    save_model(model, tmp_path / "model")
    loaded = load_model(tmp_path / "model").predict(values)
    np.testing.assert_array_equal(loaded.logit, model.predict(values).logit)


def test_a_model_replaces_the_one_before(source_models, tmp_path, folder_bytes):
    save_model(source_models[0], tmp_path / "model")
    save_model(source_models[1], tmp_path / "model")
    save_model(source_models[1], tmp_path / "fresh")
    assert folder_bytes(tmp_path / "model") == folder_bytes(tmp_path / "fresh")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "model"]


def test_a_failed_save_leaves_the_model_before(source_models, values, tmp_path):
    save_model(source_models[0], tmp_path / "model")
    broken = replace(source_models[0], units=(object(),))
    with pytest.raises(TypeError):
        save_model(broken, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    np.testing.assert_array_equal(
        loaded.logits(values, values), source_models[0].logits(values, values)
    )


@pytest.mark.attack
def test_folders_hold_no_pickle(target_model, tmp_path):
    save_model(target_model, tmp_path / "model")
    files = [file for file in (tmp_path / "model").rglob("*") if file.is_file()]
    assert {file.suffix for file in files} <= {".json", ".npz"}
    for file in files:
        # protocol 2 and later begin with 0x80 and the protocol's number
        assert file.read_bytes()[0] != 0x80
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as arrays:
                assert all(arrays[key].dtype.kind in "fiu" for key in arrays)


def test_archives_carry_no_time_of_writing(target_model, tmp_path):
    save_model(target_model, tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "model" / "arrays.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_maps_can_say_which_model_is_behind_them(target_model, source_models, tmp_path):
    save_model(target_model, tmp_path / "model")
    told = read_provenance(tmp_path / "model")
    assert told["region"] == "cedar" and told["prevalence"] == "0.05" and told["seed"] == "7"
    for name, checksum in source_models[0].sources.items():
        assert f"{name} {checksum[:16]}" in told["sources"]
    with pytest.raises(ValueError, match="no model of a target, but of kind 'source'"):
        read_provenance(tmp_path / "model" / "sources" / told["learners"].split(", ")[0])


def test_the_manifest_is_readable_by_people(target_model, tmp_path):
    save_model(target_model, tmp_path / "model")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["kind"] == "target"
    assert manifest["factors"] == FACTORS
    assert manifest["units"] == ["1/m", "1", "m", "degree", "1"]
    assert manifest["presences"] == 10
    assert sorted(manifest["sources"]) == ["alder", "birch"]
    assert sum(member["share"] for member in manifest["members"]) == pytest.approx(1)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nothing: no model here, manifest\.json is missing"):
        load_model(tmp_path / "nothing")


@pytest.mark.parametrize("text", ["", "{", "\x00\x01", '{"format": 1,}'])
def test_a_broken_manifest_is_named(text, source_models, tmp_path):
    save_model(source_models[0], tmp_path / "model")
    (tmp_path / "model" / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"model/manifest\.json: not valid JSON"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("text", ["[]", "3", "null", '"source"'])
def test_a_manifest_of_another_shape_is_named(text, source_models, tmp_path):
    save_model(source_models[0], tmp_path / "model")
    (tmp_path / "model" / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"model/manifest\.json: expected a JSON object"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("changes", [{"format": 99}, {"format": None}, {"kind": "forest"}])
def test_another_format_is_refused(changes, source_models, tmp_path):
    save_model(source_models[0], tmp_path / "model")
    change_manifest(tmp_path / "model", **changes)
    with pytest.raises(ValueError, match=r"model: format .* is not one this version reads"):
        load_model(tmp_path / "model")


def test_every_missing_key_of_a_source_is_named(source_models, tmp_path):
    save_model(source_models[0], tmp_path / "model")
    file = tmp_path / "model" / "manifest.json"
    manifest = json.loads(file.read_text())
    for key in set(manifest) - {"format", "kind"}:
        file.write_text(json.dumps({name: manifest[name] for name in manifest if name != key}))
        with pytest.raises(ValueError, match=f"model: the model lacks '{key}'"):
            load_model(tmp_path / "model")


@pytest.mark.parametrize("key", ["learners", "members", "prevalence", "region", "seed", "version"])
def test_missing_keys_of_a_target_are_named(key, target_model, tmp_path):
    save_model(target_model, tmp_path / "model")
    file = tmp_path / "model" / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest[key]
    file.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=f"model: the model lacks '{key}'"):
        load_model(tmp_path / "model")


@pytest.mark.parametrize("prevalence", [1e-300, 0.9999999, 1.5])
def test_a_prevalence_that_no_map_can_show_is_refused(prevalence, target_model, tmp_path):
    save_model(target_model, tmp_path / "model")
    change_manifest(tmp_path / "model", prevalence=prevalence)
    with pytest.raises(ValueError, match=r"model: .*prevalence is .* from 1e-09 to 0.999"):
        load_model(tmp_path / "model")


@pytest.mark.attack
def test_a_target_never_looks_outside_its_folder(target_model, tmp_path):
    save_model(target_model, tmp_path / "model")
    change_manifest(tmp_path / "model", learners=["../../other"])
    with pytest.raises(ValueError, match=r"model: .*unknown learners \['\.\./\.\./other'\]"):
        load_model(tmp_path / "model")


def test_a_spoilt_file_never_reaches_the_parser_of_its_library(source_models, tmp_path):
    for model, name in zip(source_models, cycle(("rank.npz", "raw.npz")), strict=False):
        save_model(model, tmp_path / "model")
        file = tmp_path / "model" / name
        file.write_bytes(file.read_bytes()[:-9])
        with pytest.raises(ValueError, match=f"{name} is not what was saved"):
            load_model(tmp_path / "model")


@pytest.mark.attack
def test_a_link_out_of_the_folder_is_refused(source_models, tmp_path):
    save_model(source_models[0], tmp_path / "model")
    (tmp_path / "secret.json").write_text("secret")
    (tmp_path / "model" / "rank.npz").unlink()
    (tmp_path / "model" / "rank.npz").symlink_to(tmp_path / "secret.json")
    with pytest.raises(ValueError, match=r"rank\.npz is not what was saved"):
        load_model(tmp_path / "model")


@pytest.mark.attack
def test_an_archive_that_unpacks_beyond_all_bounds_is_refused(target_model, tmp_path, monkeypatch):
    save_model(target_model, tmp_path / "model")
    monkeypatch.setattr("landshift.transfer.learners.arrays.LARGEST", 10_000)
    with pytest.raises(ValueError, match=r"\.npz: unpacks to \d+ bytes"):
        load_model(tmp_path / "model")


@pytest.mark.attack
def test_arrays_that_state_a_vast_shape_are_refused(target_model, tmp_path):
    save_model(target_model, tmp_path / "model")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**6)}
    )
    with zipfile.ZipFile(tmp_path / "model" / "arrays.npz", "w") as archive:
        archive.writestr("labels.npy", header.getvalue())
    with pytest.raises(ValueError, match="not a whole model"):
        load_model(tmp_path / "model")


@pytest.mark.attack
@pytest.mark.parametrize("change", [{"left": 0}, {"right": 10**6}, {"factor": 5}, {"roots": -1}])
def test_trees_that_lead_nowhere_are_refused(source_models, change):
    trees = source_models[1].fitted["rank"].trees()
    check_trees(trees, len(FACTORS))
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match="lead to nodes or factors"):
        check_trees(replace(trees, **{name: np.full_like(getattr(trees, name), value)}), 5)
