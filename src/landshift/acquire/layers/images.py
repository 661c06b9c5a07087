"""Make one raster of many images of a STAC catalogue: the median of the clear dates."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import odc.stac
import pystac
import xarray as xr
from odc.geo.geobox import GeoBox

from landshift.acquire.fetch.catalogues import Query, renew_asset, search_items
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

_log = logging.getLogger("landshift.acquire")


@dataclass(frozen=True)
class Imagery:
    """Which asset of which images, and which other asset masks it."""

    query: Query
    asset: str
    mask: str | None


def plan_imagery(name: str, layer: Layer) -> Imagery:
    """Read what is wanted of a catalogue, or of the recipe `sentinel2`.

    Raises
    ------
    ValueError
        If the name of a layer of the recipe is that of no band.
    """
    endpoint, collection = layer.stac, layer.collection
    asset, mask = layer.asset, layer.mask
    if layer.recipe:
        if name not in SENTINEL_BANDS:
            raise ValueError(
                f"layers.{name}: the recipe {layer.name} gives the layers "
                f"{', '.join(SENTINEL_BANDS)}"
            )
        endpoint, collection = layer.recipe.service, "sentinel-2-l2a"
        asset, mask = SENTINEL_BANDS[name], SCENE_ASSET
    query = Query(endpoint, collection, layer.dates, layer.max_cloud_percent, layer.max_images)
    return Imagery(query, asset, mask)


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
    box = find_box(grid)
    items = search_items(imagery.query, box, store)
    windows = _fetch_windows(items, imagery, grid, store)
    whole = [item for item in items if item.id in windows]
    if not whole:
        raise OSError(f"no image of {imagery.query.collection} reaches the region; widen `dates`")
    images = [_load(item, windows[item.id], imagery, grid, codes=codes) for item in whole]
    records = [asset.record for item in whole for asset in windows[item.id].values()]
    return _first(images) if codes else _median(images), records


def _fetch_windows(
    items: Sequence[pystac.Item], imagery: Imagery, grid: GeoBox, store: Store
) -> dict[str, dict[str, Asset]]:
    """Fetch the windows of all images that reach the region: by image, then by asset."""
    names = [name for name in (imagery.asset, imagery.mask) if name]
    windows: dict[str, dict[str, Asset]] = {}
    failures = []
    for item, name in product(items, names):
        if name not in item.assets:
            raise ValueError(
                f"{item.id} has no asset {name!r}; it has {', '.join(sorted(item.assets))}"
            )
        renew = partial(renew_asset, item, name, imagery.query, store)
        href = item.assets[name].href
        # one lost asset must not keep the others from the cache
        try:
            asset = fetch_window(href, grid, store, named_by=imagery.query.endpoint, renew=renew)
        except OSError as error:
            failures.append(str(error))
        else:
            if asset is not None:
                windows.setdefault(item.id, {})[name] = asset
    if failures:
        raise OSError("; ".join(failures))
    return {item: assets for item, assets in windows.items() if len(assets) == len(names)}


def _load(
    item: pystac.Item, assets: Mapping[str, Asset], imagery: Imagery, grid: GeoBox, *, codes: bool
) -> tuple[xr.DataArray, xr.DataArray | None]:
    """Warp the windows of one image onto the grid: values, and scene classes if it has them."""
    local = pystac.Item(item.id, item.geometry, item.bbox, item.datetime, {})
    for name, asset in assets.items():
        local.add_asset(name, pystac.Asset(str(asset.path), roles=["data"]))
    source = open_raster(assets[imagery.asset].path)
    resampling = choose_resampling(source.odc.geobox, grid, codes=codes)
    known = {name: {"data_type": str(_dtype(asset)), "nodata": 0} for name, asset in assets.items()}
    loaded = odc.stac.load(
        [local],
        bands=list(assets),
        geobox=grid,
        resampling={imagery.asset: resampling, "*": "nearest"},
        stac_cfg={"*": {"assets": known}},
        groupby="id",
    )
    band = loaded[imagery.asset].isel(time=0, drop=True)
    scene = loaded[imagery.mask].isel(time=0, drop=True) if imagery.mask else None
    if codes:
        return band, scene
    values = band.astype(np.float32).where(band != 0) + _find_offset(item, imagery)
    return values.assign_attrs(resampling=resampling), scene


def _dtype(asset: Asset) -> np.dtype:
    with open_dataset(asset.path) as source:
        return np.dtype(source.dtypes[0])


def _find_offset(item: pystac.Item, imagery: Imagery) -> float:
    """Find what to add to stored reflectances, which depends on how an image was processed."""
    if imagery.mask != SCENE_ASSET or item.properties.get("earthsearch:boa_offset_applied"):
        return 0.0
    baseline = str(item.properties.get("s2:processing_baseline", "00.00"))
    return -1000.0 if baseline >= SHIFTED_BASELINE else 0.0


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
