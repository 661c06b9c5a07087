"""Make a file of what an address serves: a member of an archive, or an object of an R file."""

import bz2
import gzip
import lzma
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
from odc.geo.geobox import GeoBox
from rasterio import Affine
from rasterio.windows import Window

from landshift.acquire.fetch.archives import is_archive, unpack
from landshift.acquire.fetch.policy import MOST_BYTES, PolicyError
from landshift.geodata.raster import create_raster
from landshift.runtime.addresses import place_file
from landshift.runtime.files import unfinished

R_FILES = (".rda", ".rdata")
"""Endings of files of R that hold objects by name."""

_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_ANSWERS = {"TRUE": 1, "FALSE": 0}
# what rdata raises on files that are none, or are cut
_SPOILT = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
    RecursionError,
    MemoryError,
)


def convert(served: Path, part: str, folder: Path) -> Path:
    """Make a file of a part of what was served, without changing a value.

    Parameters
    ----------
    served
        A ZIP or RAR archive, of which a member is unpacked with the files of the same stem; or an
        R file, of which a data frame becomes a CSV table, with 1 and 0 for TRUE and FALSE, and a
        grid (a list of ``header`` and ``data``) a GeoTIFF of float32.
    part
        Name of the member or of the object.
    folder
        Where the file goes.

    Raises
    ------
    OSError
        If `served` is no such file, or has no such part.
    ValueError
        If that part is neither a data frame nor a grid.
    """
    if is_archive(served):
        return unpack(served, part, folder)
    if served.suffix.lower() not in R_FILES:
        raise ValueError(f"{served}: only .zip, .rar, .rda and .RData are converted")
    found = _read_objects(served)
    if part not in found:
        raise OSError(f"{served}: has no object {part!r}; it has {', '.join(map(str, found))}")
    value = found[part]
    if isinstance(value, pd.DataFrame):
        return _write_table(value, place_file(f"{part}.csv", folder, origin=str(served)))
    if isinstance(value, Mapping) and {"header", "data"} <= set(value):
        target = place_file(f"{part}.tif", folder, origin=str(served))
        try:
            return _write_grid(value, target)
        except (
            KeyError,
            IndexError,
            TypeError,
            AttributeError,
            pyproj.exceptions.CRSError,
        ) as error:
            raise ValueError(f"{served}: {part} is no grid that can be read ({error})") from None
    raise ValueError(f"{served}: {part} is neither a data frame nor a grid; convert it yourself")


def _read_objects(path: Path) -> Mapping[str, Any]:
    # it takes a while to import, and one region of one study needs it
    import rdata

    content = _unpack(path)
    try:
        with warnings.catch_warnings():
            # objects of classes that are not known come as their parts
            warnings.simplefilter("ignore")
            return rdata.conversion.convert(rdata.parser.parse_data(content))
    except _SPOILT as error:
        raise OSError(f"{path}: is no R file that can be read ({error})") from None


def _unpack(path: Path) -> bytes:
    limit = MOST_BYTES["document"]
    with path.open("rb") as stored:
        start = stored.read(6)
    opener = next((open_ for mark, open_ in _PACKED.items() if start.startswith(mark)), open)
    try:
        with opener(path, "rb") as stored:
            content = stored.read(limit + 1)
    except (EOFError, OSError, lzma.LZMAError) as error:
        raise OSError(f"{path}: cannot be unpacked ({error})") from None
    if len(content) > limit:
        raise PolicyError(f"{path}: becomes larger than {limit / 1e6:.0f} MB; convert it yourself")
    return content


def _write_table(table: pd.DataFrame, path: Path) -> Path:
    answers = {
        column: table[column].astype("str").map(_ANSWERS).astype("int64")
        for column in table
        if table[column].dtype != float and set(table[column].astype("str")) <= set(_ANSWERS)
    }
    with unfinished(path) as partial:
        table.assign(**answers).to_csv(partial, index=False)
    return path


def _write_grid(grid: Mapping[str, Any], path: Path) -> Path:
    header = {str(key): value for key, value in grid["header"].items()}
    west, south, size, nodata = (
        float(header[key][0]) for key in ("xllcorner", "yllcorner", "cellsize", "nodata_value")
    )
    values = np.asarray(grid["data"], np.float64)
    north = south + values.shape[0] * size
    transform = Affine(size, 0, west, 0, -size, north)
    stated = pyproj.CRS(str(header["proj4string"][0]))
    # a string of PROJ has lost its code, by which others know it
    code = stated.to_epsg(min_confidence=50)
    wkt = pyproj.CRS(code or stated).to_wkt()
    stored = np.where(np.isnan(values), nodata, values).astype(np.float32)
    cells = GeoBox(values.shape, transform, wkt)
    with create_raster(path, cells, dtype="float32", nodata=nodata, crs=wkt) as sink:
        sink.write(stored, 1, Window(0, 0, values.shape[1], values.shape[0]))
    return path
