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

from landshift.acquire.fetch.downloads import describe_layer, fetch_asset, fetch_layer
from landshift.acquire.fetch.records import Acquired, sort_records
from landshift.acquire.fetch.transfers import AbsentError
from landshift.acquire.fetch.windows import Asset, fetch_window
from landshift.acquire.layers.checks import (
    check_codes,
    check_coverage,
    check_elevations,
    check_layer,
)
from landshift.acquire.layers.images import compose_images, plan_imagery
from landshift.acquire.recipes import RAINFALL_YEARS, Recipe, find_recipe, list_tiles
from landshift.factors.legends import take_codes
from landshift.geodata.alignment import align_raster, compute_coarsening
from landshift.geodata.detail import plan_detail
from landshift.geodata.grids import find_box, name_crs, plan_box, plan_grid
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster import open_raster

_log = logging.getLogger("landshift.acquire")


def acquire_dem(
    entry: Mapping[str, Any],
    grid: Mapping[str, Any],
    *,
    cache: str | Path,
    mirror: str | None = None,
) -> Acquired:
    """Fetch the elevation [m] of a region and bring it onto its grid, or onto one in more detail.

    Parameters
    ----------
    entry
        Where the layer comes from: ``file``, ``url``, ``stac`` or ``recipe`` and their keys.
    grid
        Keys of `grids.plan_grid`, or of `plan_box` where there is no file to start from,
        and ``terrain_resolution_m`` of `landshift.geodata.detail.plan_detail`.
    cache
        Folder of fetched files.
    mirror
        Where copies of public addresses are, or None.

    Returns
    -------
    Acquired
        Elevation on the grid of `plan_detail`, float32, NaN as no data, ``attrs["resampling"]`` if
        it was warped.

    Raises
    ------
    OSError
        If assets cannot be had, naming each.
    ValueError
        If the grid cannot be planned.
    """
    stated = {key: value for key, value in grid.items() if key != "terrain_resolution_m"}
    terrain_m = grid.get("terrain_resolution_m")
    if "recipe" in entry or "stac" in entry:
        # these are served at about 30 m, which there is nothing to gain from dividing
        detail = plan_detail(
            plan_box(**stated), stated["resolution_m"], terrain_resolution_m=terrain_m
        )
        acquired = acquire_layer("dem", entry, detail, cache=cache, mirror=mirror)
        elevation = acquired.data
    else:
        path = fetch_layer(entry, cache=cache, mirror=mirror)
        own = open_raster(path)
        check_elevations(own, origin=str(path))
        region = plan_grid(own, origin=str(path), **stated)
        size_m = region.resolution.x / compute_coarsening(own.odc.geobox, region)
        detail = plan_detail(region, size_m, terrain_resolution_m=terrain_m)
        elevation = align_raster(own, detail)
        check_coverage(elevation, own.odc.geobox, origin=str(path))
        acquired = Acquired(elevation, (describe_layer(entry, path, cache=cache),))
    elevation.attrs |= {"units": "m", "long_name": "elevation"}
    grid = elevation.odc.geobox
    bounds = [round(float(edge), 4) for edge in grid.boundingbox.bbox]
    _log.info("the region: crs: %s, bounds: %s", name_crs(grid.crs), bounds)
    return acquired


def acquire_layer(
    name: str,
    entry: Mapping[str, Any],
    grid: GeoBox,
    *,
    cache: str | Path,
    mirror: str | None = None,
) -> Acquired:
    """Fetch a raster layer and bring it onto the grid of a region, warping it once.

    Parameters
    ----------
    name
        Name of the layer; of `sentinel2`, the band.
    entry
        Where it comes from; ``kind: class`` for codes, which stay integers with a declared no data.
    grid
        Grid of the region.
    cache, mirror
        As for `acquire_dem`.

    Raises
    ------
    OSError
        If assets cannot be had, naming each.
    ValueError
        If the layer has no value in the region.
    """
    recipe = find_recipe(entry["recipe"]) if "recipe" in entry else None
    codes = (recipe.kind if recipe else entry.get("kind")) == "class"
    places = {"cache": Path(cache), "mirror": mirror}
    if "stac" in entry or (recipe and recipe.name == "sentinel2"):
        imagery = plan_imagery(name, entry, recipe)
        values, records = compose_images(imagery, grid, codes=codes, **places)
    elif recipe and recipe.tile_degrees:
        values, records = _mosaic_tiles(recipe, grid, codes=codes, **places)
    elif recipe and recipe.name == "chirps_rainfall":
        values, records = _average_years(recipe, grid, **places)
    elif recipe:
        values, records = _read_archive(recipe, grid, **places)
    else:
        path = fetch_layer(entry, **places)
        values = _read_codes(path) if codes else _read_measurements(path, name)
        records = [describe_layer(entry, path, cache=cache)]
    if not codes and "offset" in entry:
        values = (values + entry["offset"]).assign_attrs(values.attrs)
    aligned = align_raster(values, grid, resampling=entry.get("resampling"))
    if recipe:
        aligned.attrs |= {"units": recipe.units, "long_name": recipe.long_name}
    origin = recipe.name if recipe else entry.get("file") or entry.get("url") or entry["stac"]
    check_coverage(aligned, values.odc.geobox, origin=origin)
    return Acquired(
        aligned.rename(name), sort_records(records), recipe.origin if recipe else _own(entry)
    )


def _own(entry: Mapping[str, Any]) -> dict[str, str]:
    return {key: entry[key] for key in ("stac", "collection", "asset") if key in entry}


def _mosaic_tiles(
    recipe: Recipe, grid: GeoBox, *, codes: bool, cache: Path, mirror: str | None
) -> tuple[xr.DataArray, list]:
    wider = find_box(grid, margin_m=10 * grid.resolution.x)
    assets, absent, failures = [], [], []
    for address in list_tiles(recipe, wider):
        try:
            asset = fetch_window(address, grid, cache=cache, mirror=mirror)
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
    return _mosaic(assets, grid, codes=codes), [asset.record for asset in assets] + absent


def _mosaic(assets: Sequence[Asset], grid: GeoBox, *, codes: bool) -> xr.DataArray:
    """Join tiles of one cell size, so that they are warped as one; sizes differ far north."""
    sizes = defaultdict(list)
    for asset in assets:
        with open_dataset(asset.path) as source:
            sizes[tuple(round(size, 12) for size in source.res)].append(asset.path)
    parts = [_join(paths, codes=codes) for _, paths in sorted(sizes.items())]
    if len(parts) == 1:
        return parts[0]
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


def _average_years(
    recipe: Recipe, grid: GeoBox, *, cache: Path, mirror: str | None
) -> tuple[xr.DataArray, list]:
    assets, failures = [], []
    for year in RAINFALL_YEARS:
        try:
            address = recipe.service.format(year=year)
            assets.append(fetch_window(address, grid, cache=cache, mirror=mirror))
        except OSError as error:
            failures.append(str(error))
    if failures:
        raise OSError("; ".join(failures))
    if None in assets:
        raise ValueError(f"{recipe.name} does not reach the region: {recipe.resolution}")
    years = [open_raster(asset.path) for asset in assets]
    known = [year.where(year > float(recipe.nodata)) for year in years]
    mean = sum(known[1:], known[0]) / len(known)
    return mean.astype(np.float32), [asset.record for asset in assets]


def _read_archive(
    recipe: Recipe, grid: GeoBox, *, cache: Path, mirror: str | None
) -> tuple[xr.DataArray, list]:
    path = fetch_asset(recipe.service, recipe.sha256, cache=cache, mirror=mirror)
    entry = {"url": recipe.service, "sha256": recipe.sha256}
    values = open_raster(f"/vsizip/{path.absolute()}/{recipe.member}")
    if values.odc.crs is None:
        values = values.odc.assign_crs("EPSG:4326")
    return take_codes(values, origin=recipe.name), [describe_layer(entry, path, cache=cache)]


def _read_codes(path: str | Path) -> xr.DataArray:
    values = open_raster(path)
    check_codes(values, origin=str(path))
    return take_codes(values, origin=str(path))


def _read_measurements(path: str | Path, name: str) -> xr.DataArray:
    values = open_raster(path)
    check_layer(values, origin=str(path), name=name)
    return values
