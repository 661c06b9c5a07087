"""Virtual regions: terrain, ground, climate and landslides made by a stated rule.

The true probability of failure is known in every cell, so a map can be scored against the truth.
Slopes fail by the infinite-slope model with topographic wetness (SHALSTAB: Montgomery and
Dietrich 1994, https://doi.org/10.1029/93WR02979). Regions differ in relief, geology and climate,
so both the factors and the relation between slope and failure shift from one to the next.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import xarray as xr
from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from scipy.ndimage import gaussian_filter, gaussian_laplace, zoom
from scipy.optimize import brentq
from scipy.special import expit, ndtr

from landshift.acquire.virtual.landscape import (
    accumulate_specific_area,
    gradient,
    make_fractal_field,
    shape_surface,
)
from landshift.factors.infinite_slope import compute_relative_wetness, compute_safety
from landshift.geodata.crs import check_crs
from landshift.geodata.grids import read_crs
from landshift.runtime.seeds import derive_seed

SPACING_M = 90.0
"""Least distance between two landslides, and between a landslide and the region's edge [m]."""
LOG_SAFETY_SPREAD = 0.45
"""Standard deviation of the log factor of safety: what no map shows of strength and water [1]."""
SOIL_WEIGHT = 18.0
"""Unit weight of wet soil [kN/m3]."""
CONDUCTIVITY_M_PER_DAY = 20.0
"""Saturated hydraulic conductivity of the soil [m/d]."""
STORM_FACTOR = 8.0
"""Recharge in the storm that triggers landslides, over the mean daily rainfall [1]."""
LOWEST_M = 200.0
"""Elevation of the lowest cell [m]."""
PARTS = 3
"""Parts of the edge of a cell where there is micro-relief."""
MICRO_RELIEF_M = 100.0
"""Longest wavelength of the micro-relief [m]."""
SCAR_RADIUS_M = 12.0
"""Distance from its middle at which a scar has 0.6 of its depth [m]."""


@dataclass(frozen=True)
class VirtualRegion:
    """A generated region.

    Attributes
    ----------
    layers
        ``dem`` [m], ``rainfall`` [mm/a], ``lithology`` (codes from 1, 0 is no data) and
        ``true_probability`` [1] of failure per cell.
    detail
        Elevation model [m] that has the micro-relief: with cells of a third of the grid's if
        there is any, else ``dem``.
    inventory
        Landslides to learn from: columns ``id``, ``date`` (ISO year), ``geometry`` (points).
    validation
        Landslides of later years drawn from the same truth, for scoring only.
    """

    layers: xr.Dataset
    detail: xr.DataArray
    inventory: gpd.GeoDataFrame
    validation: gpd.GeoDataFrame


def generate_virtual_region(
    name: str,
    *,
    seed: int,
    origin: tuple[float, float],
    crs: str,
    size: int = 256,
    resolution_m: float = 30.0,
    relief_m: float = 900.0,
    roughness: float = 0.2,
    incision: float = 0.5,
    hillslope_length_m: float = 50.0,
    lithology_units: int = 4,
    cohesion_kpa: tuple[float, float] = (2.0, 10.0),
    friction_degree: tuple[float, float] = (26.0, 38.0),
    soil_depth_m: tuple[float, float] = (0.5, 2.0),
    rainfall_mm: float = 1500.0,
    dip_direction_degree: float = 0.0,
    dip_effect: float = 0.0,
    wetness: float = 1.0,
    micro_relief_m: float = 0.0,
    scar_depth_m: float = 0.0,
    failure_share: float = 0.04,
    landslides: int = 300,
    validation_landslides: int = 0,
) -> VirtualRegion:
    """Generate terrain, ground, climate, the true failure probability and landslides.

    Parameters
    ----------
    name
        Name of the region; with `seed` it fixes every random choice.
    seed
        Seed of the study.
    origin
        West and south edge of the region [m].
    crs
        Projected CRS in metres, such as ``EPSG:32632``.
    size
        Cells along each edge, at least 32.
    resolution_m
        Edge of a cell [m].
    relief_m
        Highest minus lowest elevation [m].
    roughness
        Of the surface before the rivers cut it [1]: 0 smooth to 1 rough.
    incision
        Age of the valleys in response times of the rivers [1]: 0 none, 1 mature, at most 3.
    hillslope_length_m
        Length over which soil creep rounds the hills [m]; 0 leaves ridges sharp.
    lithology_units
        Number of rock units, 1 to 20; each has its own strength, soil and erodibility.
    cohesion_kpa, friction_degree
        Lowest and highest cohesion of soil and roots [kPa] and friction angle [degree]
        among the units.
    soil_depth_m
        Shallowest and deepest soil [m].
    rainfall_mm
        Mean rainfall [mm/a]; more falls on higher ground.
    dip_direction_degree
        Direction in which the rock's bedding dips [degree clockwise from north].
    dip_effect
        Share of its resistance that a slope loses where it faces that way, and gains where it
        faces against it [1], 0 to 0.9: slopes along the bedding fail more easily than slopes
        across it.
    wetness
        Share of the storm's water that soaks the slopes [1]; at 0 they fail dry, where they are
        steep and weak, however much land drains into them.
    micro_relief_m
        Standard deviation of the hollows and knolls of 30 to 100 m across [m] in which landslides
        begin. Above 0 the elevation model, the failures and the landslides are those of cells of a
        third of `resolution_m`, and the layers their means.
    scar_depth_m
        Depth of the scars that the landslides of the inventory have left in the elevation model
        [m]; the later ones are younger than the model.
    failure_share
        Mean of the true probability: the share of cells that fail [1].
    landslides, validation_landslides
        Number of landslides in the inventory and in the later one, which are distinct.

    Returns
    -------
    VirtualRegion
        Layers on one grid of shape ``(size, size)``, and two inventories.

    Raises
    ------
    ValueError
        If a value is out of its range, the CRS is not in metres, or the region has no room for
        that many landslides `SPACING_M` apart.

    Examples
    --------
    >>> region = generate_virtual_region(
    ...     "alder", seed=42, origin=(600000, 5000000), crs="EPSG:32632", size=64, landslides=20
    ... )
    >>> len(region.inventory), dict(region.layers.sizes)
    (20, {'y': 64, 'x': 64})
    """
    _check_range(name, "size", size, 32, 4096)
    _check_range(name, "resolution_m", resolution_m, 1.0, 1000.0)
    _check_range(name, "relief_m", relief_m, 1.0, 8000.0)
    _check_range(name, "roughness", roughness, 0.0, 1.0)
    _check_range(name, "incision", incision, 0.0, 3.0)
    _check_range(name, "hillslope_length_m", hillslope_length_m, 0.0, 10 * resolution_m)
    _check_range(name, "lithology_units", lithology_units, 1, 20)
    _check_range(name, "rainfall_mm", rainfall_mm, 1.0, 15000.0)
    _check_range(name, "dip_direction_degree", dip_direction_degree, 0.0, 360.0)
    _check_range(name, "dip_effect", dip_effect, 0.0, 0.9)
    _check_range(name, "wetness", wetness, 0.0, 1.0)
    _check_range(name, "micro_relief_m", micro_relief_m, 0.0, 20.0)
    _check_range(name, "scar_depth_m", scar_depth_m, 0.0, 20.0)
    _check_range(name, "failure_share", failure_share, 0.001, 0.5)
    _check_range(name, "landslides", landslides, 1, size * size)
    _check_range(name, "validation_landslides", validation_landslides, 0, size * size)
    _check_pair(name, "cohesion_kpa", cohesion_kpa, 0.0, 200.0)
    _check_pair(name, "friction_degree", friction_degree, 5.0, 60.0)
    _check_pair(name, "soil_depth_m", soil_depth_m, 0.1, 20.0)
    grid = _make_grid(name, origin, crs, size, resolution_m)
    generator = np.random.default_rng(derive_seed(seed, "virtual", name))

    # Wider than the region, so that its rivers come from outside and its edge is not special.
    padding = size // 4
    inner = slice(padding, padding + size)
    wide_units = _draw_units(size + 2 * padding, lithology_units, generator)
    weakness = generator.permutation(np.linspace(0.0, 1.0, lithology_units))
    wide_elevation = _draw_elevation(
        weakness[wide_units],
        generator,
        resolution_m=resolution_m,
        relief_m=relief_m,
        roughness=roughness,
        incision=incision,
        hillslope_length_m=hillslope_length_m,
    )
    elevation = _fit_relief(wide_elevation[inner, inner], relief_m)
    units = wide_units[inner, inner]
    rainfall = _draw_rainfall(elevation, rainfall_mm, generator)
    parts = PARTS if micro_relief_m else 1
    part_m = resolution_m / parts
    detail = _add_micro_relief(elevation, micro_relief_m, resolution_m, generator)
    soil_depth = _draw_soil_depth(detail, part_m, soil_depth_m, generator)
    # Rock that wears away fast is also weak in shear; cohesion and friction need not agree fully.
    cohesion = np.interp(1.0 - weakness, [0, 1], cohesion_kpa)[units]
    friction = np.radians(generator.permutation(np.linspace(*friction_degree, lithology_units)))
    safety = compute_factor_of_safety(
        gradient(detail, part_m),
        accumulate_specific_area(detail, part_m),
        soil_depth_m=soil_depth,
        cohesion_kpa=_divide(cohesion, parts),
        friction_radian=_divide(friction[units], parts),
        rainfall_mm=wetness * _divide(rainfall, parts),
    )
    facing = _face_direction(detail, dip_direction_degree)
    probability = _failure_probability(safety * (1.0 - dip_effect * facing), failure_share)
    places = _draw_landslides(
        name, probability, landslides + validation_landslides, part_m, generator
    )
    part_grid = GeoBox(detail.shape, grid.affine * Affine.scale(1 / parts), grid.crs)
    detail = _dig_scars(detail, places[:landslides], scar_depth_m, part_m)
    elevation = _average(detail, parts)
    return VirtualRegion(
        layers=_wrap_layers(grid, elevation, rainfall, units, _average(probability, parts)),
        detail=_wrap_elevation(detail, part_grid),
        inventory=_make_inventory(
            name, places[:landslides], part_grid, range(2001, 2016), generator
        ),
        validation=_make_inventory(
            f"{name}-later", places[landslides:], part_grid, range(2016, 2021), generator
        ),
    )


def compute_factor_of_safety(
    steepness: np.ndarray,
    specific_area: np.ndarray,
    *,
    soil_depth_m: np.ndarray | float,
    cohesion_kpa: np.ndarray | float,
    friction_radian: np.ndarray | float,
    rainfall_mm: np.ndarray | float,
) -> np.ndarray:
    """Resisting over driving stress on an infinite slope with steady subsurface flow.

    Parameters
    ----------
    steepness
        Gradient [m/m].
    specific_area
        Upslope area per contour length [m].
    soil_depth_m
        Vertical depth of soil [m].
    cohesion_kpa, friction_radian
        Cohesion of soil and roots [kPa], friction angle [radian].
    rainfall_mm
        Mean rainfall [mm/a]; `STORM_FACTOR` times its daily mean feeds the slope.

    Returns
    -------
    numpy.ndarray
        Factor of safety [1], below 1 where the slope fails, limited to 100 on flat ground.
    """
    angle = np.arctan(np.maximum(steepness, 1e-3))
    recharge_m_per_day = STORM_FACTOR * rainfall_mm / 365.25 / 1000.0
    transmissivity = CONDUCTIVITY_M_PER_DAY * soil_depth_m * np.cos(angle)
    safety = compute_safety(
        angle,
        compute_relative_wetness(angle, specific_area, recharge_m_per_day, transmissivity),
        soil_depth_m=soil_depth_m,
        cohesion_kpa=cohesion_kpa,
        friction_radian=friction_radian,
        soil_weight=SOIL_WEIGHT,
    )
    return np.minimum(safety, 100.0)


def _check_range(name: str, key: str, value: float, low: float, high: float) -> None:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise ValueError(
            f"virtual region {name}: {key} is {value!r}; give a number from {low} to {high}"
        )
    if isinstance(low, int) and value != int(value):
        raise ValueError(f"virtual region {name}: {key} is {value!r}; give a whole number")


def _check_pair(name: str, key: str, pair: tuple[float, float], low: float, high: float) -> None:
    if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
        raise ValueError(
            f"virtual region {name}: {key} is {pair!r}; give the lowest and the highest value"
        )
    for value in pair:
        _check_range(name, key, value, low, high)
    if pair[0] > pair[1]:
        raise ValueError(
            f"virtual region {name}: {key} is {pair!r}; the lowest value must come first"
        )


def _make_grid(
    name: str, origin: tuple[float, float], crs: str, size: int, resolution_m: float
) -> GeoBox:
    if isinstance(origin, str) or not hasattr(origin, "__len__") or len(origin) != 2:
        raise ValueError(
            f"virtual region {name}: origin is {origin!r}; give the west and south edge [m]"
        )
    for edge in origin:
        _check_range(name, "origin", edge, -1e8, 1e8)
    west, south = origin
    metric = read_crs(crs, f"crs of the virtual region {name}")
    north = south + size * resolution_m
    check_crs(f"virtual region {name}", metric)
    corners = metric.transformer_to_crs(CRS("EPSG:4326"))(
        [west, west + north - south], [south, north]
    )
    if not np.isfinite(corners).all():
        raise ValueError(
            f"virtual region {name}: origin {list(origin)} lies outside the map of {crs}; give the "
            "west and south edge [m] of a place on it"
        )
    return GeoBox((size, size), Affine(resolution_m, 0, west, 0, -resolution_m, north), metric)


def _draw_units(size: int, count: int, generator: np.random.Generator) -> np.ndarray:
    # Whichever of several smooth fields is highest: patches with irregular, curved contacts.
    fields = [make_fractal_field(size, 0.9, generator, longest=0.3) for _ in range(count)]
    return np.argmax(fields, axis=0).astype(np.int64)


def _draw_elevation(
    weakness: np.ndarray,
    generator: np.random.Generator,
    *,
    resolution_m: float,
    relief_m: float,
    roughness: float,
    incision: float,
    hillslope_length_m: float,
) -> np.ndarray:
    size = weakness.shape[0]
    fractures = make_fractal_field(size, 0.3, generator)
    return shape_surface(
        make_fractal_field(size, 1.0 - roughness, generator),
        resolution_m=resolution_m,
        relief_m=relief_m,
        incision=incision,
        hillslope_length_m=hillslope_length_m,
        erodibility=np.exp(0.8 * (weakness - 0.5) + 0.3 * fractures),
        wander=generator.uniform(0.5, 1.5, (size, size)),
    )


def _fit_relief(elevation: np.ndarray, relief_m: float) -> np.ndarray:
    # Centimetres: the last bits of a transcendental function may differ between machines.
    lifted = (elevation - elevation.min()) * (relief_m / np.ptp(elevation))
    return np.round(lifted + LOWEST_M, 2)


def _divide(values: np.ndarray, parts: int) -> np.ndarray:
    """Repeat every cell as `parts` times `parts` cells."""
    return values.repeat(parts, axis=0).repeat(parts, axis=1)


def _average(values: np.ndarray, parts: int) -> np.ndarray:
    """Average `parts` times `parts` cells."""
    if parts == 1:
        return values
    height, width = (edge // parts for edge in values.shape)
    return values.reshape(height, parts, width, parts).mean(axis=(1, 3))


def _add_micro_relief(
    elevation: np.ndarray, deviation_m: float, resolution_m: float, generator: np.random.Generator
) -> np.ndarray:
    """Refine a surface by cubic splines and add hollows and knolls; whole centimetres."""
    if not deviation_m:
        return elevation
    smooth = zoom(elevation, PARTS, order=3, mode="nearest", grid_mode=True)
    longest = MICRO_RELIEF_M / (2 * elevation.shape[0] * resolution_m)
    hollows = make_fractal_field(smooth.shape[0], 1.0, generator, longest=longest)
    return np.round(smooth + deviation_m * hollows, 2)


def _dig_scars(
    elevation: np.ndarray, places: np.ndarray, depth_m: float, resolution_m: float
) -> np.ndarray:
    """Lower a surface around landslides by bowls of `SCAR_RADIUS_M`; whole centimetres."""
    if not depth_m:
        return elevation
    holes = np.zeros(elevation.shape)
    holes[tuple(places.T)] = 1.0
    bowls = gaussian_filter(holes, SCAR_RADIUS_M / resolution_m, mode="constant")
    return np.round(elevation - depth_m * np.minimum(bowls / bowls.max(), 1.0), 2)


def _draw_rainfall(
    elevation: np.ndarray, rainfall_mm: float, generator: np.random.Generator
) -> np.ndarray:
    broad = gaussian_filter(elevation, elevation.shape[0] / 25)
    height = (broad - broad.mean()) / broad.std()
    showers = make_fractal_field(elevation.shape[0], 1.0, generator)
    pattern = np.exp(0.12 * height + 0.08 * showers)
    return rainfall_mm * pattern / pattern.mean()


def _draw_soil_depth(
    elevation: np.ndarray,
    resolution_m: float,
    soil_depth_m: tuple[float, float],
    generator: np.random.Generator,
) -> np.ndarray:
    # Soil gathers in hollows, thins on spurs and on steep ground.
    hollowness = gaussian_laplace(elevation, 1.5)
    patches = make_fractal_field(elevation.shape[0], 0.3, generator, longest=0.2)
    steepness = gradient(elevation, resolution_m)
    share = expit(hollowness / hollowness.std() + 0.7 * patches - (steepness - 0.4) / 0.3)
    return soil_depth_m[0] + (soil_depth_m[1] - soil_depth_m[0]) * share


def _face_direction(elevation: np.ndarray, direction_degree: float) -> np.ndarray:
    """Cosine of the angle between a slope's downhill direction and a compass direction."""
    southward, eastward = np.gradient(elevation)
    length = np.hypot(southward, eastward)
    east = -eastward / np.where(length > 0, length, 1.0)
    north = southward / np.where(length > 0, length, 1.0)
    direction = np.radians(direction_degree)
    return north * np.cos(direction) + east * np.sin(direction)


def _failure_probability(safety: np.ndarray, failure_share: float) -> np.ndarray:
    """Spread the log factor of safety normally; the size of the storm gives the share."""
    margin = np.log(safety)

    def excess(storm: float) -> float:
        return float(ndtr((storm - margin) / LOG_SAFETY_SPREAD).mean()) - failure_share

    storm = brentq(excess, -10.0, 10.0)
    return ndtr((storm - margin) / LOG_SAFETY_SPREAD)


def _draw_landslides(
    name: str,
    probability: np.ndarray,
    count: int,
    resolution_m: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Draw cells without replacement, in proportion to their probability, `SPACING_M` apart."""
    margin = int(np.ceil(SPACING_M / resolution_m))
    offsets = np.arange(-margin, margin + 1) * resolution_m
    near = np.hypot(offsets[:, None], offsets[None, :]) < SPACING_M
    free = np.zeros(probability.shape, bool)
    free[margin:-margin, margin:-margin] = True
    waiting = generator.standard_exponential(probability.shape) / np.maximum(probability, 1e-300)
    drawn: list[tuple[int, int]] = []
    for cell in np.argsort(waiting, axis=None, kind="stable"):
        if len(drawn) == count:
            break
        row, column = divmod(int(cell), probability.shape[1])
        if free[row, column]:
            drawn.append((row, column))
            free[row - margin : row + margin + 1, column - margin : column + margin + 1] &= ~near
    if len(drawn) < count:
        raise ValueError(
            f"virtual region {name}: {count} landslides asked (landslides and"
            f" validation_landslides), but only {len(drawn)} fit {SPACING_M:g} m apart; ask for"
            " fewer or give a larger size"
        )
    return np.array(drawn, dtype=np.int64).reshape(-1, 2)


def _wrap_elevation(elevation: np.ndarray, grid: GeoBox) -> xr.DataArray:
    layer = wrap_xr(elevation.astype(np.float32), grid).rename("dem")
    layer.attrs |= {"units": "m", "long_name": "elevation"}
    return layer


def _wrap_layers(
    grid: GeoBox,
    elevation: np.ndarray,
    rainfall: np.ndarray,
    units: np.ndarray,
    probability: np.ndarray,
) -> xr.Dataset:
    def wrap(values: np.ndarray, name: str, unit: str, long_name: str) -> xr.DataArray:
        layer = wrap_xr(values, grid).rename(name)
        layer.attrs |= {"units": unit, "long_name": long_name}
        return layer

    lithology = wrap((units + 1).astype(np.uint8), "lithology", "1", "lithology unit")
    lithology.attrs["nodata"] = 0
    return xr.Dataset(
        {
            "dem": _wrap_elevation(elevation, grid),
            "rainfall": wrap(rainfall.astype(np.float32), "rainfall", "mm/a", "mean rainfall"),
            "lithology": lithology,
            "true_probability": wrap(
                probability.astype(np.float32), "true_probability", "1", "probability of failure"
            ),
        }
    )


def _make_inventory(
    prefix: str,
    cells: np.ndarray,
    grid: GeoBox,
    years: range,
    generator: np.random.Generator,
) -> gpd.GeoDataFrame:
    x = grid.coords["x"].values[cells[:, 1]]
    y = grid.coords["y"].values[cells[:, 0]]
    return gpd.GeoDataFrame(
        {
            "id": [f"{prefix}-{number:04d}" for number in range(1, len(cells) + 1)],
            "date": [str(year) for year in generator.choice(years, len(cells))],
        },
        geometry=gpd.points_from_xy(x, y),
        crs=str(grid.crs),
    )
