"""Vectors on disk: GeoPackages that hold the same bytes whenever they are written."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pyogrio

from landshift.geodata.plain_names import is_plain
from landshift.runtime.files import own_folder, unfinished

FIXED_DATE = "2000-01-01T00:00:00.000Z"
"""Time of change written into every GeoPackage, so that equal content gives equal bytes."""

COUNTERS = (24, 92)
"""Where the header of an SQLite file counts its changes, twice (https://sqlite.org/fileformat2.html):
how many transactions GDAL makes of one table depends on the time that they take."""


def write_geopackage(path: str | Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write tables as the layers of a GeoPackage; equal content gives equal bytes.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        with unfinished(path) as partial:
            _write_layers(partial, layers)
            _fix_counters(partial)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OSError(
            f"{path}: cannot be written, most likely because the disk is full; free some space and "
            "run the same command again, what is finished is kept"
        ) from error
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    if not is_plain(path):
        # through a link to the folder: one to the file would be replaced
        with own_folder() as folder:
            Path(folder, "link").symlink_to(path.parent.absolute())
            _write_layers(Path(folder, "link", "layers.gpkg"), layers)
        path.with_name("layers.gpkg").rename(path)
        return
    for index, (name, layer) in enumerate(layers.items()):
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=index > 0)


def _fix_counters(path: Path) -> None:
    with path.open("r+b") as stream:
        for offset in COUNTERS:
            stream.seek(offset)
            stream.write((1).to_bytes(4, "big"))
