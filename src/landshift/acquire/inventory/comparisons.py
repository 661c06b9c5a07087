"""What is said of an inventory after cleaning: how well it is placed, and what it covers."""

from collections.abc import Sequence

import geopandas as gpd
import xarray as xr

from landshift.acquire.inventory.coverage import Coverage, measure_coverage
from landshift.acquire.inventory.elevations import ElevationComparison, compare_elevations
from landshift.acquire.inventory.registration import Registration, measure_registration
from landshift.geodata.crs import Shift, find_shift

Comparison = ElevationComparison | Registration | Coverage | Shift
"""What tells how well positions are known, or how much of the region they span."""


def compare_inventory(
    read: gpd.GeoDataFrame,
    cleaned: gpd.GeoDataFrame,
    heights: xr.DataArray,
    *,
    origin: str,
    detail: xr.DataArray | None = None,
    surveyed: bool | None = None,
) -> list[Comparison]:
    """Compare an inventory with the terrain and with its region.

    Parameters
    ----------
    read, cleaned
        The landslides as they were read, and as from `clean_inventory`.
    heights
        Raster that spans the region.
    origin
        How sentences name the inventory.
    detail
        Elevation in its own detail; None where the region has none.
    surveyed
        Whether it is stated where landslides were looked for; None leaves their extent out, as for
        later landslides.
    """
    grid = heights.odc.geobox
    found = [
        find_shift(read.crs, grid.crs, read.total_bounds, cell_m=grid.resolution.x),
        compare_elevations(cleaned, heights, origin=origin),
        None if detail is None else measure_registration(cleaned, detail),
        None if surveyed is None else measure_coverage(cleaned, heights, surveyed=surveyed),
    ]
    return [each for each in found if each is not None]


def list_sentences(comparisons: Sequence[Comparison], *, origin: str) -> tuple[str, ...]:
    """List what stands out in comparisons, in words."""
    sentences = (each.describe() for each in comparisons)
    return tuple(f"{origin}: {sentence}" for sentence in sentences if sentence)
