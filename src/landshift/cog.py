"""Published maps: Cloud Optimized GeoTIFFs with overviews, statistics and provenance."""

import itertools
import logging
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
import xarray as xr
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from landshift.raster import BLOCK, unfinished_raster
from landshift.whole import check_whole

_CACHE_MB = 64
"""GDAL's cache, which would take a twentieth of the machine's memory: each tile is used once."""

_log = logging.getLogger(__name__)


def write_cog(
    data: xr.DataArray,
    path: str | Path,
    *,
    tags: Mapping[str, str] | None = None,
    colours: Mapping[int, str] | None = None,
) -> None:
    """Write one map as a Cloud Optimized GeoTIFF; see `write_cogs`.

    Parameters
    ----------
    data
        Map of dimensions ``(y, x)``: float with NaN as no data, or uint8 codes.
    path
        The file to write.
    tags
        Metadata of the file, such as provenance.
    colours
        Colour by code as ``#rrggbb``, for uint8 codes.
    """
    name = str(data.name or Path(path).stem)
    write_cogs(
        data.to_dataset(name=name),
        {name: path},
        tags=tags,
        colours={name: colours} if colours else None,
    )


def write_cogs(
    data: xr.Dataset,
    paths: Mapping[str, str | Path],
    *,
    tags: Mapping[str, str] | None = None,
    colours: Mapping[str, Mapping[int, str]] | None = None,
) -> None:
    """Write variables of a dataset as Cloud Optimized GeoTIFFs in one pass over the data.

    A row of blocks at a time is computed for all variables together, so that what they share,
    such as the model's prediction, is computed once and memory stays bounded. Floats become
    float32 with NaN as no data, averaged overviews and statistics; uint8 codes keep their no-data
    value, and their overviews show the most frequent code. Every file appears under its name only
    when it is complete, and the same data give the same bytes.

    Parameters
    ----------
    data
        Variables of dimensions ``(y, x)``, eager or dask-backed, with ``units`` and ``long_name``.
    paths
        The file of each variable to write.
    tags
        Metadata of every file, such as provenance.
    colours
        Colour table by variable: colour by code as ``#rrggbb``.

    Raises
    ------
    ValueError
        If a variable is neither float nor uint8.
    """
    chosen = data[list(paths)].transpose("y", "x")
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=_CACHE_MB))
        partials = {
            name: stack.enter_context(unfinished_raster(path)) for name, path in paths.items()
        }
        # Beside the result: a whole map may not fit into the system's temporary folder.
        beside = next(iter(partials.values())).parent
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=beside, prefix=".")))
        tiles = {name: folder / f"{index}.tif" for index, name in enumerate(paths)}
        _write_tiles(chosen, tiles, tags or {}, colours or {})
        for name, tile in tiles.items():
            check_whole(tile)
            _convert(tile, partials[name], codes=chosen[name].dtype == np.uint8)
            tile.unlink()


def _write_tiles(
    data: xr.Dataset,
    paths: Mapping[str, Path],
    tags: Mapping[str, str],
    colours: Mapping[str, Mapping[int, str]],
) -> None:
    height, width = data.sizes["y"], data.sizes["x"]
    with ExitStack() as stack:
        sinks = {}
        for name, path in paths.items():
            sinks[name] = stack.enter_context(rasterio.open(path, "w", **_profile(data[name])))
            _describe(sinks[name], data[name], tags)
            if name in colours:
                table = {code: _rgba(colour) for code, colour in colours[name].items()}
                sinks[name].write_colormap(1, {0: (0, 0, 0, 0)} | table)
        for top, bottom in _plan_strips(data):
            strip = data.isel(y=slice(top, bottom)).compute()
            window = Window(0, top, width, bottom - top)
            for name, sink in sinks.items():
                sink.write(strip[name].values.astype(sink.dtypes[0], copy=False), 1, window=window)
            _log.info("rows %d of %d: %s", bottom, height, ", ".join(sinks))


def _plan_strips(data: xr.Dataset) -> list[tuple[int, int]]:
    """Split the rows where chunks end, lest a chunk be computed for two strips."""
    height = data.sizes["y"]
    chunks = data.unify_chunks().chunksizes.get("y", (1,) * height)
    strips, top = [], 0
    for bottom in itertools.accumulate(chunks):
        if bottom - top >= BLOCK or bottom == height:
            strips.append((top, bottom))
            top = bottom
    return strips


def _profile(data: xr.DataArray) -> dict:
    if data.dtype != np.uint8 and not np.issubdtype(data.dtype, np.floating):
        raise ValueError(f"{data.name}: a map is float or uint8, not {data.dtype}")
    codes = data.dtype == np.uint8
    grid = data.odc.geobox
    return {
        "driver": "GTiff",
        "height": grid.height,
        "width": grid.width,
        "count": 1,
        "dtype": "uint8" if codes else "float32",
        "crs": str(grid.crs),
        "transform": grid.transform,
        "nodata": data.attrs.get("nodata", 0) if codes else np.nan,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "zstd",
        "zstd_level": 1,
        "bigtiff": "if_safer",
    }


def _describe(sink: rasterio.io.DatasetWriter, data: xr.DataArray, tags: Mapping[str, str]) -> None:
    codes = data.dtype == np.uint8
    sink.update_tags(**({"kind": "class"} if codes else {}), **tags)
    sink.set_band_description(1, str(data.name))
    known = ("units", "long_name", "flag_meanings")
    sink.update_tags(1, **{key: str(data.attrs[key]) for key in known if key in data.attrs})


def _rgba(colour: str) -> tuple[int, int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue, 255


def _convert(tiles: Path, path: Path, *, codes: bool) -> None:
    with rasterio.open(tiles) as source:
        paletted = source.colorinterp[0] == ColorInterp.palette
        empty = not codes and not _has_data(source)
    rasterio.shutil.copy(
        str(tiles),
        str(path),
        driver="COG",
        compress="zstd",
        level=9,
        predictor="no" if paletted else ("standard" if codes else "floating_point"),
        blocksize=BLOCK,
        overviews="ignore_existing",
        overview_resampling="mode" if codes else "average",
        # A map without data has no statistics, and those of codes say nothing.
        statistics="no" if codes or empty else "yes",
        num_threads="all_cpus",
        bigtiff="if_safer",
    )


def _has_data(source: rasterio.DatasetReader) -> bool:
    return any(source.read_masks(1, window=window).any() for _, window in source.block_windows(1))
