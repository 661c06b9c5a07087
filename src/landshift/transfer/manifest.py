"""What a model says of itself in ``manifest.json``, to be read without the learners."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landshift.runtime.files import read_json

FORMAT = 3
"""Version of the layout of a model's folder; a reader refuses another one."""

MANIFEST = "manifest.json"


def read_manifest(path: str | Path) -> dict[str, Any]:
    """Read what the model in a folder says of itself.

    Raises
    ------
    ValueError
        If the folder has no readable manifest.
    """
    file = Path(path) / MANIFEST
    try:
        return read_json(file)
    except FileNotFoundError:
        raise ValueError(f"{path}: no model here, {MANIFEST} is missing") from None
    except ValueError as error:
        raise ValueError(f"{error}; make the model again") from error


def read_frozen_factors(frozen: Mapping[str, str] | None) -> tuple[str, ...]:
    """Read which factors the frozen source models of a study use; without such models, none.

    Raises
    ------
    ValueError
        If their folder has no manifest that states it.
    """
    if not frozen:
        return ()
    try:
        return tuple(read_manifest(frozen["folder"])["factors"])
    except ValueError as error:
        raise ValueError(f"transfer.frozen.folder: {error}") from None
    except KeyError as error:
        raise ValueError(f"transfer.frozen.folder: manifest.json states no {error}") from None


def read_frozen_places(frozen: Mapping[str, str] | None) -> dict[str, dict[str, list[float]]]:
    """Read where the sources of the frozen models of a study lie, as far as their manifest says.

    Raises
    ------
    ValueError
        If what it says is no place.
    """
    places = read_manifest(frozen["folder"]).get("places", {}) if frozen else {}
    known = isinstance(places, dict) and all(map(_is_place, places.values()))
    if not known:
        raise ValueError(
            "transfer.frozen.folder: manifest.json states places that are no boxes in degrees; get "
            "the folder anew"
        )
    return places


def _is_place(place: Any) -> bool:
    return (
        isinstance(place, dict)
        and "box" in place
        and set(place) <= {"box", "without"}
        and all(map(_is_box, place.values()))
    )


def _is_box(box: Any) -> bool:
    numbers = isinstance(box, list) and all(type(edge) in (int, float) for edge in box)
    return numbers and len(box) == 4 and all(abs(edge) <= 180 for edge in box)


def write_manifest(path: Path, kind: str, content: Mapping[str, Any]) -> None:
    """Write what a model of some kind, ``source`` or ``target``, says of itself into its folder."""
    manifest = {"format": FORMAT, "kind": kind} | content
    (path / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def read_provenance(path: str | Path) -> dict[str, str]:
    """Read what a map should say of the target model behind it, for the tags of its file.

    Returns
    -------
    dict
        ``region``, ``family``, ``learners``, ``prevalence``, ``sources`` with the start of the
        checksum of their samples, ``seed`` and ``software``.

    Raises
    ------
    ValueError
        If there is no model of a target.
    """
    manifest = read_manifest(path)
    if manifest.get("kind") != "target":
        raise ValueError(f"{path}: no model of a target, but of kind {manifest.get('kind')!r}")
    sources = (f"{name} {checksum[:16]}" for name, checksum in manifest["sources"].items())
    return {
        "region": manifest["region"],
        "family": manifest["family"],
        "learners": ", ".join(manifest["learners"]),
        "prevalence": str(manifest["prevalence"]),
        "sources": ", ".join(sources),
        "seed": str(manifest["seed"]),
        "software": f"Landshift {manifest['version']}",
    }
