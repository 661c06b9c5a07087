"""What the configuration and the file state of a raster: no data, an offset, and its datum."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from landshift.acquire.layer import Layer
from landshift.geodata.crs import describe_crs, find_shift, names_datum, offer_codes
from landshift.geodata.raster import open_raster


def open_stated(path: str | Path, layer: Layer) -> xr.DataArray:
    """Open the band that a layer states, without what it states as no data."""
    values = open_raster(path, band=layer.band)
    if layer.nodata is None:
        return values
    absent = values == np.asarray(layer.nodata, values.dtype)
    return values.where(~absent).assign_attrs(values.attrs)


def add_offset(values: xr.DataArray, layer: Layer) -> xr.DataArray:
    """Add the offset of a layer, if it has one, to measurements."""
    if layer.offset is None:
        return values
    return (values + layer.offset).astype(np.float32).assign_attrs(values.attrs)


def measure_shift(
    values: xr.DataArray, grid: GeoBox, *, origin: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Find how well a raster is brought into the CRS of a region.

    Parameters
    ----------
    values
        On its own grid.
    grid
        Grid of the region.
    origin
        How the note names the file.

    Returns
    -------
    record : dict
        The datums and the stated accuracy [m] of the way between them; empty for one datum.
    notes : tuple of str
        What may be wrong: a datum that is not named, or a way that nobody knows.
    """
    own = values.odc.geobox
    box = tuple(own.boundingbox.bbox)
    shift = find_shift(own.crs, grid.crs, box, cell_m=grid.resolution.x)
    if shift:
        sentence = shift.describe()
        return shift.record(), () if sentence is None else (f"{origin}: {sentence}",)
    if names_datum(own.crs):
        return {}, ()
    if names_datum(grid.crs):
        taken = describe_crs(grid.crs)
        return {}, (f"{origin}: its CRS names no datum; that of {taken} is taken",)
    return {}, (
        f"{origin}: its CRS names no datum, so the region has none; state grid.crs"
        f"{offer_codes(own.crs, box)}",
    )
