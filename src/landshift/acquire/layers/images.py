"""Make one raster of many images of a STAC catalogue: the median of the clear dates."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import odc.stac
import pystac
import xarray as xr
from odc.geo.geobox import GeoBox

from landshift.acquire.fetch.catalogues import (
    Query,
    choose_clearest,
    name_tile,
    renew_asset,
    search_items,
)
from landshift.acquire.fetch.policy import AbsentError
from landshift.acquire.fetch.store import Record, Store
from landshift.acquire.fetch.windows import Asset, fetch_window
from landshift.acquire.layer import Layer
from landshift.acquire.recipes import SENTINEL_BANDS
from landshift.geodata.alignment import choose_resampling
from landshift.geodata.composites import compose_median
from landshift.geodata.grids import find_box
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster import open_raster

SCENE_ASSET = "scl"
"""Asset of the scene classification that tells clouds, next to the bands of Sentinel-2."""
SHIFTED_BASELINE = "04.00"
"""Processing baseline of Sentinel-2 from which reflectances are stored 1000 too high."""
SHIFT = 1000.0
"""How much too high they are stored [1e-4]."""
COLLECTIONS = ("sentinel-2-c1-l2a", "sentinel-2-l2a")
"""Collections of the recipe, the better one first: one of its images stands for the same image in
the next, whose statements about `SHIFT` are not to be trusted."""
DARK_ASSET = "blue"
"""Asset that tells by its pixels whether `SHIFT` has been subtracted: land is dark in it."""
LAND_CLASSES = (4, 5)
"""Scene classes of Sentinel-2 that are land: vegetation, bare ground."""

_log = logging.getLogger("landshift.acquire")


@dataclass(frozen=True)
class Imagery:
    """Which asset of which images, and which other asset masks it.

    Images are looked for by all queries; one that two of them find is taken from the first.
    """

    queries: tuple[Query, ...]
    asset: str
    mask: str | None


def plan_imagery(name: str, layer: Layer) -> Imagery:
    """Read what is wanted of a catalogue, or of the recipe `sentinel2`.

    Raises
    ------
    ValueError
        If the name of a layer of the recipe is that of no band.
    """
    endpoint, collections = layer.stac, (layer.collection,)
    asset, mask = layer.asset, layer.mask
    if layer.recipe:
        if name not in SENTINEL_BANDS:
            raise ValueError(
                f"layers.{name}: the recipe {layer.name} gives the layers "
                f"{', '.join(SENTINEL_BANDS)}"
            )
        endpoint, collections = layer.recipe.service, COLLECTIONS
        asset, mask = SENTINEL_BANDS[name], SCENE_ASSET
    limits = layer.dates, layer.max_cloud_percent, layer.max_images
    queries = tuple(Query(endpoint, collection, *limits) for collection in collections)
    return Imagery(queries, asset, mask)


def compose_images(
    imagery: Imagery, grid: GeoBox, store: Store, *, codes: bool = False
) -> tuple[xr.DataArray, list[Record]]:
    """Fetch the windows of all images and reduce them to one raster on the grid of a region.

    Parameters
    ----------
    imagery
        What to fetch.
    grid
        Grid of the region.
    store
        Where to look for windows and to keep them.
    codes
        Take the first known code by the name of its image, instead of the median.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(y, x)``.
    list of dict
        Record of each asset.

    Raises
    ------
    OSError
        If assets cannot be had, naming each; all others are in the cache then.
    """
    items = _find_items(imagery, find_box(grid), store)
    windows = _fetch_windows(items, imagery, grid, store)
    whole = [item for item in items if item.id in windows]
    if not whole:
        collections = " or ".join(query.collection for query in imagery.queries)
        raise OSError(f"no image of {collections} reaches the region; widen `dates`")
    images, records = [], []
    for item in whole:
        *image, added = _load(item, windows[item.id], imagery, grid, codes=codes)
        images.append(image)
        for name, asset in windows[item.id].items():
            stated = {"added": added} if added and name == imagery.asset else {}
            records.append(asset.record | stated)
    return _first(images) if codes else _median(images), records


def _find_items(imagery: Imagery, box: Sequence[float], store: Store) -> list[pystac.Item]:
    """Find the images of all queries, each once, and of each tile the least cloudy."""
    found: list[pystac.Item] = []
    absent: list[AbsentError] = []
    for query in imagery.queries:
        taken = {_name_pass(item) for item in found}
        try:
            items = search_items(query, box, store)
        except AbsentError as error:
            absent.append(error)
        else:
            found += [item for item in items if _name_pass(item) not in taken]
    if not found:
        raise absent[0]
    return choose_clearest(found, imagery.queries[0].max_images)


def _name_pass(item: pystac.Item) -> tuple[str, str]:
    return name_tile(item), item.datetime.date().isoformat()


def _fetch_windows(
    items: Sequence[pystac.Item], imagery: Imagery, grid: GeoBox, store: Store
) -> dict[str, dict[str, Asset]]:
    """Fetch the windows of all images that reach the region: by image, then by asset."""
    windows: dict[str, dict[str, Asset]] = {}
    failures = []
    for item in items:
        try:
            assets = _fetch_assets(item, imagery, grid, store)
        except OSError as error:
            failures.append(str(error))
        else:
            windows |= {item.id: assets} if None not in assets.values() else {}
    if failures:
        raise OSError("; ".join(failures))
    return windows


def _fetch_assets(
    item: pystac.Item, imagery: Imagery, grid: GeoBox, store: Store
) -> dict[str, Asset | None]:
    query = imagery.queries[0]
    assets, failures = {}, []
    for name in _list_assets(item, imagery):
        if name not in item.assets:
            raise ValueError(
                f"{item.id} has no asset {name!r}; it has {', '.join(sorted(item.assets))}"
            )
        renew = partial(renew_asset, item, name, query, store)
        href = item.assets[name].href
        # one lost asset must not keep the others from the cache
        try:
            assets[name] = fetch_window(href, grid, store, named_by=query.endpoint, renew=renew)
        except OSError as error:
            failures.append(str(error))
    if failures:
        raise OSError("; ".join(failures))
    return assets


def _list_assets(item: pystac.Item, imagery: Imagery) -> list[str]:
    """List what is needed of an image: its band, its mask, and what tells its offset."""
    names = [imagery.asset, *([imagery.mask] if imagery.mask else [])]
    if _may_be_lowered(item, imagery) and DARK_ASSET in item.assets:
        names.append(DARK_ASSET)
    return list(dict.fromkeys(names))


def _load(
    item: pystac.Item, assets: Mapping[str, Asset], imagery: Imagery, grid: GeoBox, *, codes: bool
) -> tuple[xr.DataArray, xr.DataArray | None, float]:
    """Warp the windows of one image onto the grid.

    Returns
    -------
    values, scene_classes, added
        Scene classes if it has them, and what was added to the values.
    """
    local = pystac.Item(item.id, item.geometry, item.bbox, item.datetime, {})
    for name, asset in assets.items():
        local.add_asset(name, pystac.Asset(str(asset.path), roles=["data"]))
    source = open_raster(assets[imagery.asset].path)
    resampling = choose_resampling(source.odc.geobox, grid, codes=codes)
    known = {name: {"data_type": str(_dtype(asset)), "nodata": 0} for name, asset in assets.items()}
    measured = dict.fromkeys({imagery.asset, DARK_ASSET} & {*assets}, resampling)
    loaded = odc.stac.load(
        [local],
        bands=list(assets),
        geobox=grid,
        resampling=measured | {"*": "nearest"},
        stac_cfg={"*": {"assets": known}},
        groupby="id",
    ).isel(time=0, drop=True)
    band = loaded[imagery.asset]
    scene = loaded[imagery.mask] if imagery.mask else None
    if codes:
        return band, scene, 0.0
    added = _find_offset(item, imagery, loaded.get(DARK_ASSET), scene)
    values = band.astype(np.float32).where(band != 0) + added
    return values.assign_attrs(resampling=resampling), scene, added


def _dtype(asset: Asset) -> np.dtype:
    with open_dataset(asset.path) as source:
        return np.dtype(source.dtypes[0])


def _is_shifted(item: pystac.Item, imagery: Imagery) -> bool:
    """Tell whether an image of Sentinel-2 was made with reflectances that are 1000 too high."""
    baseline = str(item.properties.get("s2:processing_baseline", "00.00"))
    return imagery.mask == SCENE_ASSET and baseline >= SHIFTED_BASELINE


def _may_be_lowered(item: pystac.Item, imagery: Imagery) -> bool:
    """Tell whether a catalogue lowers such images, and its statements about it may be wrong."""
    lowers = "earthsearch:boa_offset_applied" in item.properties
    return _is_shifted(item, imagery) and lowers and item.collection_id != COLLECTIONS[0]


def _find_offset(
    item: pystac.Item, imagery: Imagery, dark: xr.DataArray | None, scene: xr.DataArray
) -> float:
    """Find what to add to stored reflectances, which depends on how an image was processed.

    Land that reflects less than nothing does not exist: if half of the land lies below `SHIFT` in
    a dark band, it has been subtracted, whatever the item states.
    """
    if not _is_shifted(item, imagery):
        return 0.0
    if not _may_be_lowered(item, imagery):
        return -SHIFT
    lowered = bool(item.properties["earthsearch:boa_offset_applied"])
    land = dark.where(np.isin(scene, LAND_CLASSES) & (dark != 0)) if dark is not None else None
    if land is None or not land.notnull().any():
        problem = "no land tells whether it was subtracted; its item is believed"
    elif float(land.median()) < SHIFT and not lowered:
        problem, lowered = "it was subtracted, as the pixels show, though the item denies it", True
    else:
        problem = ""
    if problem:
        _log.warning("%s: reflectances are stored %g too high: %s", item.id, SHIFT, problem)
    return 0.0 if lowered else -SHIFT


def _median(images: list[tuple[xr.DataArray, xr.DataArray | None]]) -> xr.DataArray:
    stack = xr.concat([values for values, _ in images], dim="time")
    scenes = [scene for _, scene in images if scene is not None]
    composite = compose_median(stack, xr.concat(scenes, dim="time") if scenes else None)
    composite.attrs = {"resampling": images[0][0].attrs["resampling"]}
    clear = float(np.isfinite(composite).mean())
    _log.info("%d images, %.1f %% of the cells clear at least once", len(images), 100 * clear)
    return composite


def _first(images: list[tuple[xr.DataArray, xr.DataArray | None]]) -> xr.DataArray:
    combined = images[0][0]
    for codes, _ in images[1:]:
        combined = combined.where(combined != 0, codes)
    return combined.astype("int32").assign_attrs(nodata=0, resampling="nearest")
