"""Rasters on disk and on the grid of a region.

Every raster inside the pipeline has dimensions ``(y, x)``, is north-up in a projected CRS in
metres, and is float32 with NaN as no data (class codes: integers with a declared nodata value).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from rasterio.io import DatasetWriter
from rasterio.windows import Window

from landshift.geodata.crs import check_crs
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster_errors import check_whole, explain_unreadable, explain_unwritten
from landshift.runtime.blocks import cut_axis
from landshift.runtime.files import unfinished
from landshift.runtime.workers import compute_in_order

_NAMED = 8
"""Bands of which a message gives the descriptions."""

BLOCK = 512
"""Edge of a tile in every GeoTIFF written [cells]."""


WIDTH = 4 * BLOCK
"""Columns computed at once [cells]: neighbours are read less often than for single tiles."""


_STATED = ("units", "long_name", "resampling", "legend", "classes")
"""Attributes of a band that its tags keep."""

CACHE_MB = 64
"""Memory of GDAL for blocks on their way to the disk [MB]; by default a share of the machine."""

# The lowest level of compression takes a fifth of the time of the default, for 5 % larger files.
# The predictor for floats makes files of factors derived from whole metres no smaller, those of a
# synthetic surface 8 % smaller; without it they take a quarter less to write, half to read.
_LAYOUT = {
    "driver": "GTiff",
    "tiled": True,
    "blockxsize": BLOCK,
    "blockysize": BLOCK,
    "compress": "zstd",
    "zstd_level": 1,
    "bigtiff": "if_safer",
}


class RasterSink:
    """A GeoTIFF that is being written.

    Attributes
    ----------
    dataset : rasterio.io.DatasetWriter
        The open file, for its tags.
    """

    def __init__(self, dataset: DatasetWriter, name: str | Path) -> None:
        self.dataset = dataset
        self._name = name

    def write(self, values: np.ndarray, band: int, window: Window) -> None:
        """Write a window of a band.

        Raises
        ------
        OSError
            If it cannot be written, most likely because the disk is full.
        """
        with explain_unwritten(self._name):
            self.dataset.write(values, band, window=window)


@contextmanager
def create_raster(
    path: str | Path, grid: GeoBox, *, name: str | Path | None = None, **profile: Any
) -> Iterator[RasterSink]:
    """Write a GeoTIFF in tiles; the only way in which one is made.

    It appears under its name when it is complete: GDAL reports a full disk when it closes a file,
    where rasterio raises nothing, so all tiles are looked for in the file.

    Parameters
    ----------
    path
        The GeoTIFF to write.
    grid
        Its cells.
    name
        How errors name it, if not by its path.
    profile
        ``dtype``, ``nodata``, and what differs from one band in tiles of `BLOCK` with Zstandard.

    Raises
    ------
    OSError
        If it cannot be written whole.
    """
    stated = {"count": 1, "crs": grid.crs and str(grid.crs), "transform": grid.transform}
    shape = {"height": grid.height, "width": grid.width}
    name = name or path
    with unfinished_raster(path, name=name) as partial, rasterio.Env(GDAL_CACHEMAX=CACHE_MB):
        with explain_unwritten(name):
            dataset = rasterio.open(partial, "w", **_LAYOUT | shape | stated | profile)
        try:
            yield RasterSink(dataset, name)
        finally:
            with explain_unwritten(name):
                dataset.close()


def open_raster(
    path: str | Path, *, chunks: int | None = None, band: int | str | None = None
) -> xr.DataArray:
    """Open one band of a raster.

    Parameters
    ----------
    path
        Any raster that GDAL reads. One that begins in the south is turned; a scale and an offset
        that it states are applied.
    chunks
        Edge of the dask chunks [cells]; None reads the raster into memory, as one that is no
        larger than a chunk is read.
    band
        Number, from 1, or description of the band; None is enough where there is but one.

    Returns
    -------
    xarray.DataArray
        Dimensions ``(y, x)``; float32 with NaN as no data, or integers with ``attrs["nodata"]``.
        ``attrs["units"]`` and ``attrs["long_name"]`` where the file states them.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no raster, is damaged, is rotated or complex, or has several bands of which none
        is named, or not the one that is.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "dem.tif")
    >>> write_raster(region.layers["dem"], path)
    >>> dem = open_raster(path)
    >>> dem.dims, dem.attrs["units"], dem.odc.crs.epsg
    (('y', 'x'), 'm', 32632)
    """
    with explain_unreadable(path), open_dataset(path) as source:
        place = _find_band(path, source, band)
        _check_layout(path, source)
        categorical = (
            np.issubdtype(source.dtypes[place], np.integer) and source.tags().get("kind") == "class"
        )
        nodata = source.nodatavals[place]
        scale, offset = source.scales[place], source.offsets[place]
        attributes = _stated(source.tags(place + 1))
        if source.units[place]:
            attributes.setdefault("units", source.units[place])
        bands = _open_bands(path, chunks, masked=not categorical)
    values = bands.isel(band=place, drop=True)
    if values["y"].size > 1 and values["y"][0] < values["y"][-1]:
        values = values.isel(y=slice(None, None, -1))
    if categorical:
        return values.assign_attrs(attributes | {"nodata": nodata})
    if (scale, offset) != (1, 0):
        values = values * scale + offset
    return values.astype(np.float32).assign_attrs(attributes)


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
        Edge of the dask chunks [cells]; None reads into memory, as one chunk is read.

    Raises
    ------
    ValueError
        If two files differ in grid, or a name is in none of them.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> import tempfile
    >>> from pathlib import Path
    >>> from landshift import derive_terrain_factors
    >>> path = Path(tempfile.mkdtemp(), "terrain.tif")
    >>> write_factors(derive_terrain_factors(region.layers["dem"]), path)
    >>> read_factors([path], names=["slope", "northness"])["slope"].attrs["units"]
    'degree'
    """
    variables: dict[str, xr.DataArray] = {}
    grid: GeoBox | None = None
    for path in paths:
        with open_dataset(path) as source:
            descriptions = source.descriptions
            attributes = [_stated(source.tags(index)) for index in source.indexes]
        bands = _open_bands(path, chunks, masked=True)
        if grid is not None and bands.odc.geobox != grid:
            raise ValueError(
                f"{path}: its grid differs from the other factor files; delete it, and run the "
                "same command again"
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
    """Write one band as a tiled GeoTIFF; class codes keep their integers and nodata value.

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "dem.tif")
    >>> write_raster(region.layers["dem"], path)
    >>> path.is_file()
    True
    """
    write_factors(data.to_dataset(name=data.name or Path(path).stem), path, tags=tags)


def write_factors(
    data: xr.Dataset, path: str | Path, *, tags: Mapping[str, str] | None = None
) -> None:
    """Write the variables of a dataset as bands of a tiled GeoTIFF, some tiles at a time.

    Dask-backed variables are computed together, and each chunk once if the chunks are tiles of
    the file (`BLOCK`). Memory does not grow with the raster.

    Band descriptions hold the names; band tags hold ``units``, ``long_name``, if the band was
    warped ``resampling``, and for class codes their ``legend`` and the names of their ``classes``.
    The file appears under its name only when it is complete.

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

    Examples
    --------
    >>> from landshift import generate_virtual_region
    >>> region = generate_virtual_region(
    ...     "alder", seed=1, origin=(0, 0), crs="EPSG:32632", size=48, landslides=30
    ... )
    >>> import tempfile
    >>> from pathlib import Path
    >>> from landshift import derive_terrain_factors
    >>> path = Path(tempfile.mkdtemp(), "terrain.tif")
    >>> write_factors(derive_terrain_factors(region.layers["dem"])[["slope"]], path)
    >>> list(read_factors([path]))
    ['slope']
    """
    names = list(data.data_vars)
    kinds = {data[name].dtype for name in names}
    if len(kinds) != 1:
        raise ValueError(f"{path}: bands must share one dtype, found {sorted(map(str, kinds))}")
    first = data[names[0]]
    integer = np.issubdtype(first.dtype, np.integer)
    profile = {
        "count": len(names),
        "dtype": first.dtype.name if integer else "float32",
        "nodata": first.attrs.get("nodata", 0) if integer else np.nan,
        "predictor": 2 if integer else 1,
        "interleave": "band",
        "num_threads": "all_cpus",
    }
    with create_raster(path, first.odc.geobox, **profile) as sink:
        dataset = sink.dataset
        dataset.update_tags(**({"kind": "class"} if integer else {}), **(tags or {}))
        for index, name in enumerate(names, start=1):
            dataset.set_band_description(index, name)
            attrs = data[name].attrs
            dataset.update_tags(index, **{key: str(attrs[key]) for key in _STATED if key in attrs})
        _write_windows(data, sink)


def _write_windows(data: xr.Dataset, sink: RasterSink) -> None:
    """Write window after window, in one order, while the next ones are being computed."""
    windows = list(cut_windows(data.odc.geobox))
    places = [dict(zip(("y", "x"), window.toslices(), strict=True)) for window in windows]
    parts = compute_in_order(data.isel(place) for place in places)
    for part, window in zip(parts, windows, strict=True):
        for index, band in enumerate(part.data_vars.values(), start=1):
            sink.write(band.transpose("y", "x").values, index, window)


def cut_windows(grid: GeoBox) -> Iterator[Window]:
    """Cut a grid into windows of whole tiles, in the order of a file's tiles."""
    for rows in cut_axis(grid.height, BLOCK):
        for columns in cut_axis(grid.width, WIDTH):
            yield Window.from_slices(rows, columns)


def cut_strips(*layers: xr.DataArray) -> Iterator[list[np.ndarray]]:
    """Read layers of one grid a strip of rows at a time: an array ``(rows, x)`` of each."""
    for rows in cut_axis(layers[0].sizes["y"], BLOCK):
        yield [layer.isel(y=rows).to_numpy() for layer in layers]


def count_codes(codes: xr.DataArray) -> np.ndarray:
    """Count the cells of each code of a uint8 raster, shape ``(256,)``, a strip at a time."""
    return sum(np.bincount(strip.ravel(), minlength=256) for (strip,) in cut_strips(codes))


def wrap_like(
    values: np.ndarray, template: xr.DataArray, *, name: str, units: str, long_name: str
) -> xr.DataArray:
    """Put an array of shape ``(y, x)`` on the grid of `template`, with its own unit and name."""
    wrapped = template.copy(data=values)
    wrapped.encoding = {}
    wrapped.attrs = {"units": units, "long_name": long_name}
    return wrapped.rename(name)


@contextmanager
def unfinished_raster(path: str | Path, *, name: str | Path | None = None) -> Iterator[Path]:
    """Do what `unfinished` does for a GeoTIFF, which must also be whole when it is closed.

    Parameters
    ----------
    path
        The GeoTIFF to write.
    name
        How the error names it, if not by its path.

    Raises
    ------
    OSError
        If it is not.
    """
    with unfinished(path) as partial:
        yield partial
        check_whole(partial, name=name or path)


def _open_bands(path: str | Path, chunks: int | None, *, masked: bool) -> xr.DataArray:
    """Open all bands on their grid, without attributes; a raster of one chunk is read."""
    with open_dataset(path) as source:
        grid = GeoBox(source.shape, source.transform, source.crs and source.crs.to_wkt())
        whole = chunks is None or max(source.shape) <= chunks
        values = _read_bands(source, masked=masked) if whole else None
    if not whole:
        values = _open_lazily(path, chunks, masked=masked)
    coords = xr_coords(grid, always_yx=True)
    # without a name: else it takes the one that dask gives its task
    return xr.DataArray(values, dims=("band", "y", "x"), coords=coords).rename(None)


def _read_bands(source: rasterio.DatasetReader, *, masked: bool) -> np.ndarray:
    """Read all bands, in the types that rioxarray chooses."""
    values = source.read(masked=masked)
    if not masked:
        return values
    small = values.dtype.kind in "iu" and values.dtype.itemsize <= 2
    kind = np.float32 if small else np.result_type(values.dtype, np.float32)
    return values.astype(kind, copy=False).filled(np.nan)


def _open_lazily(path: str | Path, chunks: int, *, masked: bool) -> Any:
    import rioxarray  # with dask's arrays it takes half a second, and most rules read as a whole

    blocks = {"band": -1, "y": chunks, "x": chunks}
    with open_dataset(path) as source:
        driver = source.driver
    bands = rioxarray.open_rasterio(path, masked=masked, chunks=blocks, driver=driver)
    bands.close()
    return bands.data


def _find_band(path: str | Path, source: rasterio.DatasetReader, wanted: int | str | None) -> int:
    """Find the place of a band, from 0."""
    names = [str(name) for name in source.descriptions]
    if wanted is None and source.count == 1:
        return 0
    if isinstance(wanted, int) and 1 <= wanted <= source.count:
        return wanted - 1
    if names.count(str(wanted)) == 1 and wanted is not None:
        return names.index(wanted)
    listing = f" ({', '.join(names[:_NAMED])})" if any(source.descriptions) else ""
    asked = "state which one" if wanted is None else f"band {wanted} is not one of them; state it"
    raise ValueError(f"{path}: has {source.count} bands{listing}; {asked} by the key band")


def _check_layout(path: str | Path, source: rasterio.DatasetReader) -> None:
    # not by numpy's types: GDAL also has complex integers
    if source.dtypes[0].startswith("complex"):
        raise ValueError(f"{path}: holds complex numbers; extract what they measure")
    if source.crs:
        check_crs(path, source.crs)
    transform = source.transform
    values = np.array(transform[:6])
    # an origin so far away that a cell's width is lost next to it
    lost = transform.c + transform.a == transform.c or transform.f + transform.e == transform.f
    if not np.isfinite(values).all() or transform.is_degenerate or lost:
        raise ValueError(f"{path}: its cells have no size ({transform[:6]}); georeference it again")
    if transform.b or transform.d or transform.a < 0:
        raise ValueError(
            f"{path}: is rotated or mirrored ({transform[:6]}); turn it north up, such as with "
            "rio warp"
        )


def _stated(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: tags[key] for key in _STATED if key in tags}
