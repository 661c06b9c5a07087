"""The few labelled cells of a target that stage 2 learns from."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas
import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from landshift.acquire.inventory.source_areas import source_points
from landshift.acquire.inventory.storage import load_inventory
from landshift.geodata.grids import cover_box
from landshift.runtime.seeds import derive_seed

_log = logging.getLogger("landshift.sampling")


def find_held_out(
    samples: pd.DataFrame,
    shots: pd.DataFrame,
    elevation: xr.DataArray,
    validation: str | Path | None = None,
    known: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Find the landslides that a model was fine-tuned on, and those that it has not seen.

    Later landslides count where they began, as the samples of a model do; without any it is the
    landslides that gave no shot.

    Parameters
    ----------
    samples, shots
        As for `landshift.sampling.shots.split_landslides`.
    elevation
        Elevation on the grid of the region [m], eager.
    validation
        Inventory of later landslides, from `storage.write_inventory`, or None.
    known
        Where sources lie whose samples are unknown, as from
        `landshift.transfer.manifest.read_frozen_places`: earlier landslides there are not held out.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        Points of the landslides used, and of those held out.
    """
    used, others = split_landslides(samples, shots, crs=str(elevation.odc.crs))
    later = load_inventory(validation)[0] if validation else ()
    if len(later):
        return used, source_points(later, elevation)
    learned = find_in_places(others, known or {})
    if learned.any():
        _log.warning(
            "%d of %d landslides lie in a source of the frozen models, which may have learned "
            "them; they are not counted as unseen",
            *(learned.sum(), len(others)),
        )
    return used, others[~learned]


def find_in_places(
    landslides: gpd.GeoDataFrame, places: Mapping[str, Mapping[str, Sequence[float]]]
) -> np.ndarray:
    """Find which landslides touch a place: bool of shape ``(n,)``.

    Parameters
    ----------
    landslides
        Points or polygons.
    places
        By name a ``box`` as west, south, east, north [degree], perhaps ``without`` another one.

    Examples
    --------
    >>> points = gpd.points_from_xy([0.5, 1.5, 3], [0.5, 0.5, 0.5], crs="EPSG:4326")
    >>> points = gpd.GeoDataFrame(geometry=points)
    >>> find_in_places(points, {"alder": {"box": [0, 0, 2, 1], "without": [1, 0, 2, 1]}}).tolist()
    [True, False, False]
    """
    shapes = landslides.geometry.to_crs("EPSG:4326")
    found = np.zeros(len(shapes), bool)
    for place in places.values():
        area = cover_box(place["box"])
        if "without" in place:
            area = area.difference(cover_box(place["without"]))
        found |= shapes.intersects(area).to_numpy()
    return found


MOST_SHOTS = 250
"""Landslides taken where no number is stated: stage 2 takes time with the cube of it."""


def draw_shots(
    samples: pd.DataFrame, *, region: str, seed: int, shots: int | None = None
) -> pd.DataFrame:
    """Draw landslides of a target and as many absences.

    Fewer shots are always part of more: the order of the presences and of the absences is drawn
    once, from the seed and the region's name.

    Parameters
    ----------
    samples
        Samples of the target, with the column ``presence``.
    region
        Name of the target, part of the seed.
    seed
        The study's seed.
    shots
        Number of landslides; None takes all, but no more than `MOST_SHOTS`.

    Returns
    -------
    pandas.DataFrame
        Rows of `samples`: the presences, then the absences.

    Raises
    ------
    ValueError
        If the target has fewer landslides than asked for.

    Examples
    --------
    >>> samples = pd.DataFrame({"presence": [1, 1, 0, 0, 0]})
    >>> draw_shots(samples, region="alder", seed=42, shots=1)["presence"].tolist()
    [1, 0]
    """
    labels = samples["presence"].to_numpy()
    generator = np.random.default_rng(derive_seed(seed, "shots", region))
    presences = generator.permutation(np.flatnonzero(labels == 1))
    absences = generator.permutation(np.flatnonzero(labels == 0))
    count = min(len(presences), MOST_SHOTS) if shots is None else shots
    if count > len(presences):
        raise ValueError(
            f"regions.{region}.shots: {shots} landslides are wanted, but {len(presences)} are left "
            "after cleaning and thinning; lower it, or remove the key"
        )
    return samples.iloc[np.concatenate([presences[:count], absences[:count]])]


def split_landslides(
    samples: pd.DataFrame, shots: pd.DataFrame, *, crs: str
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    """Split the landslides of a target into those that gave shots and the held-out ones.

    Parameters
    ----------
    samples
        Samples of the target: columns ``x``, ``y`` [m] and ``presence``.
    shots
        Rows of `samples` that stage 2 used.
    crs
        CRS of the coordinates.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        Points of the landslides used, and of the others.
    """
    presences = samples[samples["presence"] == 1]
    used = pd.MultiIndex.from_frame(presences[["x", "y"]]).isin(
        pd.MultiIndex.from_frame(shots[["x", "y"]])
    )
    points = geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy(presences["x"], presences["y"], crs=crs)
    )
    return points[used], points[~used]
