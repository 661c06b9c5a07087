"""Small products under the names and in the layout of the public ones."""

import json
import re

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.shutil import copy as copy_raster
from rasterio.transform import from_origin
from rasterio.warp import reproject

from landshift.acquire.recipes import RECIPES, list_tiles
from landshift.geodata.grids import find_box

CELLS = 300
"""Cells along the edge of a one-degree tile: the public ones have 3600."""


def elevation(longitude, latitude):
    """A landscape that is one function of the place, so that seams would show."""
    waves = np.sin(longitude * 40) * np.cos(latitude * 50)
    return (800 + 300 * waves + 2000 * (longitude - 11)).astype(np.float32)


def write_cog(path, values, transform, *, crs="EPSG:4326", nodata=None, block=128):
    """Write a cloud-optimised GeoTIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, columns = values.shape
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "crs": crs}
    with rasterio.MemoryFile() as memory:
        with memory.open(dtype=values.dtype, transform=transform, nodata=nodata, **profile) as sink:
            sink.write(values, 1)
        with memory.open() as source:
            copy_raster(
                source, path, driver="COG", blocksize=block, compress="DEFLATE",
                overview_resampling=Resampling.nearest.name,
            )  # fmt: skip


def place(folder, address):
    """Say where a folder of services keeps an address."""
    return folder / address.partition("://")[2]


def tile_cells(west, south, degrees, cells):
    """Transform and coordinates of the cell centres of a tile whose cells are pixel-centred."""
    size = degrees / cells
    # As the public tiles: half a cell to the north-west of the whole degrees.
    left, top = west - size / 2, south + degrees + size / 2
    centres = (np.arange(cells) + 0.5) * size
    longitude, latitude = np.meshgrid(left + centres, top - centres)
    return from_origin(left, top, size, size), longitude, latitude


def cut_elevation(folder, box, dem):
    """Cut a real elevation model into tiles of Copernicus DEM, as large as the public ones."""
    for address in list_tiles(RECIPES["copernicus_dem"], box):
        south, west = (
            int(part[1:]) * (-1 if part[0] in "SW" else 1)
            for part in re.search(r"_([NS]\d+)_00_([EW]\d+)_00_", address).groups()
        )
        transform, _, _ = tile_cells(west, south, 1, 3600)
        tile = np.full((3600, 3600), np.nan, np.float32)
        with rasterio.open(dem) as source:
            reproject(
                rasterio.band(source, 1), tile, dst_transform=transform, dst_crs="EPSG:4326",
                dst_nodata=np.nan, resampling=Resampling.average,
            )  # fmt: skip
        write_cog(place(folder, address), tile, transform, block=1024)


def write_elevation(folder, box):
    """Write the tiles of Copernicus DEM that a box touches."""
    west, south = int(np.floor(box[0])), int(np.floor(box[1]))
    for row in range(south, int(np.ceil(box[3]))):
        for column in range(west, int(np.ceil(box[2]))):
            transform, longitude, latitude = tile_cells(column, row, 1, CELLS)
            middle = (column + 0.4, row + 0.4, column + 0.6, row + 0.6)
            (address,) = list_tiles(RECIPES["copernicus_dem"], middle)
            write_cog(place(folder, address), elevation(longitude, latitude), transform)


def write_coarse(folder, corner):
    """Write the tile of the coarser elevation model at a corner; returns the folder."""
    south, west = int(corner[1:3]), int(corner[-3:])
    transform, longitude, latitude = tile_cells(west, south, 1, CELLS // 3)
    address = RECIPES["copernicus_dem"].fallback.format(corner=f"{corner}_00")
    write_cog(place(folder, address), elevation(longitude, latitude), transform)
    return folder


def write_land_cover(folder, box):
    """Write the tile of ESA WorldCover that holds the middle of a box."""
    west, south = 3 * np.floor(box[0] / 3), 3 * np.floor(box[1] / 3)
    cells = 900
    transform = from_origin(west, south + 3, 3 / cells, 3 / cells)
    codes = np.random.default_rng(1).choice([10, 30, 50, 80], (cells, cells)).astype(np.uint8)
    for address in list_tiles(RECIPES["esa_worldcover"], box):
        write_cog(place(folder, address), codes, transform, nodata=0)


def write_images(folder, grid, days, *, collection="sentinel-2-l2a", level=1000, **properties):
    """Write a STAC catalogue of images of a region: root, collection, items and their assets.

    Image number `n` has reflectance ``level + 100 n`` in every band, and clouds on its own quarter.
    """
    root = place(folder, RECIPES["sentinel2"].service)
    items = root / f"collections/{collection}/items"
    items.mkdir(parents=True, exist_ok=True)
    west, south, east, north = find_box(grid)
    for number, day in enumerate(days):
        identity = f"S2A_32TPQ_{day.replace('-', '')}_{collection}"
        assets = {}
        for band in ("blue", "green", "red", "nir", "swir16", "scl"):
            values = np.full(grid.shape, level + 100 * number, np.uint16)
            if band == "scl":
                values = np.full(grid.shape, 4, np.uint8)
                rows, columns = (size // 2 for size in grid.shape)
                row, column = divmod(number, 2)
                values[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns] = 9
            path = folder / "sentinel-cogs.example.org" / identity / f"{band}.tif"
            write_cog(path, values, grid.transform, crs=str(grid.crs), nodata=0)
            assets[band] = {
                "href": f"https://sentinel-cogs.example.org/{identity}/{band}.tif",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": ["data"],
            }
        item = {
            "type": "Feature", "stac_version": "1.0.0", "id": identity,
            "collection": collection, "bbox": [west, south, east, north],
            "geometry": {"type": "Polygon", "coordinates": [[
                [west, south], [east, south], [east, north], [west, north], [west, south]]]},
            "properties": {"datetime": f"{day}T10:00:00Z", "eo:cloud_cover": 5 + number,
                           "grid:code": "MGRS-32TPQ", "earthsearch:boa_offset_applied": True,
                           **properties},
            "links": [{"rel": "self", "href": f"{RECIPES['sentinel2'].service}/collections/"
                       f"{collection}/items/{identity}.json"}],
            "assets": assets,
        }  # fmt: skip
        (items / f"{identity}.json").write_text(json.dumps(item))
    write_collection(root, [path.name for path in sorted(items.iterdir())])
    links = [{"rel": "child", "href": f"{RECIPES['sentinel2'].service}/collections/sentinel-2-l2a/"
              "collection.json"},
             {"rel": "search", "href": f"{RECIPES['sentinel2'].service}/search", "method": "POST",
              "type": "application/geo+json"}]  # fmt: skip
    catalog = {
        "type": "Catalog", "stac_version": "1.0.0", "id": "earth-search", "description": "images",
        "conformsTo": ["https://api.stacspec.org/v1.0.0/core",
                       "https://api.stacspec.org/v1.0.0/item-search",
                       "https://api.stacspec.org/v1.0.0/item-search#query"],
        "links": links,
    }  # fmt: skip
    (root / "catalog.json").write_text(json.dumps(catalog))


def write_collection(root, names):
    """Write the collection of a catalogue, with a link to each item."""
    service = RECIPES["sentinel2"].service
    items = f"{service}/collections/sentinel-2-l2a/items"
    collection = {
        "type": "Collection", "stac_version": "1.0.0", "id": "sentinel-2-l2a",
        "description": "images", "license": "proprietary",
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]},
                   "temporal": {"interval": [["2015-06-27T00:00:00Z", None]]}},
        "links": [{"rel": "item", "href": f"{items}/{name}"} for name in names],
    }  # fmt: skip
    path = root / "collections/sentinel-2-l2a/collection.json"
    path.write_text(json.dumps(collection))
