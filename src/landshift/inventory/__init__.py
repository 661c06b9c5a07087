"""Inventories: mapped landslides read from what people have, cleaned, and kept in one form.

An inventory is a GeoDataFrame with the columns ``id`` (text), ``date`` (ISO text: year, or day;
missing where unknown) and ``geometry`` (points, patches of points, or polygons).
"""

from landshift.inventory.cleaning import clean_inventory
from landshift.inventory.elevations import ElevationComparison, compare_elevations
from landshift.inventory.extent import bound_landslides
from landshift.inventory.gathering import gather_inventory
from landshift.inventory.reading import COLUMN_KEYS, read_inventory
from landshift.inventory.sources import source_points
from landshift.inventory.storage import load_inventory, write_cleaning, write_inventory

__all__ = [
    "COLUMN_KEYS",
    "ElevationComparison",
    "bound_landslides",
    "clean_inventory",
    "compare_elevations",
    "gather_inventory",
    "load_inventory",
    "read_inventory",
    "source_points",
    "write_cleaning",
    "write_inventory",
]
