"""Models on disk: folders of JSON and NPZ, never pickle.

A source model is ``manifest.json`` plus a file per preparation; a target model holds
``manifest.json``, ``arrays.npz`` and a folder per source model, and where it is an average a folder
per further model. The source model of sub-cells is a folder ``subcells`` of the same kind. Loading
runs no code of the file.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from landshift.runtime.files import hash_file
from landshift.study.learners import LEARNERS
from landshift.transfer.averaging import PARTS, AveragedModel
from landshift.transfer.class_scores import ClassScores
from landshift.transfer.kernels import ResidualKernel, TargetKernel
from landshift.transfer.learners import get_learner
from landshift.transfer.learners.arrays import load_arrays, save_arrays
from landshift.transfer.learners.trees import check_trees
from landshift.transfer.manifest import FORMAT, read_manifest, write_manifest
from landshift.transfer.mixture import Member, fit_residual_mixture
from landshift.transfer.pooling import PooledModel
from landshift.transfer.prediction import check_prevalence
from landshift.transfer.preparation import PREPARATIONS, RankTransform, Standardisation
from landshift.transfer.pretraining import SourceModel
from landshift.transfer.source_score import LogitScale, SourceScore
from landshift.transfer.target_model import TargetModel

SOURCE_FILES = ("manifest.json", *(f"{name}.npz" for name in PREPARATIONS))
"""The files of a source model, no more and no fewer."""

SUBCELLS = "subcells"
"""Folder of the source model of sub-cells, where the manifest says that there is one."""


def list_source_files(subcells: bool) -> list[str]:
    """List the files of a source model, those of its model of sub-cells among them."""
    finer = [f"{SUBCELLS}/{name}" for name in SOURCE_FILES] if subcells else []
    return [*SOURCE_FILES, *finer]


LARGEST, SMALLEST = 1e30, 1e-30
"""Numbers that a model may hold: their products stay finite in single precision as ratios do."""

MOST_LABELS, MOST_MEMBERS = 20_000, 20
"""The posterior is fitted anew where a model is read, in time that grows with their cube."""

_SPOILT = (ValueError, TypeError, AttributeError, IndexError, OverflowError, OSError, MemoryError)
"""What a spoilt file may raise: numbers and arrays of other kinds and sizes than were saved."""


def save_model(model: SourceModel | TargetModel | AveragedModel, path: str | Path) -> None:
    """Write a model as a folder, which appears under its name when it is complete.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> from landshift import derive_terrain_factors, draw_samples
    >>> dem = region.layers["dem"]
    >>> factors = derive_terrain_factors(dem)
    >>> samples = draw_samples(factors, region.inventory, elevation=dem, region="alder", seed=1)
    >>> import tempfile
    >>> from pathlib import Path
    >>> from landshift import draw_background, pretrain_sources
    >>> background = draw_background(factors, samples, region="alder", cells=200, seed=1)
    >>> path = Path(tempfile.mkdtemp(), "lr")
    >>> save_model(pretrain_sources(samples, background, learner="lr", seed=1), path)
    >>> load_model(path).learner
    'lr'
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        if isinstance(model, SourceModel):
            _save_source(model, partial)
        elif isinstance(model, AveragedModel):
            _save_average(model, partial)
        elif isinstance(model, PooledModel):
            _save_pooled(model, partial)
        else:
            _save_target(model, partial)
        shutil.rmtree(path, ignore_errors=True)
        partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def load_model(path: str | Path) -> SourceModel | TargetModel | AveragedModel:
    """Read a model that `save_model` wrote.

    Raises
    ------
    ValueError
        If the folder has no readable manifest, or one of another format.

    Examples
    --------
    >>> load_model("no_model")
    Traceback (most recent call last):
    ...
    ValueError: no_model: no model here, manifest.json is missing
    """
    path = Path(path)
    manifest = read_manifest(path)
    kinds = {"source": _load_source, "target": _load_target, "pooled": _load_pooled}
    if manifest.get("format") != FORMAT or str(manifest.get("kind")) not in kinds:
        raise ValueError(
            f"{path}: format {manifest.get('format')!r} of kind {manifest.get('kind')!r} is not "
            f"one this version reads (format {FORMAT}); make the model again"
        )
    try:
        return kinds[manifest["kind"]](path, manifest)
    except KeyError as error:
        raise ValueError(f"{path}: the model lacks {error}; make the model again") from error
    except _SPOILT as error:
        raise ValueError(f"{path}: not a whole model ({error}); make the model again") from error


def _save_source(model: SourceModel, path: Path) -> None:
    for name in PREPARATIONS:
        model.fitted[name].save(path / name)
    write_manifest(
        path,
        "source",
        {
            "learner": model.learner,
            "files": {file.name: hash_file(file) for file in sorted(path.iterdir())},
            "factors": list(model.factors),
            "units": list(model.units),
            "mean": model.standardisation.mean.tolist(),
            "sd": model.standardisation.sd.tolist(),
            "class_scores": _describe_scores(model),
            "sources": dict(model.sources),
            "transfer_error": model.transfer_error,
            "subcells": model.subcells is not None,
            "seed": model.seed,
            "version": model.version,
        },
    )
    if model.subcells is not None:
        save_model(model.subcells, path / SUBCELLS)


def _check_files(path: Path, stated: dict[str, str]) -> None:
    """Refuse files that are not those that the manifest stands for, and a manifest of others."""
    names = SOURCE_FILES[1:]
    if set(stated) != set(names):
        raise ValueError(f"its manifest must list the files {', '.join(names)}, and no others")
    for name in names:
        file = path / name
        if not file.is_file() or file.is_symlink() or stated[name] != hash_file(file):
            raise ValueError(f"{name} is not what was saved")


def _describe_scores(model: SourceModel) -> dict:
    return {
        name: {"legend": model.legends[name], "scores": scores}
        for name, scores in model.class_scores.scores.items()
    }


def _load_source(path: Path, manifest: dict) -> SourceModel:
    learner = get_learner(manifest["learner"])
    _check_files(path, manifest["files"])
    fitted = {name: learner.load(path / name) for name in PREPARATIONS}
    factors = len(manifest["factors"])
    for model in fitted.values():
        if hasattr(model, "trees"):
            check_trees(model.trees(), factors)
        own = getattr(model, "weights", getattr(model, "importance", None))
        if own is not None and own.shape != (factors,):
            raise ValueError(f"its weights of shape {own.shape} are not those of {factors} factors")
    _check_numbers("mean", np.array(manifest["mean"]), (factors,))
    _check_numbers("sd", np.array(manifest["sd"]), (factors,), lowest=SMALLEST)
    classes = manifest["class_scores"]
    scores = {
        name: {int(code): score for code, score in entry["scores"].items()}
        for name, entry in classes.items()
    }
    return SourceModel(
        learner=manifest["learner"],
        factors=tuple(manifest["factors"]),
        units=tuple(manifest["units"]),
        standardisation=Standardisation(np.array(manifest["mean"]), np.array(manifest["sd"])),
        class_scores=ClassScores(scores),
        legends={name: entry["legend"] for name, entry in classes.items()},
        fitted=fitted,
        sources=manifest["sources"],
        transfer_error=manifest["transfer_error"],
        seed=manifest["seed"],
        version=manifest["version"],
        subcells=_load_part(path / SUBCELLS, "source", manifest) if manifest["subcells"] else None,
    )


def _load_part(folder: Path, kind: str, manifest: dict) -> SourceModel | TargetModel | PooledModel:
    """Load a model that another one holds: of a kind, of the same factors, without further ones."""
    own = read_manifest(folder)
    factors = len(own.get("factors", ()))
    same = all(own.get(key) == manifest[key][:factors] for key in ("factors", "units"))
    if (
        not same
        or not factors
        or own.get("kind") != kind
        or own.get("subcells")
        or own.get("parts")
    ):
        raise ValueError(f"{folder.name} is no {kind} model of the same factors")
    return load_model(folder)


def _save_average(model: AveragedModel, path: Path) -> None:
    stated = {
        "at_subcells": list(model.at_subcells),
        "parts": dict(model.shares),
        "score_error": model.score_error,
    }
    _save_target(model.means, path, stated)
    for name, part in model.models.items():
        if name != "means":
            save_model(part, path / name)


def _load_target(path: Path, manifest: dict) -> TargetModel | AveragedModel:
    means = _load_means(path, manifest)
    shares = manifest.get("parts")
    if not shares:
        return means
    at_subcells = manifest["at_subcells"]
    shared = means.source_score.models[0].factors
    if not set(at_subcells) <= set(shared) or not {"means"} < set(shares) <= set(PARTS):
        raise ValueError(f"it averages {list(shares)} of the factors {at_subcells}")
    weights = np.array(list(shares.values()), float)
    _check_numbers("parts", weights, (len(shares),), lowest=0.0, highest=1.0)
    if abs(weights.sum() - 1) > 1e-9:
        raise ValueError(f"the shares of its parts sum to {weights.sum():g}")
    kinds = {name: "pooled" if name == "pooled" else "target" for name in shares}
    models = {
        name: means if name == "means" else _load_part(path / name, kinds[name], manifest)
        for name in shares
    }
    return AveragedModel(models, shares, tuple(at_subcells))


def _save_pooled(model: PooledModel, path: Path) -> None:
    save_model(model.trees, path / "trees")
    save_arrays(path / "ranks.npz", rank_reference=model.ranks.reference)
    stated = {
        "factors": list(model.factors),
        "units": list(model.trees.units),
        "prevalence": model.prevalence,
        "evidence": model.evidence,
    }
    write_manifest(path, "pooled", stated)


def _load_pooled(path: Path, manifest: dict) -> PooledModel:
    check_prevalence(manifest["prevalence"])
    trees = _load_part(path / "trees", "source", manifest)
    reference = load_arrays(path / "ranks.npz", ("rank_reference",))["rank_reference"]
    _check_numbers("rank_reference", reference, (len(trees.factors), *reference.shape[-1:]))
    if 0 in reference.shape or not all(hasattr(each, "trees") for each in trees.fitted.values()):
        raise ValueError("it has no background, or its trees are none")
    return PooledModel(
        trees, RankTransform(reference), manifest["prevalence"], float(manifest["evidence"])
    )


def _save_target(model: TargetModel, path: Path, stated: Mapping[str, Any] | None = None) -> None:
    score = model.source_score
    for source in score.models:
        save_model(source, path / "sources" / source.learner)
    arrays = {
        "rank_reference": score.ranks.reference,
        "score_centre": score.logit_scale.centre,
        "score_spread": score.logit_scale.spread,
        "score_scale": score.scale,
        "factor_weights": model.kernel.weights,
        "label_score": model.label_score,
        "label_ranks": model.label_ranks,
        "label_own": model.label_own,
        "own_rank_reference": model.target_kernel.ranks.reference,
        "labels": model.labels,
        "weights": model.weights,
    }
    save_arrays(path / "arrays.npz", **arrays)
    members = [
        {"uses_source": member.uses_source, "strength": member.strength, "share": float(share)}
        for member, share in zip(model.mixture.members, model.mixture.shares, strict=True)
    ]
    write_manifest(
        path,
        "target",
        {
            "region": model.region,
            "family": model.family,
            "learners": [source.learner for source in score.models],
            "factors": list(model.factors),
            "units": list(model.units),
            "target_factors": list(model.target_kernel.measured),
            "target_classes": list(model.target_kernel.classes),
            "classes_seen": model.classes_seen,
            "sources": dict(score.models[0].sources),
            "members": members,
            "presences": int(model.labels.sum()),
            "score_error": model.score_error,
            "prevalence": model.prevalence,
            "seed": model.seed,
            "version": model.version,
        }
        | dict(stated or {}),
    )


def _load_means(path: Path, manifest: dict) -> TargetModel:
    learners = manifest["learners"]
    if not learners:
        raise ValueError("it states no learners")
    check_prevalence(manifest["prevalence"])
    unknown = [name for name in learners if name not in LEARNERS]
    if unknown:
        raise ValueError(f"unknown learners {unknown}; there are {', '.join(LEARNERS)}")
    models = tuple(load_model(path / "sources" / name) for name in learners)
    arrays = load_arrays(path / "arrays.npz", _TARGET_ARRAYS)
    _check_target(manifest, arrays)
    kernel = ResidualKernel(arrays["factor_weights"])
    target_kernel = _load_target_kernel(manifest, arrays)
    members = [Member(entry["uses_source"], entry["strength"]) for entry in manifest["members"]]
    ranks, own = arrays["label_ranks"], arrays["label_own"]
    return TargetModel(
        region=manifest["region"],
        family=manifest["family"],
        source_score=SourceScore(
            models,
            RankTransform(arrays["rank_reference"]),
            LogitScale(arrays["score_centre"], arrays["score_spread"]),
            float(arrays["score_scale"]),
        ),
        kernel=kernel,
        target_kernel=target_kernel,
        # the posterior follows from the labels in milliseconds, so it is not stored
        mixture=fit_residual_mixture(
            members,
            arrays["label_score"],
            kernel.covariance(ranks, ranks) + target_kernel.covariance(own, own),
            arrays["labels"],
            arrays["weights"],
        ),
        label_score=arrays["label_score"],
        label_ranks=ranks,
        label_own=own,
        labels=arrays["labels"],
        weights=arrays["weights"],
        prevalence=manifest["prevalence"],
        seed=manifest["seed"],
        version=manifest["version"],
    )


_TARGET_ARRAYS = (
    *("rank_reference", "score_centre", "score_spread", "score_scale", "factor_weights"),
    *("label_score", "label_ranks", "label_own", "own_rank_reference", "labels", "weights"),
)


def _check_target(manifest: dict, arrays: dict[str, np.ndarray]) -> None:
    """Check that the arrays of a target fit each other, so that what follows from them is small."""
    labels = len(np.atleast_1d(arrays["labels"]))
    own = len(manifest["target_factors"]) + len(manifest["target_classes"])
    factors = len(manifest["factors"]) - own
    columns = len(manifest["learners"]) * len(PREPARATIONS)
    cells = arrays["rank_reference"].shape[-1:]
    shapes = {
        "rank_reference": (factors, *cells),
        "score_centre": (columns,),
        "score_spread": (columns,),
        "score_scale": (),
        "factor_weights": (factors,),
        "label_score": (labels,),
        "label_ranks": (labels, factors),
        "label_own": (labels, own),
        "own_rank_reference": (len(manifest["target_factors"]), *cells),
        "labels": (labels,),
        "weights": (labels,),
    }
    positive = {"score_spread", "score_scale"}
    lowest = dict.fromkeys(("factor_weights", "labels", "weights"), 0.0)
    lowest |= dict.fromkeys(positive, SMALLEST)
    for name, shape in shapes.items():
        _check_numbers(name, arrays[name], shape, lowest=lowest.get(name, -LARGEST))
    strengths = [entry["strength"] for entry in manifest["members"]]
    if labels > MOST_LABELS or not 0 < len(strengths) <= MOST_MEMBERS:
        raise ValueError(f"it has {labels} labels and {len(strengths)} members")
    _check_numbers("strength", np.array(strengths), (len(strengths),), lowest=0.0, highest=100.0)
    if not np.isin(arrays["labels"], [0, 1]).all() or cells == (0,):
        raise ValueError("its labels are not 0 and 1, or it has no background")


def _check_numbers(
    name: str, values: np.ndarray, shape: tuple, *, lowest: float = -LARGEST, highest=LARGEST
) -> None:
    if values.dtype.kind not in "fiu" or values.shape != shape:
        raise ValueError(f"{name} has shape {values.shape} in place of {shape}, or no numbers")
    if not ((values >= lowest) & (values <= highest)).all():
        raise ValueError(f"{name} holds numbers beyond {lowest:g} to {highest:g}")


def _load_target_kernel(manifest: dict, arrays: dict[str, np.ndarray]) -> TargetKernel:
    measured, classes = manifest["target_factors"], manifest["target_classes"]
    shared = len(manifest["factors"]) - len(measured) - len(classes)
    return TargetKernel(
        tuple(measured),
        tuple(classes),
        tuple(manifest["units"][shared:]),
        RankTransform(arrays["own_rank_reference"]),
    )
