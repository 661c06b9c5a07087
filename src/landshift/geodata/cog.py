"""Published maps: Cloud Optimized GeoTIFFs with overviews, statistics and provenance."""

import itertools
import logging
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
import xarray as xr
from rasterio.enums import ColorInterp
from rasterio.windows import Window

from landshift.geodata.opening import open_dataset
from landshift.geodata.raster import BLOCK, CACHE_MB, create_raster, unfinished_raster
from landshift.geodata.raster_errors import explain_unwritten
from landshift.runtime.workers import compute_in_order

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

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 300, 300), "EPSG:32632", resolution=30)
    >>> values = np.linspace(0.01, 0.99, 100, dtype="float32").reshape(10, 10)
    >>> susceptibility = wrap_xr(values, grid)
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "susceptibility.tif")
    >>> named = susceptibility.rename("susceptibility").assign_attrs(units="1", long_name="map")
    >>> write_cog(named, path)
    >>> from landshift import open_raster
    >>> bool((open_raster(path) == susceptibility).all())
    True
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

    A block at a time is computed for all variables together, so that what they share,
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
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_MB))
        partials = {
            name: stack.enter_context(unfinished_raster(path)) for name, path in paths.items()
        }
        # Next to the result: a whole map may not fit into the system's temporary folder.
        beside = next(iter(partials.values())).parent
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=beside, prefix=".")))
        tiles = {name: folder / f"{index}.tif" for index, name in enumerate(paths)}
        _write_tiles(chosen, tiles, paths, tags or {}, colours or {})
        for name, tile in tiles.items():
            with explain_unwritten(paths[name]):
                _convert(tile, partials[name], codes=chosen[name].dtype == np.uint8)
            tile.unlink()


def _write_tiles(
    data: xr.Dataset,
    tiles: Mapping[str, Path],
    paths: Mapping[str, str | Path],
    tags: Mapping[str, str],
    colours: Mapping[str, Mapping[int, str]],
) -> None:
    height, width = data.sizes["y"], data.sizes["x"]
    with ExitStack() as stack:
        sinks = {}
        for name, tile in tiles.items():
            kind = _choose_type(data[name]) | {"name": paths[name]}
            sinks[name] = stack.enter_context(create_raster(tile, data[name].odc.geobox, **kind))
            dataset = sinks[name].dataset
            _describe(dataset, data[name], tags)
            if name in colours:
                table = {code: _rgba(colour) for code, colour in colours[name].items()}
                dataset.write_colormap(1, {0: (0, 0, 0, 0)} | table)
        blocks = _plan_blocks(data)
        parts = compute_in_order(data.isel(y=rows, x=columns) for rows, columns in blocks)
        for (rows, columns), part in zip(blocks, parts, strict=True):
            window = Window.from_slices(rows, columns)
            for name, sink in sinks.items():
                sink.write(part[name].values.astype(sink.dataset.dtypes[0], copy=False), 1, window)
            if columns.stop == width:
                _log.info("rows %d of %d: %s", rows.stop, height, ", ".join(sinks))


def _plan_blocks(data: xr.Dataset) -> list[tuple[slice, slice]]:
    """Split rows and columns where chunks end, so that no chunk is computed twice."""
    chunks = data.unify_chunks().chunksizes
    rows, columns = (
        _split(chunks.get(axis, (BLOCK,) * (data.sizes[axis] // BLOCK)), data.sizes[axis])
        for axis in ("y", "x")
    )
    return list(itertools.product(rows, columns))


def _split(chunks: Iterable[int], length: int) -> list[slice]:
    """Join chunks to stretches of at least `BLOCK` cells, but for the last."""
    stretches, start = [], 0
    for end in (*itertools.accumulate(chunks), length):
        if end - start >= BLOCK or start < end == length:
            stretches.append(slice(start, end))
            start = end
    return stretches


def _choose_type(data: xr.DataArray) -> dict:
    if data.dtype != np.uint8 and not np.issubdtype(data.dtype, np.floating):
        raise ValueError(f"{data.name}: a map is float or uint8, not {data.dtype}")
    codes = data.dtype == np.uint8
    return {
        "dtype": "uint8" if codes else "float32",
        "nodata": data.attrs.get("nodata", 0) if codes else np.nan,
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
    with open_dataset(tiles) as source:
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
