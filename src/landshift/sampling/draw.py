"""Labelled samples and unlabelled background cells of a region, as tables."""

from collections.abc import Callable, Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from scipy.spatial import cKDTree

from landshift.acquire.inventory.source_areas import source_points
from landshift.geodata.cells import locate_cells
from landshift.geodata.raster import cut_windows
from landshift.runtime.seeds import derive_seed
from landshift.sampling.spatial_blocks import assign_blocks, nearest_blocks

CANDIDATES_PER_DRAW = 4
"""Random cells drawn for every absence wanted, before those near landslides are dropped."""


def draw_samples(
    factors: xr.Dataset,
    inventory: gpd.GeoDataFrame,
    *,
    elevation: xr.DataArray,
    region: str,
    seed: int,
    absences: gpd.GeoDataFrame | None = None,
    surveyed: xr.DataArray | None = None,
    absences_per_presence: float = 5,
    buffer_m: float = 100.0,
    thinning_m: float = 60.0,
    blocks: int = 10,
) -> pd.DataFrame:
    """Draw one presence per landslide and random absences away from all landslides.

    The presence of a polygon is its source area: the cell nearest the 80 % quantile of its
    elevation. Presences closer than `thinning_m` to one already taken are dropped. Absences are
    random cells farther than `buffer_m` from any landslide; absences listed by the inventory
    replace random ones.

    Parameters
    ----------
    factors
        Factor rasters, dimensions ``(y, x)``; eager or dask-backed, read a window at a time.
    inventory
        Landslides in the CRS of the factors.
    elevation
        Elevation on the grid of the factors [m].
    region
        Name of the region, also part of the seed.
    seed
        The study's seed.
    absences
        Absences listed with the inventory, if any.
    surveyed
        Where landslides were looked for, NaN elsewhere: random absences lie only there. None means
        everywhere.
    absences_per_presence
        How many random absences to draw for each presence.
    buffer_m
        Distance that random absences keep from landslides [m].
    thinning_m
        Least distance between presences [m].
    blocks
        Number of spatial blocks, by k-means on the coordinates.

    Returns
    -------
    pandas.DataFrame
        Columns ``region, x, y, block, presence`` and a column per factor, none of them NaN.

    Raises
    ------
    ValueError
        If no landslide lies on cells with data, or no cell lies outside the buffer.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> from landshift import derive_terrain_factors
    >>> dem = region.layers["dem"]
    >>> factors = derive_terrain_factors(dem)
    >>> samples = draw_samples(factors, region.inventory, elevation=dem, region="alder", seed=1)
    >>> list(samples)[:5]
    ['region', 'x', 'y', 'block', 'presence']
    """
    valid = _find_valid(factors)
    points = source_points(inventory, elevation).geometry
    landslide_cells = _cells_of_points(factors, points, valid)
    presence_cells = _thin_cells(
        factors, landslide_cells, thinning_m, derive_seed(seed, "thinning", region)
    )
    if len(presence_cells) == 0:
        raise ValueError(
            f"region {region}: none of the {len(inventory)} landslides lies on cells with data; "
            "check the CRS of the inventory and the extent of the layers"
        )
    if absences is None:
        wanted = round(absences_per_presence * len(presence_cells))
        generator = np.random.default_rng(derive_seed(seed, "absences", region))
        eligible = valid if surveyed is None else valid & np.isfinite(surveyed.to_numpy().ravel())
        absence_cells = _draw_absences(factors, inventory, eligible, wanted, buffer_m, generator)
    else:
        absence_cells = _cells_of_points(factors, absences.geometry, valid)
    absence_cells = absence_cells[~np.isin(absence_cells, landslide_cells)]
    if len(absence_cells) == 0:
        remedy = (
            f"no cell with data lies farther than {buffer_m} m from all landslides"
            f"{'' if surveyed is None else ' within inventory.surveyed'}; lower samples.buffer_m"
            if absences is None
            else f"none of the {len(absences)} listed absences lies on cells with data and off the "
            "landslides; check the inventory"
        )
        raise ValueError(f"region {region}: {remedy}")
    cells = np.concatenate([presence_cells, absence_cells])
    table = _tabulate(factors, cells, region)
    table.insert(3, "block", assign_blocks(table, blocks, derive_seed(seed, "blocks", region)))
    presence = np.repeat(np.array([1, 0], np.int8), [len(presence_cells), len(absence_cells)])
    table.insert(4, "presence", presence)
    return table


def draw_background(
    factors: xr.Dataset, samples: pd.DataFrame, *, region: str, cells: int, seed: int
) -> pd.DataFrame:
    """Draw random cells of the region, whatever their label.

    Parameters
    ----------
    factors
        Factor rasters, dimensions ``(y, x)``; eager or dask-backed, read a window at a time.
    samples
        The region's samples; a background cell gets the block of the nearest sample.
    region
        Name of the region, also part of the seed.
    cells
        Number of cells; all cells with data if there are fewer.
    seed
        The study's seed.

    Returns
    -------
    pandas.DataFrame
        Columns ``region, x, y, block`` and a column per factor.

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
    >>> background = draw_background(factors, samples, region="alder", cells=200, seed=1)
    >>> len(background), "presence" in background
    (200, False)
    """
    generator = np.random.default_rng(derive_seed(seed, "background", region))
    candidates = np.flatnonzero(_find_valid(factors))
    picked = generator.choice(candidates, min(cells, len(candidates)), replace=False)
    table = _tabulate(factors, picked, region)
    table.insert(3, "block", nearest_blocks(samples, table))
    return table


def keep_within(table: pd.DataFrame, surveyed: xr.DataArray) -> pd.DataFrame:
    """Keep the cells of a table that lie where landslides were looked for; all if none does.

    Parameters
    ----------
    table
        Columns ``x`` and ``y``.
    surveyed
        1 where landslides were looked for, NaN elsewhere, on the grid of the region.
    """
    rows, columns, _ = locate_cells(surveyed.odc.geobox, table[["x", "y"]].to_numpy())
    inside = np.isfinite(surveyed.to_numpy()[rows, columns])
    return table[inside] if inside.any() else table


def _find_valid(factors: xr.Dataset) -> np.ndarray:
    """Find which cells have all factors, shape ``(cells,)``, a window at a time."""
    valid = np.ones(factors.odc.geobox.shape, bool)
    for window, values in _read_windows(factors):
        valid[window] = np.isfinite(values).all(axis=0)
    return valid.ravel()


def _read_windows(
    factors: xr.Dataset, wanted: Callable[[tuple[slice, slice]], bool] = lambda window: True
) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Read the wanted windows of a region: rows and columns, and values ``(factors, y, x)``."""
    for window in cut_windows(factors.odc.geobox):
        rows, columns = window.toslices()
        if wanted((rows, columns)):
            part = factors.isel(y=rows, x=columns).compute().transpose("y", "x")
            yield (rows, columns), np.stack([layer.to_numpy() for layer in part.values()])


def _cells_of_points(factors, points: gpd.GeoSeries, valid: np.ndarray) -> np.ndarray:
    """Flat index of the cells that hold points, once each, in the order of the points."""
    grid = factors.odc.geobox
    rows, columns, inside = locate_cells(grid, np.column_stack([points.x, points.y]))
    cells = rows[inside] * grid.width + columns[inside]
    cells = cells[valid[cells]]
    _, first = np.unique(cells, return_index=True)
    return cells[np.sort(first)]


def _thin_cells(factors, cells: np.ndarray, distance_m: float, seed: int) -> np.ndarray:
    """Take cells in random order, dropping those too close to one already taken."""
    if len(cells) == 0:
        return cells
    coordinates = _coordinates(factors, cells)
    # a hair less than the distance, so that cells exactly that far apart both stay
    near = cKDTree(coordinates).query_ball_point(coordinates, distance_m * (1 - 1e-9))
    taken = np.zeros(len(cells), bool)
    for index in np.random.default_rng(seed).permutation(len(cells)):
        taken[index] = not taken[near[index]].any()
    return cells[taken]


def _draw_absences(factors, inventory, valid, wanted, buffer_m, generator) -> np.ndarray:
    candidates = np.flatnonzero(valid)
    size = min(CANDIDATES_PER_DRAW * wanted, len(candidates))
    picked = generator.choice(candidates, size, replace=False)
    far = _outside_buffer(factors, inventory, picked, buffer_m)
    if far.sum() < wanted and size < len(candidates):
        picked = generator.permutation(candidates)
        far = _outside_buffer(factors, inventory, picked, buffer_m)
    return picked[far][:wanted]


def _outside_buffer(factors, inventory, cells, buffer_m) -> np.ndarray:
    points = shapely.points(_coordinates(factors, cells))
    tree = shapely.STRtree(inventory.geometry.to_numpy())
    near, _ = tree.query(points, predicate="dwithin", distance=buffer_m)
    far = np.ones(len(cells), bool)
    far[near] = False
    return far


def _coordinates(factors, cells: np.ndarray) -> np.ndarray:
    """Coordinates of cell centres, shape ``(cells, 2)`` [m]."""
    rows, columns = np.divmod(cells, factors.sizes["x"])
    return np.column_stack([factors["x"].to_numpy()[columns], factors["y"].to_numpy()[rows]])


def _values_at(factors: xr.Dataset, cells: np.ndarray) -> np.ndarray:
    """Read the factors in cells, shape ``(cells, factors)``."""
    row, column = np.divmod(cells, factors.sizes["x"])

    def hit(window: tuple[slice, slice]) -> np.ndarray:
        rows, columns = window
        inside = (row >= rows.start) & (row < rows.stop)
        return inside & (column >= columns.start) & (column < columns.stop)

    found = np.empty((len(cells), len(factors.data_vars)), np.float32)
    for window, values in _read_windows(factors, lambda window: hit(window).any()):
        here = hit(window)
        rows, columns = window
        found[here] = values[:, row[here] - rows.start, column[here] - columns.start].T
    return found


def _tabulate(factors, cells, region) -> pd.DataFrame:
    coordinates = _coordinates(factors, cells)
    table = pd.DataFrame(_values_at(factors, cells), columns=list(factors.data_vars))
    table.insert(0, "region", region)
    table.insert(1, "x", coordinates[:, 0])
    table.insert(2, "y", coordinates[:, 1])
    return table
