"""Rasters on disk and on the grid of a region.

Every raster inside the pipeline has dimensions ``(y, x)``, is north-up in a projected CRS in
metres, and is float32 with NaN as no data (class codes: integers with a declared nodata value).
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
import rioxarray
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_reproject
from rasterio.windows import Window

BLOCK = 512
"""Edge of a tile in every GeoTIFF written [cells]."""

NEARLY_EQUAL = 1.5
"""Cell sizes that differ by less than this factor count as nearly equal when resampling."""

_STATED = ("units", "long_name", "resampling")
"""Attributes of a band that its tags keep."""

WIDTH = 8 * BLOCK
"""Columns computed and written at once [cells], so that memory does not grow with the raster."""

_CACHE_MB = 64
"""Memory of GDAL for blocks on their way to the disk [MB]; by default a share of the machine."""

# the lowest level of compression takes a fifth of the time of the default, for 5 % larger files
_LAYOUT = {
    "tiled": True,
    "blockxsize": BLOCK,
    "blockysize": BLOCK,
    "compress": "zstd",
    "zstd_level": 1,
}


def open_raster(path: str | Path, *, chunks: int | None = None) -> xr.DataArray:
    """Open a one-band raster.

    Parameters
    ----------
    path
        Any raster that GDAL reads.
    chunks
        Edge of the dask chunks [cells]; None reads the raster into memory.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(y, x)``; float32 with NaN as no data, or integers with ``attrs["nodata"]``.
        ``attrs["units"]`` and ``attrs["long_name"]`` where the file states them.

    Raises
    ------
    ValueError
        If the file has more than one band.
    """
    with rasterio.open(path) as source:
        if source.count != 1:
            raise ValueError(f"{path}: expected one band, found {source.count}")
        categorical = (
            np.issubdtype(source.dtypes[0], np.integer) and source.tags().get("kind") == "class"
        )
        nodata = source.nodata
        attributes = _stated(source.tags(1))
    bands = _open_bands(path, chunks, masked=not categorical)
    band = bands.isel(band=0, drop=True).assign_attrs(attributes)
    if categorical:
        band.attrs["nodata"] = nodata
    return band if categorical else band.astype(np.float32)


def read_factors(
    paths: Iterable[str | Path], *, names: Iterable[str] | None = None, chunks: int | None = None
) -> xr.Dataset:
    """Read factor groups into one dataset with a variable per factor.

    Parameters
    ----------
    paths
        Files written by `write_factors`, all on one grid.
    names
        Factors to keep, in this order; None keeps all.
    chunks
        Edge of the dask chunks [cells]; None reads into memory.

    Raises
    ------
    ValueError
        If two files differ in grid, or a name is in none of them.
    """
    variables: dict[str, xr.DataArray] = {}
    grid: GeoBox | None = None
    for path in paths:
        with rasterio.open(path) as source:
            descriptions = source.descriptions
            attributes = [_stated(source.tags(index)) for index in source.indexes]
        bands = _open_bands(path, chunks, masked=True)
        if grid is not None and bands.odc.geobox != grid:
            raise ValueError(
                f"{path}: its grid differs from the other factor files; derive it again"
            )
        grid = bands.odc.geobox
        for index, name in enumerate(descriptions):
            band = bands.isel(band=index, drop=True).astype(np.float32)
            variables[name] = band.rename(name).assign_attrs(attributes[index])
    if names is not None:
        missing = [name for name in names if name not in variables]
        if missing:
            raise ValueError(f"no file holds the factors {missing}; there are {sorted(variables)}")
        variables = {name: variables[name] for name in names}
    return xr.Dataset(variables)


def write_raster(
    data: xr.DataArray, path: str | Path, *, tags: Mapping[str, str] | None = None
) -> None:
    """Write one band as a tiled GeoTIFF; class codes keep their integers and nodata value."""
    write_factors(data.to_dataset(name=data.name or Path(path).stem), path, tags=tags)


def write_factors(
    data: xr.Dataset, path: str | Path, *, tags: Mapping[str, str] | None = None
) -> None:
    """Write the variables of a dataset as bands of a tiled GeoTIFF, some tiles at a time.

    Dask-backed variables are computed together, and each chunk once if the chunks are tiles of
    the file (`BLOCK`). Memory does not grow with the raster.

    Band descriptions hold the names; band tags hold ``units``, ``long_name`` and, if the band was
    warped, ``resampling``. The file appears
    under its name only when it is complete.

    Parameters
    ----------
    data
        Variables with dimensions ``(y, x)`` on one grid and of one dtype; eager or dask-backed.
    path
        The GeoTIFF to write.
    tags
        Metadata of the whole file.

    Raises
    ------
    ValueError
        If there are no variables, or they differ in dtype.
    """
    names = list(data.data_vars)
    kinds = {data[name].dtype for name in names}
    if len(kinds) != 1:
        raise ValueError(f"{path}: bands must share one dtype, found {sorted(map(str, kinds))}")
    first = data[names[0]]
    integer = np.issubdtype(first.dtype, np.integer)
    grid = first.odc.geobox
    profile = _LAYOUT | {
        "driver": "GTiff",
        "height": grid.height,
        "width": grid.width,
        "count": len(names),
        "dtype": first.dtype.name if integer else "float32",
        "crs": str(grid.crs),
        "transform": grid.transform,
        "nodata": first.attrs.get("nodata", 0) if integer else np.nan,
        "predictor": 2 if integer else 3,
        "bigtiff": "if_safer",
        "interleave": "band",
        "num_threads": "all_cpus",
    }
    with unfinished(path) as partial:
        with (
            rasterio.Env(GDAL_CACHEMAX=_CACHE_MB),
            rasterio.open(partial, "w", **profile) as sink,
        ):
            sink.update_tags(**({"kind": "class"} if integer else {}), **(tags or {}))
            for index, name in enumerate(names, start=1):
                sink.set_band_description(index, name)
                attrs = data[name].attrs
                sink.update_tags(index, **{key: str(attrs[key]) for key in _STATED if key in attrs})
            for window in _cut_windows(grid):
                rows, columns = window.toslices()
                part = data.isel(y=rows, x=columns).compute()
                for index, name in enumerate(names, start=1):
                    sink.write(part[name].transpose("y", "x").values, index, window=window)
        _check_complete(partial, path)


def _check_complete(written: Path, path: str | Path) -> None:
    # GDAL writes late and in threads: it may only log that the disk was full.
    size = written.stat().st_size
    with rasterio.open(written) as source:
        for band in source.indexes:
            for (row, column), _ in source.block_windows(band):
                place = [
                    source.get_tag_item(f"BLOCK_{key}_{column}_{row}", "TIFF", bidx=band)
                    for key in ("OFFSET", "SIZE")
                ]
                if None in place or sum(map(int, place)) > size:
                    raise OSError(f"{path}: not written completely; is the disk full?")


def _cut_windows(grid: GeoBox) -> Iterator[Window]:
    for row in range(0, grid.height, BLOCK):
        for column in range(0, grid.width, WIDTH):
            yield Window(
                column, row, min(WIDTH, grid.width - column), min(BLOCK, grid.height - row)
            )


def align_raster(
    data: xr.DataArray, grid: GeoBox, *, resampling: str | None = None
) -> xr.DataArray:
    """Warp a raster onto the grid of a region, once.

    Parameters
    ----------
    data
        Source raster in any CRS.
    grid
        CRS, resolution and extent of the region.
    resampling
        GDAL's name; by default ``nearest`` for integers, ``average`` when coarsening, ``cubic``
        between cells of nearly one size and ``bilinear`` when refining. A raster already on the
        grid is returned unchanged.
    """
    if data.odc.geobox == grid:
        return data
    resampling = resampling or _default_resampling(data, grid)
    integer = np.issubdtype(data.dtype, np.integer)
    nodata = data.attrs.get("nodata", 0) if integer else np.nan
    aligned = xr_reproject(data, grid, resampling=resampling, dst_nodata=nodata)
    aligned.attrs = {key: value for key, value in data.attrs.items() if key != "_FillValue"}
    aligned.attrs["resampling"] = resampling
    return aligned


def wrap_like(
    values: np.ndarray, template: xr.DataArray, *, name: str, units: str, long_name: str
) -> xr.DataArray:
    """Put an array of shape ``(y, x)`` on the grid of `template`, with its own unit and name."""
    wrapped = template.copy(data=values)
    wrapped.encoding = {}
    wrapped.attrs = {"units": units, "long_name": long_name}
    return wrapped.rename(name)


@contextmanager
def unfinished(path: str | Path):
    """Yield a name beside `path` to write to; it is renamed on success and removed on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _open_bands(path: str | Path, chunks: int | None, *, masked: bool) -> xr.DataArray:
    blocks = None if chunks is None else {"band": -1, "y": chunks, "x": chunks}
    bands = rioxarray.open_rasterio(path, masked=masked, chunks=blocks)
    bands = bands if chunks is not None else bands.load()
    bands.close()
    # attributes are read from the tags instead: here a unit of "1" would turn into a number
    bands.attrs = {}
    bands.encoding = {}
    return bands


def _stated(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: tags[key] for key in _STATED if key in tags}


def _default_resampling(data: xr.DataArray, grid: GeoBox) -> str:
    if np.issubdtype(data.dtype, np.integer):
        return "nearest"
    own = data.odc.geobox
    source = own if own.crs.projected else own.to_crs(grid.crs)
    coarsening = grid.resolution.x / source.resolution.x
    if coarsening >= NEARLY_EQUAL:
        return "average"
    # between cells of nearly one size, bilinear and average leave a moire in the curvatures
    return "cubic" if coarsening > 1 / NEARLY_EQUAL else "bilinear"
