"""Bring a raster layer of the configuration onto the grid of a region, wherever it comes from."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from rasterio.merge import merge

from landshift.acquire.fetch.downloads import (
    describe_asset,
    describe_layer,
    fetch_asset,
    find_member,
)
from landshift.acquire.fetch.policy import AbsentError
from landshift.acquire.fetch.store import Acquired, Store, sort_records
from landshift.acquire.fetch.windows import Asset, fetch_window
from landshift.acquire.layer import Layer
from landshift.acquire.layers.checks import (
    check_codes,
    check_coverage,
    check_elevations,
    check_layer,
    check_placed,
    check_steepness,
    describe_zeros,
)
from landshift.acquire.layers.heights import find_height_unit
from landshift.acquire.layers.images import compose_images, plan_imagery
from landshift.acquire.layers.stated import add_offset, measure_shift, open_stated
from landshift.acquire.layers.tiles import fetch_raster
from landshift.acquire.layers.water import (
    bridge_gaps,
    describe_mark,
    leave_out_mark,
    leave_out_sea,
    place_water,
)
from landshift.acquire.recipes import RAINFALL_YEARS, Recipe, list_rainfall, list_tiles
from landshift.factors.legends import take_codes
from landshift.geodata.alignment import align_raster, compute_coarsening
from landshift.geodata.crs import find_code
from landshift.geodata.detail import plan_detail
from landshift.geodata.grids import find_box, plan_box, plan_grid
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster import open_raster

MOST_FAILURES = 5
"""Files of one service that fail for good before the others are not asked for [1]."""

_log = logging.getLogger("landshift.acquire")


def acquire_dem(layer: Layer, grid: Mapping[str, Any], store: Store) -> Acquired:
    """Fetch the elevation [m] of a region and bring it onto its grid, or onto one in more detail.

    Parameters
    ----------
    layer
        Where it comes from: a file, an address, a catalogue or a recipe.
    grid
        Keys of `grids.plan_grid`, or of `plan_box` where there is no file to start from,
        and ``terrain_resolution_m`` of `landshift.geodata.detail.plan_detail`.
    store
        Where to look for files and to keep them.

    Returns
    -------
    Acquired
        Elevation on the grid of `plan_detail`, float32, NaN as no data and in the sea,
        ``attrs["resampling"]`` if it was warped. Lakes keep their level and small gaps are bridged,
        since water finds its way through them; `crossed` tells them apart.

    Raises
    ------
    OSError
        If assets cannot be had, naming each.
    ValueError
        If the grid cannot be planned.
    """
    stated = {key: value for key, value in grid.items() if key != "terrain_resolution_m"}
    terrain_m = grid.get("terrain_resolution_m")
    if layer.recipe or layer.stac:
        # these are served at about 30 m, which there is nothing to gain from dividing
        detail = plan_detail(
            plan_box(**stated), stated["resolution_m"], terrain_resolution_m=terrain_m
        )
        origin = layer.name
        read, records = _read_layer("dem", layer, detail, store)
        own, notes = _bring_to_metres(read, layer, origin)
    else:
        path = fetch_raster(layer, store)
        origin, records = str(path), describe_layer(layer, path, store)
        read = add_offset(open_stated(path, layer), layer)
        own, notes = _bring_to_metres(read, layer, origin)
        region = plan_grid(own, origin=origin, **stated)
        size_m = region.resolution.x / compute_coarsening(own.odc.geobox, region)
        detail = plan_detail(region, size_m, terrain_resolution_m=terrain_m)
    shift, datum = measure_shift(own, detail, origin=origin)
    own, mark = leave_out_mark(own, origin=origin, name="dem")
    own, water = leave_out_sea(own)
    elevation = align_raster(own, detail, resampling=layer.resampling)
    check_coverage(elevation, own.odc.geobox, origin=origin)
    check_steepness(elevation, origin=origin)
    elevation.attrs |= {"units": "m", "long_name": "elevation"}
    lakes, flooded = place_water(water, detail)
    elevation, bridged, gaps = bridge_gaps(elevation)
    crossed = [each for each in (lakes, bridged) if each is not None]
    blank = sum(crossed[1:], crossed[0]) if crossed else None
    crs = find_code(detail.crs) or detail.crs.to_wkt()
    bounds = [round(float(edge), 4) for edge in detail.boundingbox.bbox]
    _log.info("the region: crs: %s, bounds: %s", crs, bounds)
    notes = (*notes, *datum, *mark, *flooded, *gaps)
    described = layer.describe() | shift
    return Acquired(elevation.rename("dem"), sort_records(records), described, notes, blank)


def _bring_to_metres(
    own: xr.DataArray, layer: Layer, origin: str
) -> tuple[xr.DataArray, tuple[str, ...]]:
    """Convert elevations to metres, and say so; those of a recipe are."""
    check_placed(own, origin)
    attributes, notes = own.attrs, ()
    if not layer.recipe:
        metres, note = find_height_unit(own, origin=origin, stated=layer.units)
        notes = () if note is None else (note,)
        own = own if metres == 1 else (own * metres).astype(np.float32).assign_attrs(attributes)
    check_elevations(own, origin=origin)
    return own, notes


def acquire_layer(name: str, layer: Layer, grid: GeoBox, store: Store) -> Acquired:
    """Fetch a raster layer and bring it onto the grid of a region, warping it once.

    Parameters
    ----------
    name
        Name of the layer; of `sentinel2`, the band.
    layer
        Where it comes from; codes stay integers with a declared no data.
    grid
        Grid of the region.
    store
        As for `acquire_dem`.

    Raises
    ------
    OSError
        If assets cannot be had, naming each.
    ValueError
        If the layer has no value in the region.
    """
    values, records = _read_layer(name, layer, grid, store)
    shift, datum = measure_shift(values, grid, origin=layer.name)
    blank = (describe_zeros if layer.codes else describe_mark)(values, layer, name=name)
    aligned = align_raster(values, grid, resampling=layer.resampling)
    if layer.recipe:
        aligned.attrs |= {"units": layer.recipe.units, "long_name": layer.recipe.long_name}
    check_coverage(aligned, values.odc.geobox, origin=layer.name)
    described = layer.describe() | shift
    return Acquired(aligned.rename(name), sort_records(records), described, (*datum, *blank))


def _read_layer(name: str, layer: Layer, grid: GeoBox, store: Store) -> tuple[xr.DataArray, list]:
    recipe = layer.recipe
    if layer.stac or (recipe and recipe.name == "sentinel2"):
        imagery = plan_imagery(name, layer)
        values, records = compose_images(imagery, grid, store, codes=layer.codes)
    elif recipe:
        values, records = _read_recipe(recipe, grid, store)
    else:
        path = fetch_raster(layer, store)
        values = _read_codes(path, layer) if layer.codes else _read_measurements(path, layer, name)
        records = describe_layer(layer, path, store)
    return (values if layer.codes else add_offset(values, layer)), records


def _read_recipe(recipe: Recipe, grid: GeoBox, store: Store) -> tuple[xr.DataArray, list]:
    if recipe.tile_degrees:
        return _mosaic_tiles(recipe, grid, store)
    read = _average_years if recipe.product == "chirps_rainfall" else _read_archive
    return read(recipe, grid, store)


def _mosaic_tiles(recipe: Recipe, grid: GeoBox, store: Store) -> tuple[xr.DataArray, list]:
    wider = find_box(grid, margin_m=10 * grid.resolution.x)
    assets, absent, failures = [], [], []
    for address, coarser in list_tiles(recipe, wider).items():
        try:
            asset = _fetch_tile(address, coarser, recipe, grid, store)
        except AbsentError:
            absent.append({"address": address, "absent": True})
        # one lost tile must not keep the others from the cache
        except OSError as error:
            failures.append(str(error))
        else:
            assets += [asset] if asset else []
    if failures:
        raise OSError("; ".join(failures))
    if not assets:
        names = ", ".join(record["address"] for record in absent)
        raise OSError(
            f"{recipe.name} has no tile of the region; looked for {names}; if that is "
            "another place, check whether longitude and latitude are swapped"
        )
    for record in absent:
        _log.warning("%s does not exist: taken for open sea", record["address"])
    codes = recipe.kind == "class"
    return _mosaic(assets, grid, codes=codes), [asset.record for asset in assets] + absent


def _fetch_tile(
    address: str, coarser: str, recipe: Recipe, grid: GeoBox, store: Store
) -> Asset | None:
    """Fetch a tile, or the coarser one that stands in for it where it is not public."""
    try:
        return fetch_window(address, grid, store)
    except AbsentError:
        if not coarser:
            raise
        asset = fetch_window(coarser, grid, store)
    if asset is None:
        return None
    stated = {"instead_of": address, "resolution": recipe.fallback_resolution}
    _log.warning(
        "%s does not exist: %s of %s instead", address, coarser, recipe.fallback_resolution
    )
    return Asset(asset.path, asset.record | stated)


def _mosaic(assets: Sequence[Asset], grid: GeoBox, *, codes: bool) -> xr.DataArray:
    """Join tiles of one cell size, so that they are warped as one; sizes differ far north."""
    sizes = defaultdict(list)
    for asset in assets:
        with open_dataset(asset.path) as source:
            sizes[tuple(round(size, 12) for size in source.res)].append(asset.path)
    parts = [_join(paths, codes=codes) for _, paths in sorted(sizes.items())]
    if len(parts) == 1:
        return parts[0]
    if not codes:
        coarser = [_extend(part, parts[:1]) for part in parts[1:]]
        parts = [_extend(parts[0], coarser), *coarser]
    aligned = [align_raster(part, grid) for part in parts]
    joined = aligned[0]
    for part in aligned[1:]:
        joined = joined.where(joined != 0, part) if codes else joined.fillna(part)
    return joined.assign_attrs(aligned[0].attrs)


def _join(paths: Sequence[Path], *, codes: bool) -> xr.DataArray:
    with open_dataset(paths[0]) as first:
        crs = str(first.crs)
    # Rasters of codes have 0 as no data in every known service.
    kind = {"nodata": 0} if codes else {"nodata": np.nan, "dtype": "float32"}
    with ExitStack() as opened:
        tiles = [opened.enter_context(open_dataset(path)) for path in sorted(paths)]
        values, transform = merge(tiles, **kind)
    grid = GeoBox(values.shape[1:], transform, crs)
    if codes:
        return wrap_xr(values[0].astype("int32"), grid).assign_attrs(nodata=0)
    return wrap_xr(values[0], grid)


def _extend(part: xr.DataArray, others: Sequence[xr.DataArray]) -> xr.DataArray:
    """Put a cell of its neighbours around a raster, so that no gap or step is between them.

    Cells are centred on whole degrees, so that large ones end farther off the edge than small ones.
    """
    wider = wrap_xr(np.pad(part.to_numpy(), 1, constant_values=np.nan), part.odc.geobox.pad(1))
    for other in others:
        finer = other.odc.geobox.resolution.x < part.odc.geobox.resolution.x
        resampling = "nearest" if finer else "bilinear"
        wider = wider.fillna(align_raster(other, wider.odc.geobox, resampling=resampling))
    return wider.assign_attrs(part.attrs)


def _average_years(recipe: Recipe, grid: GeoBox, store: Store) -> tuple[xr.DataArray, list]:
    assets, failures = [], []
    for address in list_rainfall(recipe):
        try:
            assets.append(fetch_window(address, grid, store))
        except OSError as error:
            failures.append(str(error))
        if len(failures) == MOST_FAILURES:
            break
    if failures:
        raise OSError("; ".join(failures))
    if None in assets:
        raise ValueError(f"{recipe.name} does not reach the region: {recipe.resolution}")
    total = xr.zeros_like(open_raster(assets[0].path), np.float64)
    for asset in assets:
        part = open_raster(asset.path)
        total = total + part.where(part > float(recipe.nodata))
    return (total / len(RAINFALL_YEARS)).astype(np.float32), [asset.record for asset in assets]


def _read_archive(recipe: Recipe, grid: GeoBox, store: Store) -> tuple[xr.DataArray, list]:
    path = fetch_asset(recipe.service, recipe.sha256, store)
    values = open_raster(find_member(path, recipe.member))
    if values.odc.crs is None:
        values = values.odc.assign_crs("EPSG:4326")
    return take_codes(values, origin=recipe.name), [
        describe_asset(recipe.service, recipe.sha256, store)
    ]


def _read_codes(path: str | Path, layer: Layer) -> xr.DataArray:
    values = open_stated(path, layer)
    check_codes(values, origin=str(path))
    return take_codes(values, origin=str(path))


def _read_measurements(path: str | Path, layer: Layer, name: str) -> xr.DataArray:
    values = open_stated(path, layer)
    check_layer(values, origin=str(path), name=name)
    return values
