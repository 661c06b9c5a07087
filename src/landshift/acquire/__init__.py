"""Where layers and inventories come from: files, addresses, STAC catalogues and known services.

Nothing enters the cache before it is whole, so a killed run leaves nothing that a later run could
take for whole; what is in the cache is verified by checksum before it is used. Of large rasters
only the window of the region is read. Every asset has a record of where it came from and when.
"""

from landshift.acquire.addresses import choose_mirror, redact
from landshift.acquire.areas import acquire_extent, acquire_surveyed
from landshift.acquire.downloads import fetch_asset, fetch_layer
from landshift.acquire.landslides import fetch_inventory
from landshift.acquire.lines import acquire_lines
from landshift.acquire.rasters import acquire_dem, acquire_layer
from landshift.acquire.recipes import RECIPES, Recipe
from landshift.acquire.records import Acquired, gather_ledger, write_record
from landshift.acquire.retrying import ChecksumError, PassingError

__all__ = [
    "RECIPES",
    "Acquired",
    "ChecksumError",
    "PassingError",
    "Recipe",
    "acquire_dem",
    "acquire_extent",
    "acquire_layer",
    "acquire_lines",
    "acquire_surveyed",
    "choose_mirror",
    "fetch_asset",
    "fetch_inventory",
    "fetch_layer",
    "gather_ledger",
    "redact",
    "write_record",
]
