"""The landslides of a target that judge its map: later ones, or those that gave no shot."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import xarray as xr

from landshift.inventory import load_inventory, source_points
from landshift.shots import split_landslides


def find_held_out(
    samples: pd.DataFrame,
    shots: pd.DataFrame,
    elevation: xr.DataArray,
    validation: str | Path | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Find the landslides that a model was fine-tuned on, and those that it has not seen.

    Later landslides count where they began, as the samples of a model do; without any it is the
    landslides that gave no shot.

    Parameters
    ----------
    samples, shots
        As for `landshift.shots.split_landslides`.
    elevation
        Elevation on the grid of the region [m], eager.
    validation
        Inventory of later landslides, from `landshift.inventory.write_inventory`, or None.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        Points of the landslides used, and of those held out.
    """
    used, others = split_landslides(samples, shots, crs=str(elevation.odc.crs))
    later = load_inventory(validation)[0] if validation else ()
    return used, source_points(later, elevation) if len(later) else others
