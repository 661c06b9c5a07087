"""Open rasters that others made, so that they give their own cells and nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio.env import ensure_env
from rasterio.io import DatasetReader

from landshift.geodata.behind import list_members
from landshift.runtime.gdal_drivers import RASTER_DRIVERS

_HDF5 = b"\x89HDF\r\n\x1a\n"


def open_dataset(
    path: str | Path, *, drivers: Sequence[str] = RASTER_DRIVERS, **options
) -> DatasetReader:
    """Open a raster with a driver of its own kind.

    Parameters
    ----------
    path
        The raster. A VRT is one only by its ending ``.vrt``, and names only rasters below its
        own folder, the working folder or a folder of `landshift.geodata.behind.FOLDERS_VARIABLE`.
    drivers
        GDAL's drivers that may read a file that is no VRT.
    options
        Passed to the driver.

    Raises
    ------
    rasterio.errors.RasterioIOError
        If no such driver reads it.
    ValueError
        If it is a VRT that names something else than such rasters, or a file of HDF5.
    """
    if str(path).lower().endswith(".vrt"):
        check_vrt(path)
        drivers = ("VRT",)
    elif "netCDF" in drivers:
        _refuse_hdf5(path)
    return _open(str(path), list(drivers), options)


def count_cells(path: str | Path) -> int:
    """Count the cells of a raster; 0 if it cannot be read."""
    try:
        with open_dataset(path) as raster:
            return raster.width * raster.height
    except (rasterio.errors.RasterioIOError, ValueError):
        return 0


@ensure_env
def _open(path: str, drivers: list[str], options: dict) -> DatasetReader:
    return DatasetReader(path, driver=drivers, **options)


def check_vrt(path: str | Path) -> list[Path]:
    """Check that a VRT names only rasters, and only where the user's own data are.

    Parameters
    ----------
    path
        The VRT.

    Returns
    -------
    list of pathlib.Path
        The rasters that it names, and those of the VRTs among them.

    Raises
    ------
    FileNotFoundError
        If it does not exist, or a file that it names does not.
    ValueError
        If it is no VRT, or names what it may not.
    """
    members = list_members(path)
    for member in members:
        if member.suffix.lower() != ".vrt":
            with _explain_member(Path(path), member), open_dataset(member):
                pass
    return members


@contextmanager
def _explain_member(path: Path, member: Path) -> Iterator[None]:
    try:
        yield
    except rasterio.errors.RasterioIOError:
        raise ValueError(f"{path}: names {member}, which is no raster of its own cells") from None


def _refuse_hdf5(path: str | Path) -> None:
    """Refuse files of HDF5: their values may be the bytes of any other file."""
    if Path(path).is_file():
        with Path(path).open("rb") as stored:
            start = stored.read(len(_HDF5))
        if start == _HDF5:
            raise ValueError(
                f"{path}: is a file of NetCDF-4 or HDF5, which may point at other files; convert "
                "it to GeoTIFF, such as with rio convert"
            )
