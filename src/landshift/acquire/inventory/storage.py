"""An inventory inside the pipeline: a GeoPackage, and a table of what cleaning did."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from landshift.acquire.inventory.cleaning import REASONS
from landshift.acquire.inventory.comparisons import Comparison
from landshift.geodata.geopackage import write_geopackage
from landshift.geodata.plain_names import plain_name
from landshift.runtime.tables import write_csv

COLUMNS = ["id", "date", "geometry"]
"""What is kept of every landslide."""


def write_inventory(
    path: str | Path, landslides: gpd.GeoDataFrame, absences: gpd.GeoDataFrame | None = None
) -> None:
    """Write a GeoPackage with the layers ``landslides`` and, if given, ``absences``.

    Equal content gives equal bytes.

    Raises
    ------
    ValueError
        If there is no landslide.
    OSError
        If it cannot be written.
    """
    if landslides.empty:
        raise ValueError(f"{path}: the inventory holds no landslide")
    layers = {"landslides": landslides[COLUMNS]}
    if absences is not None and not absences.empty:
        layers["absences"] = absences[COLUMNS]
    write_geopackage(path, layers)


def load_inventory(path: str | Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Load what `write_inventory` wrote: landslides, and absences or None."""
    with plain_name(path) as place:
        layers = {str(name) for name, _ in pyogrio.list_layers(place)}
    if "landslides" not in layers:
        raise ValueError(f"{path}: no layer landslides, only {sorted(layers)}")
    landslides = _load_layer(path, "landslides")
    return landslides, _load_layer(path, "absences") if "absences" in layers else None


def _load_layer(path: str | Path, name: str) -> gpd.GeoDataFrame:
    with plain_name(path) as place:
        layer = pyogrio.read_dataframe(place, layer=name)
    # A column of missing dates only comes back without a type.
    return layer.astype({"id": "str", "date": "str"})


def write_cleaning(
    path: str | Path,
    counts: Mapping[str, int],
    comparisons: Iterable[Comparison] = (),
    warnings: Iterable[str] = (),
) -> None:
    """Write what was dropped from an inventory, and why, and what is doubtful, as a CSV table.

    Parameters
    ----------
    path
        The table; columns ``what``, ``value`` and ``meaning``.
    counts
        As from `clean_inventory`.
    comparisons
        As from `compare_elevations`, `measure_registration`, `measure_coverage` and `find_shift`;
        each adds its rows.
    warnings
        What the log warned of while the inventory was read and cleaned; a row each.
    """
    rows = [(key, count, REASONS[key]) for key, count in counts.items()]
    for comparison in comparisons:
        rows += comparison.tabulate()
    rows += [("warning", number, sentence) for number, sentence in enumerate(warnings, start=1)]
    table = pd.DataFrame(rows, columns=["what", "value", "meaning"], dtype=object)
    write_csv(table, path)
