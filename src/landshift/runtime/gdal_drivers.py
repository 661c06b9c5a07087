"""Which of GDAL's drivers may open a file, and which addresses GDAL may read.

GDAL looks at the content of a file, not at its ending, to choose a driver. Some drivers then read
other files, or addresses, that the content names. So a raster that a stranger sent could publish
any file of whoever maps with it. Those drivers are switched off before GDAL starts.
"""

import logging
import os

# These follow paths, commands or SQL inside a file, or talk to a server.
FOLLOWING_DRIVERS = (
    "ADBC", "AmigoCloud", "Carto", "CSW", "DAAS", "DERIVED", "DIMAP", "ECRGTOC", "EEDA", "EEDAI",
    "Elasticsearch", "ERS", "ESRIC", "GDALG", "GMLAS", "GNMDatabase", "GNMFile", "GPSBabel", "GTI",
    "HTTP", "ILWIS", "INTERLIS 1", "INTERLIS 2", "ISIS2", "ISIS3", "LVBAG", "MAP", "MRF", "NGW",
    "NITF", "OAPIF", "OGCAPI", "OGR_PDS", "OGR_VRT", "OZI", "PAux", "PCIDSK", "PDS", "PDS4",
    "PLMOSAIC", "PLSCENES", "Rasterlite", "RPFTOC", "SAFE", "SENTINEL2", "SNODAS", "SQLite",
    "STACIT", "STACTA", "TIL", "VICAR", "WCS", "WFS", "WFS3", "WMS", "WMTS", "XODR",
)  # fmt: skip
"""Names of the drivers that are switched off."""

RASTER_DRIVERS = (
    "GTiff", "AAIGrid", "AIG", "BT", "DTED", "EHdr", "ENVI", "GRIB", "GS7BG", "GSAG", "GSBG", "GTX",
    "HFA", "ISCE", "JP2OpenJPEG", "JPEG", "netCDF", "PCRaster", "PNG", "RST", "SAGA", "SIGDEM",
    "SRTMHGT", "USGSDEM", "XYZ", "ZMap",
)  # fmt: skip
"""Drivers of rasters that hold their own cells: what a file may be that is no ``.vrt``."""

SERVED_DRIVERS = ("GTiff", "JP2OpenJPEG")
"""Drivers of rasters that public services serve."""

NO_ADDRESS = "none"
"""Value of ``CPL_VSIL_CURL_ALLOWED_FILENAME`` with which GDAL reads no address."""

_SETTINGS = {
    # a VRT may not read the bytes of any file as cells, nor run code
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": NO_ADDRESS,
}


def switch_off_drivers() -> None:
    """Switch off drivers that follow what a file names, in this process and those it starts.

    It acts on a GDAL that has not started yet, so ``import landshift`` calls it first of all.
    """
    stated = os.environ.get("GDAL_SKIP", "")
    # GDAL separates the names by commas where there is one, else by spaces
    own = stated.split(",") if "," in stated else stated.split()
    names = sorted({*FOLLOWING_DRIVERS, *(name.strip() for name in own)} - {""})
    os.environ["GDAL_SKIP"] = ",".join(names)
    os.environ.update(_SETTINGS)
    # GDAL warns of each name that is none of its drivers, and the copies of rasterio and pyogrio
    # differ in theirs; what goes wrong later, both say by exceptions
    os.environ.setdefault("CPL_LOG", os.devnull)
    logging.getLogger("rasterio._env").addFilter(_is_worth_telling)


def _is_worth_telling(record: logging.LogRecord) -> bool:
    return "to unload from GDAL_SKIP" not in record.getMessage()
