"""Read the window of a region out of a large raster, by range requests, once.

The window is kept in the cache as the service holds it, in its CRS and with its values; it is
warped later. The record is written last, so a window without one is not taken for whole. It holds
what was asked, the version of the source, and the checksum of the window.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds
from requests.utils import get_environ_proxies

from landshift.acquire.fetch import policy
from landshift.acquire.fetch.policy import AbsentError, PassingError, RefusedError, try_again
from landshift.acquire.fetch.store import (
    Record,
    Store,
    describe_file,
    key_of,
    read_record,
    write_json,
)
from landshift.acquire.fetch.transfers import Progress, megabytes, probe
from landshift.acquire.fetch.tunnel import open_tunnel
from landshift.geodata.boxes import unwrap_box
from landshift.geodata.crs import check_crs
from landshift.geodata.opening import open_dataset
from landshift.geodata.raster import create_raster
from landshift.runtime.addresses import is_address, public_address
from landshift.runtime.blocks import cut_axis
from landshift.runtime.files import hash_file
from landshift.runtime.gdal_drivers import NO_ADDRESS, SERVED_DRIVERS

MARGIN = 4
"""Cells around the window [1]: no resampling looks further over its edge."""
HEADER_BYTES = 32768
"""Bytes fetched to open a raster: the index of the largest tiles that are served fits."""
ROWS = 2048
"""Rows read between two progress lines [cells]."""

_log = logging.getLogger("landshift.acquire")


@dataclass(frozen=True)
class Asset:
    """A window in the cache: its file, and its record."""

    path: Path
    record: Record


def fetch_window(
    url: str,
    grid: GeoBox,
    store: Store,
    *,
    named_by: str | None = None,
    renew: Callable[[], str] | None = None,
) -> Asset | None:
    """Fetch the window of a remote raster that covers a region, or find it in the cache.

    Parameters
    ----------
    url
        Public address of a raster, best a cloud-optimised GeoTIFF; perhaps signed.
    grid
        Grid of the region, in any CRS.
    store
        Where to look and to keep it.
    named_by
        Address of the catalogue that named this one; None if the study itself does.
    renew
        Gives the address with a fresh signature when the one in `url` is refused.

    Returns
    -------
    Asset or None
        None if the raster does not reach the region.

    Raises
    ------
    OSError
        If the raster cannot be had: `AbsentError` if the service has none.
    """
    address = public_address(url)
    asked = [address, str(grid.crs), list(grid.affine)[:6], list(grid.shape)]
    path = store.folder / "windows" / f"{key_of(*asked)}.tif"
    kept = path.with_suffix(".json")
    if record := _find_kept(path, kept, asked):
        return Asset(path, record)
    try:
        record = try_again(_read_once, url, grid, path, store, named_by)
    except RefusedError:
        if renew is None:
            raise
        _log.info("the signature of %s is refused, asking for a new one", address)
        record = try_again(_read_once, renew(), grid, path, store, named_by)
    if record is None:
        return None
    write_json({"asked": asked, "record": record}, kept)
    return Asset(path, record)


def _find_kept(path: Path, kept: Path, asked: list) -> Record | None:
    """Find the record of a window that answers what is asked, of a known version of its source."""
    found = read_record(kept) or {}
    record = found.get("record")
    if not isinstance(record, dict):
        return None
    version = {"etag", "modified", "size"} & set(record)
    if found.get("asked") != asked or not version or not path.is_file():
        return None
    return record if hash_file(path) == record.get("sha256") else None


def _read_once(
    url: str, grid: GeoBox, path: Path, store: Store, named_by: str | None
) -> Record | None:
    address, place = public_address(url), store.locate(url)
    if is_address(place):
        found = probe(store.web, place, address, named_by=None if store.serves else named_by)
        place, record = found.url, found.record
    elif Path(place).is_file():
        record = describe_file(Path(place), address)
    else:
        raise AbsentError(f"the mirror has no {place}; add {address} to it")
    with _polite_gdal(place, store), _open_remote(place, address) as source:
        check_crs(address, source.crs or CRS.from_epsg(4326))
        found = _find_window(source, grid)
        if found is None:
            return None
        _copy_window(source, *found, path, address)
    return record | {"sha256": hash_file(path)}


@contextmanager
def _polite_gdal(place: str, store: Store):
    settings = {
        # nothing but this raster, whatever its content names
        "CPL_VSIL_CURL_ALLOWED_FILENAME": f"/vsicurl/{place}" if is_address(place) else NO_ADDRESS,
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_HTTP_MAX_RETRY": 5,
        "GDAL_HTTP_RETRY_CODES": "ALL",
        "GDAL_HTTP_RETRY_DELAY": policy.FIRST_WAIT_S,
        "GDAL_HTTP_CONNECTTIMEOUT": policy.TIMEOUT_S[0],
        "GDAL_HTTP_LOW_SPEED_LIMIT": 1000,
        "GDAL_HTTP_LOW_SPEED_TIME": round(policy.STALLED_S),
        "CPL_VSIL_CURL_AUTHORIZATION_HEADER_ALLOWED_IF_REDIRECT": "NO",
        "GDAL_HTTP_USERAGENT": policy.HEADERS["User-Agent"],
        "GDAL_NUM_THREADS": "ALL_CPUS",
        "GDAL_INGESTED_BYTES_AT_OPEN": HEADER_BYTES,
        # Bytes of a broken transfer must not serve the next attempt.
        "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/",
    }
    # GDAL reads the environment once, and by other names than `requests`
    stated = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if stated:
        settings["GDAL_CURL_CA_BUNDLE"] = stated
    with _one_server(place, store) as proxy, rasterio.Env(**settings, **proxy):
        yield


@contextmanager
def _one_server(place: str, store: Store) -> Iterator[dict[str, str]]:
    """Let GDAL reach the server alone to which our own request was led by the policy.

    A proxy that the user names is asked as it is.
    """
    stated = "GDAL_HTTP_PROXY" in os.environ or get_environ_proxies(place)
    if stated or not is_address(place):
        yield {}
        return
    # libcurl, with which GDAL asks, passes by any proxy for the hosts that these name
    passing = {key: os.environ.pop(key) for key in ("no_proxy", "NO_PROXY") if key in os.environ}
    try:
        with open_tunnel(store.web, place) as tunnel:
            yield {"GDAL_HTTP_PROXY": tunnel}
    finally:
        os.environ.update(passing)


def _open_remote(place: str, address: str) -> rasterio.DatasetReader:
    with _passing(address):
        return open_dataset(place, drivers=SERVED_DRIVERS)


@contextmanager
def _passing(address: str):
    """Turn what GDAL says of a broken transfer into an error that is tried again."""
    try:
        yield
    # The text of these errors holds the whole address, its signature included: cut the chain.
    except RasterioError as error:
        cause = str(error.__cause__ or error).replace("\n", " ")
        kind = cause.rpartition("/")[2][:120]
        raise PassingError(f"{address}: it cannot be read as a raster ({kind})") from None


def _find_window(source: rasterio.DatasetReader, grid: GeoBox) -> tuple[Window, float] | None:
    """Find the window of a region, and what to add to its longitudes [degree].

    Only of a raster around the whole Earth the window may reach over its edges, where it goes on
    at the other side. The longitudes of all windows of a region follow on each other, beyond 180
    degrees where it lies across the antimeridian.
    """
    crs = source.crs or CRS.from_epsg(4326)
    box, turn, around = transform_bounds(str(grid.crs), crs, *grid.boundingbox.bbox), 0, False
    if crs.is_geographic:
        west, south, east, north = unwrap_box(box)
        middle = (source.bounds.left + source.bounds.right) / 2
        turn = 360 * round((middle - (west + east) / 2) / 360)
        box = (west + turn, south, east + turn, north)
        around = abs(source.width * source.res[0] - 360) < source.res[0] / 2
    exact = from_bounds(*box, transform=source.transform)
    left, top = int(np.floor(exact.col_off)) - MARGIN, int(np.floor(exact.row_off)) - MARGIN
    right = int(np.ceil(exact.col_off + exact.width)) + MARGIN
    bottom = int(np.ceil(exact.row_off + exact.height)) + MARGIN
    top, bottom = max(top, 0), min(bottom, source.height)
    if not around:
        left, right = max(left, 0), min(right, source.width)
    if left >= right or top >= bottom:
        return None
    return Window(left, top, right - left, bottom - top), -turn


def _copy_window(
    source: rasterio.DatasetReader, window: Window, turn: float, path: Path, address: str
) -> None:
    size = int(window.width * window.height) * np.dtype(source.dtypes[0]).itemsize
    _log.info("reading %d x %d cells of %s", window.width, window.height, address)
    progress = Progress(f"{address} (unpacked)", size)
    crs = source.crs or CRS.from_epsg(4326)
    transform = Affine.translation(turn, 0) @ source.window_transform(window)
    grid = GeoBox((window.height, window.width), transform, crs.to_wkt())
    read = 0
    with create_raster(path, grid, dtype=source.dtypes[0], nodata=source.nodata, crs=crs) as sink:
        for rows in cut_axis(window.height, ROWS):
            height = rows.stop - rows.start
            part = Window(window.col_off, window.row_off + rows.start, window.width, height)
            with _passing(address):
                values = _read_around(source, part)
            sink.write(values, 1, Window(0, rows.start, window.width, height))
            read += values.nbytes
            progress.report(read)
    _log.info("read %s of %s", megabytes(size), address)


def _read_around(source: rasterio.DatasetReader, window: Window) -> np.ndarray:
    """Read a window, which may reach over the edges of a raster around the whole Earth."""
    parts = []
    column, left = window.col_off % source.width, window.width
    while left > 0:
        width = min(left, source.width - column)
        part = Window(column, window.row_off, width, window.height)
        parts.append(source.read(1, window=part))
        column, left = 0, left - width
    return np.hstack(parts) if len(parts) > 1 else parts[0]
