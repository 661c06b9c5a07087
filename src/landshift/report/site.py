"""What a study says of one place: read from its maps, and explained by its model."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from rasterio.windows import Window
from scipy.special import logit

from landshift.acquire.inventory.storage import load_inventory
from landshift.evaluation.drivers.explanation import choose_reference, explain_cells
from landshift.geodata.cells import locate_cells
from landshift.geodata.opening import open_dataset
from landshift.mapping.applicability import UNKNOWN
from landshift.mapping.classes import CLASS_NAMES
from landshift.runtime.files import check_finished
from landshift.transfer.storage import load_model
from landshift.transfer.target_model import TargetModel

NEAREST = 5
"""Mapped landslides and shots that are named."""

_TRUST = ("dissimilarity", "applicability")
_MAPS = ("susceptibility", "susceptibility_lower", "susceptibility_upper", "uncertainty", "classes")


@dataclass(frozen=True)
class Contribution:
    """A factor at the place: its value, and what it adds to the logit."""

    factor: str
    value: float
    units: str
    contribution: float


@dataclass(frozen=True)
class Neighbour:
    """A mapped landslide near the place; direction clockwise from grid north."""

    id: str
    date: str | None
    distance_m: float
    direction_degree: float


@dataclass(frozen=True)
class Push:
    """A shot of the fine-tuning that moves the place: what it adds to the logit by its likeness."""

    landslide: bool
    push: float
    distance_m: float
    direction_degree: float


@dataclass(frozen=True)
class Site:
    """All that is known of a place.

    Attributes
    ----------
    target, longitude, latitude, x, y, crs
        The region whose map covers it, and where it is.
    susceptibility, lower, upper
        Susceptibility [1] and its 90 % interval.
    susceptibility_class, class_name
        1 to 5, and its name.
    percentile
        Share of the region's cells that are less susceptible, cells as susceptible by half [%].
    uncertainty
        Standard deviation of the logit.
    dissimilarity, inside
        Dissimilarity index, and whether it is within the area of applicability; None for frozen
        source models, whose sources' data are elsewhere.
    base, prevalence_shift
        Logit of an average cell of the region at equal prevalence of both classes, and what the
        stated prevalence adds; with the contributions they make the logit of the susceptibility.
    contributions
        All factors, the strongest first.
    landslides, pushes
        The nearest mapped landslides, and the shots that move the place most.
    """

    target: str
    longitude: float
    latitude: float
    x: float
    y: float
    crs: str
    susceptibility: float
    lower: float
    upper: float
    susceptibility_class: int
    class_name: str
    percentile: float
    uncertainty: float
    dissimilarity: float | None
    inside: bool | None
    base: float
    prevalence_shift: float
    contributions: tuple[Contribution, ...]
    landslides: tuple[Neighbour, ...]
    pushes: tuple[Push, ...]

    @property
    def applicability(self) -> str:
        """``inside`` or ``outside`` the area of applicability, or why that is not known."""
        if self.inside is None:
            return UNKNOWN
        return "inside" if self.inside else "outside"

    def to_dict(self) -> dict[str, Any]:
        """Turn everything into plain numbers, texts and lists, for JSON."""
        return asdict(self) | {"applicability": self.applicability}


def describe_site(results: str | Path, longitude: float, latitude: float) -> Site:
    """Describe the place at a longitude and latitude by the maps of a finished study.

    Parameters
    ----------
    results
        Folder of the study, such as ``results/default``.
    longitude, latitude
        WGS 84 [degree].

    Raises
    ------
    ValueError
        If the study has no maps or is not finished, or the place lies outside all of its maps or on
        a cell without data.
    """
    results = Path(results)
    target, x, y = _find_target(results, longitude, latitude)
    maps = results / "targets" / target
    known = _check_finished(results, target)
    susceptibility = _read_cell(maps / "susceptibility.tif", x, y)[0]
    if math.isnan(susceptibility):
        raise ValueError(
            f"longitude {longitude:g}, latitude {latitude:g} lies in {target}, but on a cell "
            "without data; choose a place on the map"
        )
    code = int(_read_cell(maps / "classes.tif", x, y)[0])
    return Site(
        target=target,
        longitude=longitude,
        latitude=latitude,
        x=x,
        y=y,
        crs=_read_crs(maps / "susceptibility.tif"),
        susceptibility=float(susceptibility),
        lower=float(_read_cell(maps / "susceptibility_lower.tif", x, y)[0]),
        upper=float(_read_cell(maps / "susceptibility_upper.tif", x, y)[0]),
        susceptibility_class=code,
        class_name=CLASS_NAMES[code - 1],
        percentile=_rank_cell(maps / "susceptibility.tif", susceptibility),
        uncertainty=float(_read_cell(maps / "uncertainty.tif", x, y)[0]),
        dissimilarity=float(_read_cell(maps / "dissimilarity.tif", x, y)[0]) if known else None,
        inside=bool(_read_cell(maps / "applicability.tif", x, y)[0]) if known else None,
        landslides=_find_landslides(results / "regions" / target / "inventory.gpkg", x, y),
        **_explain_place(results, target, x, y),
    )


def _check_finished(results: Path, target: str) -> bool:
    """Check that all files that tell of a place are there; True with those of applicability."""
    maps, region = results / "targets" / target, results / "regions" / target
    trust = [maps / f"{name}.tif" for name in _TRUST]
    # a study of frozen source models, or without sources, never makes them
    taught = not any((results / "sources" / name).is_dir() for name in ("frozen", "none"))
    known = taught or all(map(Path.exists, trust))
    needed = [maps / f"{name}.tif" for name in _MAPS] + (trust if known else [])
    needed += [maps / "model", maps / "shots.parquet"]
    needed += [region / name for name in ("background.parquet", "inventory.gpkg")]
    check_finished(results, needed)
    return known


def _explain_place(results: Path, target: str, x: float, y: float) -> dict[str, Any]:
    maps, region = results / "targets" / target, results / "regions" / target
    model = load_model(maps / "model")
    values = _read_factors(region / "factors", model.factors, x, y)
    background = pd.read_parquet(region / "background.parquet")[list(model.factors)]
    reference = choose_reference(background.to_numpy(np.float32), seed=model.seed)
    explanation = explain_cells(model, values, reference)
    added = explanation.contributions[0]
    return {
        "base": explanation.base,
        "prevalence_shift": float(logit(model.prevalence)),
        "contributions": tuple(
            Contribution(
                model.factors[column],
                float(values[0, column]),
                model.units[column],
                float(added[column]),
            )
            for column in np.argsort(-np.abs(added), kind="stable")
        ),
        "pushes": _find_pushes(model, maps / "shots.parquet", explanation.pushes[0], x, y),
    }


def _find_target(results: Path, longitude: float, latitude: float) -> tuple[str, float, float]:
    """Find the map that covers a place with data, or else one that covers it at all."""
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise ValueError(
            f"longitude {longitude:g}, latitude {latitude:g} is no place on Earth; state degrees, "
            "longitude first"
        )
    paths = sorted(results.glob("targets/*/susceptibility.tif"))
    if not paths:
        raise ValueError(f"{results}: no maps here; run the study first, or check its name")
    covering, extents = [], []
    for path in paths:
        with open_dataset(path) as source:
            x, y = Transformer.from_crs(4326, source.crs, always_xy=True).transform(
                longitude, latitude
            )
            bounds = Transformer.from_crs(source.crs, 4326, always_xy=True).transform_bounds(
                *source.bounds
            )
        extents.append(
            f"{path.parent.name} (longitude {bounds[0]:.3f} to {bounds[2]:.3f}, "
            f"latitude {bounds[1]:.3f} to {bounds[3]:.3f})"
        )
        value = _read_cell(path, x, y) if np.isfinite([x, y]).all() else None
        if value is not None:
            covering.append((bool(np.isnan(value[0])), path.parent.name, x, y))
    if not covering:
        raise ValueError(
            f"longitude {longitude:g}, latitude {latitude:g} lies outside all maps of {results}: "
            + "; ".join(extents)
        )
    _, target, x, y = min(covering)
    return target, x, y


def _read_cell(path: Path, x: float, y: float) -> np.ndarray | None:
    """Read all bands at one place, shape ``(bands,)``; None outside the raster."""
    with open_dataset(path) as source:
        (row,), (column,), (inside,) = locate_cells(source, np.array([[x, y]]))
        return source.read(window=Window(column, row, 1, 1))[:, 0, 0] if inside else None


def _read_crs(path: Path) -> str:
    with open_dataset(path) as source:
        return source.crs.to_string()


def _read_factors(folder: Path, names: Sequence[str], x: float, y: float) -> np.ndarray:
    found: dict[str, float] = {}
    for path in sorted(folder.glob("*.tif")):
        with open_dataset(path) as source:
            descriptions = source.descriptions
        found |= zip(descriptions, _read_cell(path, x, y), strict=True)
    missing = [name for name in names if name not in found]
    if missing:
        raise ValueError(f"{folder}: the factors {missing} of the model are missing; run the study")
    return np.array([[found[name] for name in names]], np.float32)


def _rank_cell(path: Path, value: float) -> float:
    below = equal = cells = 0
    with open_dataset(path) as source:
        for _, window in source.block_windows(1):
            block = source.read(1, window=window)
            below += int((block < value).sum())
            equal += int((block == value).sum())
            cells += int(np.isfinite(block).sum())
    return 100 * (below + equal / 2) / cells


def _find_landslides(path: Path, x: float, y: float) -> tuple[Neighbour, ...]:
    """Find the nearest landslides: distance and direction to the nearest point of each."""
    landslides: gpd.GeoDataFrame = load_inventory(path)[0]
    place = shapely.Point(x, y)
    distances = landslides.distance(place)
    rows = landslides.assign(distance_m=distances).nsmallest(NEAREST, "distance_m")
    found = []
    for row in rows.itertuples():
        nearest = shapely.shortest_line(place, row.geometry).coords[-1]
        direction = _find_direction(nearest[0] - x, nearest[1] - y)
        date = None if pd.isna(row.date) else str(row.date)
        found.append(Neighbour(str(row.id), date, float(row.distance_m), direction))
    return tuple(found)


def _find_pushes(
    model: TargetModel, path: Path, pushes: np.ndarray, x: float, y: float
) -> tuple[Push, ...]:
    shots = pd.read_parquet(path)
    order = np.argsort(-np.abs(pushes[: len(shots)]), kind="stable")[:NEAREST]
    found = []
    for index in order:
        east, north = float(shots["x"].iloc[index] - x), float(shots["y"].iloc[index] - y)
        found.append(
            Push(
                bool(model.labels[index]),
                float(pushes[index]),
                math.hypot(east, north),
                _find_direction(east, north),
            )
        )
    return tuple(found)


def _find_direction(east: float, north: float) -> float:
    return math.degrees(math.atan2(east, north)) % 360
