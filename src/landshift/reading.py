"""What is wrong with a file that cannot be read, or that changes meanwhile, in one sentence."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError, RasterioIOError

_PAGE = (b"<!doctype", b"<html", b"<?xml")
_LFS = b"version https://git-lfs"


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
    with path.open("rb") as stored:
        start = stored.read(512).lstrip().lower()
    if not start:
        return ValueError(f"{path}: the file is empty; fetch or copy it again")
    if start.startswith(_PAGE):
        return ValueError(
            f"{path}: is a web page and no raster, as servers send where a file is gone or a login"
            " is needed; fetch the file itself"
        )
    if start.startswith(_LFS):
        return ValueError(f"{path}: is a pointer of Git LFS and no raster; run git lfs pull")
    if isinstance(error, RasterioIOError) and "not recognized" in str(error):
        return ValueError(f"{path}: is no raster that GDAL reads; convert it to GeoTIFF")
    return ValueError(
        f"{path}: cannot be read to its end, so it is cut or damaged; fetch or copy it again"
    )


@contextmanager
def refuse_changes(paths: Iterable[str | Path]) -> Iterator[None]:
    """Refuse files that are written to while they are read.

    What was read would be neither the old nor the new content, and since the results are newer
    than both, no later run would read again.

    Raises
    ------
    OSError
        If a file has another size or time at the end.
    """
    before = {path: _date(path) for path in paths}
    yield
    for path, state in before.items():
        if _date(path) != state:
            raise OSError(
                f"{path}: was changed while it was read; run the same command again when it is "
                "complete"
            )


def _date(path: str | Path) -> tuple[int, int]:
    state = Path(path).stat()
    return state.st_mtime_ns, state.st_size
