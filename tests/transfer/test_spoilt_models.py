"""Model files changed, with checksums that match: a model or a sentence, never a crash."""

import io
import json
import shutil
import zipfile

import numpy as np
import pytest

from landshift.mapping.compiled.model import compile_model
from landshift.runtime.files import hash_file
from landshift.sampling.shots import draw_shots
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.storage import load_model, save_model

pytestmark = pytest.mark.attack

SEEDS = [
    pytest.param(range(50), id="some"),
    pytest.param(range(2000), id="many", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def saved(source_models, target, tmp_path_factory):
    """Whole models by the kind of file to spoil: learners, the posterior, and manifests."""
    folder = tmp_path_factory.mktemp("models")
    shots = draw_shots(target.samples, region="cedar", seed=1, shots=5)
    tuned = fine_tune_target(source_models[:1], shots, target.background, prevalence=0.1, seed=7)
    save_model(tuned, folder / "target")
    for model in source_models:
        save_model(model, folder / model.learner)
    files = {model.learner: folder / model.learner / "rank.npz" for model in source_models}
    return files | {
        "posterior": folder / "target" / "arrays.npz",
        "source manifest": folder / "xgb" / "manifest.json",
        "target manifest": folder / "target" / "manifest.json",
    }


def spoil(content, generator):
    """Flip, cut, extend or repeat bytes."""
    content = bytearray(content)
    for _ in range(generator.integers(1, 6)):
        place = int(generator.integers(len(content)))
        kind = generator.integers(5)
        if kind < 2:
            content[place] = generator.integers(256)
        elif kind == 2 and place > 8:
            del content[place:]
        elif kind == 3:
            content += generator.bytes(int(generator.integers(1, 200)))
        else:
            content[place:place] = content[place : place + 64]
    return bytes(content)


def spoil_arrays(content, generator):
    """Change the arrays behind the compression: swap two, or spoil or resize one."""
    with np.load(io.BytesIO(content)) as archive:
        arrays = dict(archive)
    one, other = generator.choice(sorted(arrays), 2, replace=False)
    kind = generator.integers(4)
    if kind == 0:
        arrays[one], arrays[other] = arrays[other], arrays[one]
    elif kind == 1:
        arrays[one] = arrays[one].ravel()[: generator.integers(arrays[one].size + 1)]
    elif kind == 2:
        arrays[one] = arrays[one].astype(generator.choice(["f4", "f8", "i4", "i8", "U4"]))
    else:
        spoilt = np.frombuffer(bytearray(arrays[one].tobytes()), np.uint8).copy()
        if spoilt.size:
            spoilt[generator.integers(spoilt.size, size=3)] = generator.integers(256, size=3)
        arrays[one] = spoilt.view(arrays[one].dtype).reshape(arrays[one].shape)
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


def spoil_manifest(content, generator):
    """Replace a value by one of another kind, or drop it."""
    manifest = json.loads(content)
    key = generator.choice(sorted(manifest))
    others = [None, -1, 1e300, 10**400, "", "../x", [], {}, [None], {"x": 1}, [[1]], True]
    manifest[key] = others[generator.integers(len(others))]
    if generator.integers(4) == 0:
        del manifest[key]
    return json.dumps(manifest).encode()


def state_checksums(folder):
    """Write the checksums that the folder's manifest needs to be believed."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["files"] = {name: hash_file(folder / name) for name in manifest["files"]}
    file.write_text(json.dumps(manifest))


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(
    "kind",
    ["lr", "rf", "xgb", "lgbm", "posterior", "source manifest", "target manifest"],
)
def test_a_spoilt_file_gives_a_model_or_a_sentence(kind, seeds, saved, tmp_path):
    file = saved[kind]
    whole = file.read_bytes()
    folder = shutil.copytree(file.parent, tmp_path / "model")
    values = np.random.default_rng(1).normal(size=(70, 5)).astype(np.float32)
    refused = 0
    inside = spoil_manifest if file.suffix == ".json" else spoil_arrays
    for seed in seeds:
        generator = np.random.default_rng(seed)
        changed = (inside if seed % 2 else spoil)(whole, generator)
        (folder / file.name).write_bytes(changed)
        if file.name == "rank.npz":
            state_checksums(folder)
        try:
            model = load_model(folder)
        except ValueError as error:
            assert str(error).startswith(str(folder))
            refused += 1
            continue
        if seed % 10 == 0 and hasattr(model, "mixture"):
            model = compile_model(model)
        if "target" in kind or kind == "posterior":
            found = model.predict(values)
            assert np.isfinite(found.probability).all()
        else:
            assert np.isfinite(model.logits(values, values)).all()
    assert refused > len(seeds) / 3


@pytest.mark.parametrize("files", [{}, {"rank.npz": "0"}, {"../rank.npz": "0"}, None])
def test_a_manifest_that_stands_for_nothing_is_refused(files, source_models, tmp_path):
    save_model(source_models[0], tmp_path / "model")
    file = tmp_path / "model" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"files": files}))
    with pytest.raises(ValueError, match="model: not a whole model"):
        load_model(tmp_path / "model")


def test_a_deep_manifest_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("[" * 1_000_000)
    with pytest.raises(ValueError, match="not valid JSON"):
        load_model(tmp_path)


def test_a_model_of_the_library_is_to_be_made_again(source_models, tmp_path):
    save_model(source_models[2], tmp_path / "model")
    file = tmp_path / "model" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 1}))
    with pytest.raises(ValueError, match=r"format 1 .* make the model again"):
        load_model(tmp_path / "model")


def test_an_archive_packed_in_another_way_is_refused(saved, tmp_path):
    folder = shutil.copytree(saved["xgb"].parent, tmp_path / "model")
    with zipfile.ZipFile(saved["xgb"]) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(folder / "rank.npz", "w", zipfile.ZIP_LZMA) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    state_checksums(folder)
    with pytest.raises(ValueError, match="is packed in a way that no model is"):
        load_model(folder)
