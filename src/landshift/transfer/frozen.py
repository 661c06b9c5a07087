"""Frozen source models: a published folder that maps a target without the sources' data.

The folder holds a model per learner, as `transfer.storage` writes it, and ``manifest.json`` with
the SHA-256 of every file. The SHA-256 of the manifest therefore stands for the whole folder.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from landshift.runtime.files import hash_file
from landshift.transfer.manifest import MANIFEST, read_manifest
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.storage import SUBCELLS, list_source_files, load_model


def freeze_models(
    folders: Sequence[str | Path],
    manifest: str | Path,
    *,
    recipes: Mapping[str, str] | None = None,
    places: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
) -> str:
    """Write the manifest of source models that lie next to it.

    Parameters
    ----------
    folders
        Model folders, all in the folder of the manifest.
    manifest
        The file to write, named ``manifest.json``.
    recipes
        Recipes of the layers of their sources by name, so that no target has another version.
    places
        Where each source lies, ``box`` as west, south, east, north [degree], and in a box
        ``without`` what was left out of it; sources without a place on the Earth are not listed.

    Returns
    -------
    str
        SHA-256 of the manifest [64 hexadecimal digits], to be stated where the models are used.
    """
    manifest = Path(manifest)
    models = [load_model(folder) for folder in folders]
    files = sorted(
        Path(folder, name)
        for folder, model in zip(folders, models, strict=True)
        for name in list_source_files(model.subcells is not None)
    )
    content = {
        "learners": [model.learner for model in models],
        "factors": list(models[0].factors),
        "sources": dict(models[0].sources),
        "recipes": dict(recipes or {}),
        "places": {name: dict(place) for name, place in (places or {}).items()},
        "files": {file.relative_to(manifest.parent).as_posix(): hash_file(file) for file in files},
    }
    manifest.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return hash_file(manifest)


def load_frozen(
    folder: str | Path, *, sha256: str, learners: Sequence[str] | None = None
) -> list[SourceModel]:
    """Load frozen source models whose files are what the hash stands for.

    Parameters
    ----------
    folder
        The published folder.
    sha256
        SHA-256 of its manifest.
    learners
        Learners whose models are wanted, in this order; None loads all of them.

    Raises
    ------
    ValueError
        If the manifest or any model file is missing or differs, or a learner has no model.
    """
    folder = Path(folder)
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise ValueError(f"{folder}: no frozen source models here, {MANIFEST} is missing")
    found = hash_file(manifest)
    if found != sha256:
        raise ValueError(
            f"{manifest}: its SHA-256 is {found}, but transfer.frozen.sha256 is {sha256}; "
            "state the hash of the models you mean, or get these anew"
        )
    content = read_manifest(folder)
    _check_files(folder, content["learners"], content["files"])
    missing = [learner for learner in learners or () if learner not in content["learners"]]
    if missing:
        raise ValueError(
            f"transfer.learners: the frozen models in {folder} have no {', '.join(missing)}; "
            f"choose from {', '.join(content['learners'])}"
        )
    return [load_model(folder / learner) for learner in learners or content["learners"]]


def _check_files(folder: Path, learners: Sequence[str], hashes: Mapping[str, str]) -> None:
    needed = {
        f"{learner}/{name}"
        for learner in learners
        for name in list_source_files((folder / learner / SUBCELLS).exists())
    }
    if unlisted := sorted(needed - set(hashes)):
        raise ValueError(
            f"{folder / MANIFEST}: states no hash of {', '.join(unlisted)}; get the folder anew"
        )
    for name, expected in hashes.items():
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"{folder / MANIFEST}: {name} lies elsewhere; get the folder anew")
        file = folder / name
        if not file.is_file():
            raise ValueError(f"{file}: missing, though {MANIFEST} lists it; get the folder anew")
        if hash_file(file) != expected:
            raise ValueError(f"{file}: differs from what {MANIFEST} states; get the folder anew")
