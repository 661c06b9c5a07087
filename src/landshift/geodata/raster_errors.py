"""Find out whether a GeoTIFF was written whole.

GDAL reports a full disk when it flushes a file while closing it, where rasterio raises nothing: the
file looks finished, and only reading the tiles that are not there fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError, RasterioIOError

from landshift.geodata.impostors import explain_impostor
from landshift.geodata.opening import open_dataset


@contextmanager
def explain_unreadable(path: str | Path) -> Iterator[None]:
    """Turn GDAL's and rasterio's errors on reading a raster into a sentence about the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no raster, or is cut or damaged.
    """
    try:
        yield
    # rasterio lets some of GDAL's own errors through when it reads blocks, and decodes any tag.
    except (RasterioError, CPLE_BaseError, UnicodeDecodeError) as error:
        raise _explain(Path(path), error) from error


def _explain(path: Path, error: Exception) -> OSError | ValueError:
    if not path.is_file():
        return FileNotFoundError(f"{path} does not exist; correct the path")
    if sentence := explain_impostor(path, "raster"):
        return ValueError(sentence)
    if isinstance(error, RasterioIOError) and "not recognized" in str(error):
        return ValueError(f"{path}: is no raster that GDAL reads; convert it to GeoTIFF")
    return ValueError(
        f"{path}: cannot be read to its end, so it is cut or damaged; fetch or copy it again"
    )


def check_whole(path: str | Path, *, name: str | Path | None = None) -> None:
    """Check that every tile that the directory of a GeoTIFF lists lies in the file.

    Overviews are checked as well. No tile is read.

    Parameters
    ----------
    path
        The file.
    name
        How the error names it, if not by its path.

    Raises
    ------
    OSError
        If one does not, or the directory cannot be read.
    """
    path = Path(path)
    size = path.stat().st_size
    try:
        with open_dataset(path) as source:
            whole = all(
                _lies_within(source, band, level, size)
                for level in (None, *range(len(source.overviews(1))))
                for band in source.indexes
            )
    except RasterioIOError:
        whole = False
    if not whole:
        raise _refuse(name or path)


@contextmanager
def explain_unwritten(name: str | Path):
    """Turn GDAL's errors on writing a raster into the sentence of `check_whole`.

    Raises
    ------
    OSError
        If GDAL cannot write: on a full disk it often fails before the file is closed.
    """
    try:
        yield
    except (RasterioError, CPLE_BaseError) as error:
        raise _refuse(name) from error


def _refuse(name: str | Path) -> OSError:
    return OSError(
        f"{name}: could not be written whole, most likely because the disk is full; "
        "free some space and run the same command again, what is finished is kept"
    )


def _lies_within(source: rasterio.DatasetReader, band: int, level: int | None, size: int) -> bool:
    # Not worked out from the factor of the overview, which is rounded.
    options = {} if level is None else {"overview_level": level}
    with open_dataset(source.name, **options) as reduced:
        blocks = [place for place, _ in reduced.block_windows(band)]
    for row, column in blocks:
        offset, length = (
            source.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=band, ovr=level)
            for what in ("OFFSET", "SIZE")
        )
        if offset is None or length is None or int(offset) + int(length) > size:
            return False
    return True
