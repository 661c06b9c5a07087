"""Transfer to virtual regions by the dozen: known shifts, known truth.

Three real regions say little about other regions. Here four source regions stay as they are, and
every target departs from them by a drawn amount in its terrain (covariate shift) and in what makes
its slopes fail (concept shift).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.evaluation.benchmark.run import RegionTables
from landshift.evaluation.benchmark.splits import draw_split
from landshift.factors.drainage.derive import derive_drainage_factors
from landshift.factors.subcells import average_with_subcells
from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.mapping.interval import find_steps, find_variance
from landshift.runtime.one_thread import on_one_thread
from landshift.runtime.seeds import derive_seed
from landshift.sampling.draw import draw_background, draw_samples
from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.pretraining import SourceModel

CRS = "EPSG:32632"
SIZE = 160
"""Cells along the edge of a region; its samples, not its extent, set the time it takes."""

LANDSLIDES = 200
FAILURE_SHARE = 0.04
MICRO_RELIEF_M = 1.0
"""Standard deviation of the hollows in which landslides begin [m]."""
BACKGROUND_CELLS = 1000
SOURCES = ("alder", "birch", "cedar", "dogwood")


@dataclass(frozen=True)
class Shift:
    """How far a region departs from the sources, each 0 (not at all) to 1.

    Attributes
    ----------
    covariate
        In relief, valleys and hillslopes: the factors have other values.
    concept
        In rock, soil, rain and dip: the same factors mean another probability.
    """

    covariate: float
    concept: float


@dataclass(frozen=True)
class KnownRegion:
    """Tables of a virtual region, and the true probability of its background cells."""

    tables: RegionTables
    true_probability: np.ndarray


def draw_shifts(count: int, *, seed: int) -> dict[str, Shift]:
    """Draw the shifts of target regions, spread evenly over small and large ones of both kinds.

    Examples
    --------
    >>> sorted(draw_shifts(2, seed=1))
    ['target_01', 'target_02']
    """
    generator = np.random.default_rng(derive_seed(seed, "shifts"))
    even = (np.arange(count) + 0.5) / count
    covariate, concept = generator.permutation(even), generator.permutation(even)
    return {
        f"target_{number + 1:02d}": Shift(float(covariate[number]), float(concept[number]))
        for number in range(count)
    }


def settle_region(name: str, shift: Shift, *, seed: int) -> dict:
    """Choose settings of `generate_virtual_region` for a region that departs from the sources.

    Half of the targets fail the dryer the more they differ, as slopes far above the channels do.
    """
    generator = np.random.default_rng(derive_seed(seed, "settings", name))
    higher, older, rounder = generator.choice([-1.0, 1.0], 3) * shift.covariate
    wetter, deeper = generator.choice([-1.0, 1.0], 2) * shift.concept
    turn = generator.choice([-180.0, 180.0]) * shift.concept
    return {
        "origin": (600_000, 5_000_000),
        "crs": CRS,
        "size": SIZE,
        "relief_m": 800 * 2.2**higher,
        "incision": 0.7 * 2.0**older,
        "hillslope_length_m": 60 * 2.0**rounder,
        "roughness": float(generator.uniform(0.15, 0.3)),
        "rainfall_mm": 1500 * 2.0**wetter,
        "soil_depth_m": (0.6 * 2.0**deeper, 2.0 * 2.0**deeper),
        "cohesion_kpa": (2.0, 10.0 - 4.0 * shift.concept),
        "dip_direction_degree": float((generator.uniform(-20, 20) + turn) % 360),
        "dip_effect": 0.2,
        "wetness": 1 - float(generator.choice([0, 1])) * shift.concept,
        "micro_relief_m": MICRO_RELIEF_M,
        "failure_share": FAILURE_SHARE,
        "landslides": LANDSLIDES,
    }


def make_region(name: str, shift: Shift, *, seed: int) -> KnownRegion:
    """Generate a region, derive its terrain and drainage factors, and draw its tables."""
    region = generate_virtual_region(name, seed=seed, **settle_region(name, shift, seed=seed))
    elevation = region.layers["dem"]
    terrain, drainage = (
        average_with_subcells(derive(region.detail), region.detail, elevation.odc.geobox)
        for derive in (derive_terrain_factors, derive_drainage_factors)
    )
    factors = terrain.assign(drainage.data_vars)
    samples = draw_samples(factors, region.inventory, elevation=elevation, region=name, seed=seed)
    background = draw_background(factors, samples, region=name, cells=BACKGROUND_CELLS, seed=seed)
    places = {axis: background[axis].to_xarray() for axis in ("x", "y")}
    truth = region.layers["true_probability"].sel(places, method="nearest")
    return KnownRegion(RegionTables(samples, background), truth.to_numpy())


@on_one_thread
def measure_coverage(
    target: str,
    region: KnownRegion,
    source_models: Sequence[SourceModel],
    *,
    shots: Sequence[int],
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Count the cells whose true probability lies in the 90 % interval of the fine-tuned model.

    Returns
    -------
    pandas.DataFrame
        A row per number of shots and draw: ``target, shots, draw, coverage``, ``below`` and
        ``above`` (shares of the cells whose truth lies below and above the interval).
    """
    samples, background = region.tables.samples, region.tables.background
    truth = logit(region.true_probability.astype(float))
    rows = []
    for number in range(draws):
        draw_seed = derive_seed(seed, "draw", target, str(number))
        draw = draw_split(samples, shots=max(shots), seed=draw_seed)
        for count in shots:
            model = fine_tune_target(
                source_models,
                draw.take_shots(samples, count),
                background,
                prevalence=FAILURE_SHARE,
                seed=draw_seed,
            )
            values = background[list(model.factors)].to_numpy(np.float32)
            prediction = model.predict(values)
            middle = logit(prediction.probability)
            lower, upper = find_steps(find_variance(prediction.sd, model.score_error))
            below, above = np.mean(truth < middle + lower), np.mean(truth > middle + upper)
            rows.append((target, count, number, 1 - below - above, below, above))
    return pd.DataFrame(rows, columns=["target", "shots", "draw", "coverage", "below", "above"])


def summarise_coverage(coverage: pd.DataFrame) -> pd.DataFrame:
    """Mean coverage by number of shots, and its range over the targets.

    Parameters
    ----------
    coverage
        Tables of `measure_coverage`, joined.

    Returns
    -------
    pandas.DataFrame
        A row per number of shots: ``shots, coverage, lowest, highest`` (of the targets' means),
        ``below`` and ``above``.
    """
    means = coverage.groupby(["shots", "target"])[["coverage", "below", "above"]].mean()
    groups = means.groupby("shots")
    summary = groups.mean()
    summary.insert(1, "lowest", groups["coverage"].min())
    summary.insert(2, "highest", groups["coverage"].max())
    return summary.reset_index()


def split_by_shift(shifts: Mapping[str, Shift]) -> dict[str, list[str]]:
    """Group the targets: all of them, and those of small and large shift of both kinds.

    Examples
    --------
    >>> split_by_shift({"a": Shift(0.1, 0.9), "b": Shift(0.8, 0.2)})["large concept shift"]
    ['a']
    """
    groups = {"all": list(shifts)}
    for kind in ("covariate", "concept"):
        sizes = {name: getattr(shift, kind) for name, shift in shifts.items()}
        middle = np.median(list(sizes.values()))
        groups[f"small {kind} shift"] = [name for name in shifts if sizes[name] < middle]
        groups[f"large {kind} shift"] = [name for name in shifts if sizes[name] >= middle]
    return groups
