"""Where layers and inventories come from: files, addresses, STAC catalogues and known services.

Nothing enters the cache before it is whole, so a killed run leaves nothing that a later run could
take for whole; what is in the cache is verified by checksum before it is used. Of large rasters
only the window of the region is read. Every asset has a record of where it came from and when.
"""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "layers.areas": ["acquire_extent", "acquire_surveyed"],
        "fetch.downloads": ["fetch_asset", "fetch_layer"],
        "inventory.fetching": ["fetch_inventory"],
        "layer": ["Layer"],
        "recipes": ["RECIPES", "Recipe"],
        "layers.lines": ["acquire_lines"],
        "layers.rasters": ["acquire_dem", "acquire_layer"],
        "fetch.policy": ["PassingError", "PolicyError"],
        "fetch.store": ["Acquired", "Store", "gather_ledger", "open_store", "write_record"],
        "fetch.transfers": ["ChecksumError"],
        "inventory.reading": ["read_inventory", "gather_inventory"],
        "inventory.cleaning": ["clean_inventory"],
        "inventory.storage": ["load_inventory", "write_inventory"],
        "virtual.regions": ["generate_region"],
    },
)
