"""The table of known services: what a layer is when the configuration names a recipe.

`docs/data.md`, the schema and the ledger take licences, citations and units from here.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from landshift.factors.legends import LEGENDS

SENTINEL_BANDS = {"blue": "blue", "green": "green", "red": "red", "nir": "nir", "swir": "swir16"}
"""Asset of the Sentinel-2 collection by the layer's name: B02, B03, B04, B08 and B11."""

RAINFALL_YEARS = range(1991, 2021)
"""Years that the rainfall climatology is the mean of."""

_HIGHWAYS = ("motorway", "trunk", "primary", "secondary")
_STREETS = ("tertiary", "unclassified", "residential", "living_street", "service", "track")
ROADS = frozenset(
    [*_HIGHWAYS, *(f"{way}_link" for way in _HIGHWAYS), *_STREETS]
    + [f"track_grade{grade}" for grade in range(1, 6)]
)
"""Classes of OpenStreetMap's ways that are cut into slopes; paths and steps are not."""

RIVERS = frozenset(("river", "stream", "canal"))
"""Classes of OpenStreetMap's waterways that undercut slopes; drains do not."""


@dataclass(frozen=True)
class Recipe:
    """One known service.

    Attributes
    ----------
    name : str
        What the configuration calls it.
    long_name : str
        What a reader of a map sees.
    kind : str
        ``continuous``, ``class``, ``lines`` or ``inventory``.
    service : str
        Public address; a template for services of tiles, years or extracts.
    licence, citation : str
        As the service states them.
    resolution : str
        Of the product, in its own unit.
    units : str
        Unit of the values; ``1`` for codes.
    nodata : str
        What the product holds where it has no value.
    resampling : str
        How it comes onto the grid of a region.
    tile_degrees : int
        Edge of a tile; 0 for what is not cut into tiles.
    member : str
        Name inside an archive.
    classes : frozenset of str
        Lines that count, by their class.
    sha256 : str
        Checksum of a file that never changes.
    """

    name: str
    long_name: str
    kind: str
    service: str
    licence: str
    citation: str
    resolution: str
    units: str
    nodata: str
    resampling: str
    tile_degrees: int = 0
    member: str = ""
    classes: frozenset[str] = frozenset()
    sha256: str = ""

    @property
    def legend(self) -> dict[int, str]:
        """Meaning of the codes; empty where there are none."""
        return LEGENDS.get(self.name, {})

    @property
    def origin(self) -> dict[str, Any]:
        """What the ledger says of a layer of this service; the legend by code, as text."""
        legend = {str(code): name for code, name in self.legend.items()}
        stated = {"recipe": self.name, "licence": self.licence, "citation": self.citation}
        return stated | ({"legend": legend} if legend else {})


_BY_SIZE = "average, cubic or bilinear, by the cell size of the region"
_DISTANCES = "distances to the lines"

_TABLE = (
    Recipe(
        name="copernicus_dem",
        long_name="elevation",
        kind="continuous",
        service="https://copernicus-dem-30m.s3.amazonaws.com/{name}/{name}.tif",
        licence="Copernicus DEM licence: free of charge, with the source stated",
        citation="European Space Agency (2021): Copernicus Global Digital Elevation Model GLO-30, "
        "doi:10.5270/ESA-c5d3d65. Produced using Copernicus WorldDEM-30 © DLR e.V. 2010-2014 and "
        "© Airbus Defence and Space GmbH 2014-2018, provided under COPERNICUS by the European "
        "Union and ESA; all rights reserved",
        resolution="1 arc second (30 m); coarser from west to east beyond 50 degrees of latitude",
        units="m",
        nodata="no tile over the open sea",
        resampling=_BY_SIZE,
        tile_degrees=1,
    ),
    Recipe(
        name="esa_worldcover",
        long_name="land cover",
        kind="class",
        service="https://esa-worldcover.s3.eu-central-1.amazonaws.com/v200/2021/map/{name}.tif",
        licence="CC-BY-4.0",
        citation="Zanaga et al. (2022): ESA WorldCover 10 m 2021 v200, doi:10.5281/zenodo.7254221",
        resolution="1/12000 degree (10 m)",
        units="1",
        nodata="0",
        resampling="mode when the cells become larger, else nearest",
        tile_degrees=3,
    ),
    Recipe(
        name="sentinel2",
        long_name="surface reflectance",
        kind="continuous",
        service="https://earth-search.aws.element84.com/v1",
        licence="Copernicus Sentinel data terms: free, full and open, with the source stated",
        citation="contains modified Copernicus Sentinel data, level 2A, processed by ESA",
        resolution="10 m (blue, green, red, nir), 20 m (swir)",
        units="1e-4",
        nodata="0; clouds, shadows and snow by the scene classification",
        resampling=_BY_SIZE + "; then the median of the clear dates",
    ),
    Recipe(
        name="chirps_rainfall",
        long_name="mean annual rainfall 1991-2020",
        kind="continuous",
        service="https://data.chc.ucsb.edu/products/CHIRPS-2.0/global_annual/tifs/"
        "chirps-v2.0.{year}.tif",
        licence="CC0",
        citation="Funk et al. (2015): The climate hazards infrared precipitation with stations, "
        "Scientific Data 2, 150066, doi:10.1038/sdata.2015.66",
        resolution="0.05 degree (5.5 km), 50 degrees south to 50 degrees north",
        units="mm/a",
        nodata="-9999",
        resampling=_BY_SIZE,
    ),
    Recipe(
        name="glim_lithology",
        long_name="lithology",
        kind="class",
        service="https://download.pangaea.de/dataset/788537/files/hartmann-moosdorf_2012.zip",
        licence="CC-BY-3.0",
        citation="Hartmann and Moosdorf (2012): Global Lithological Map Database v1.0 (gridded to "
        "0.5 degree), PANGAEA, doi:10.1594/PANGAEA.788537",
        resolution="0.5 degree (55 km): tells regions apart, not slopes",
        units="1",
        nodata="-9999",
        resampling="nearest",
        member="glim_wgs84_0point5deg.txt.asc",
        sha256="43b4ce3276b155d804db8ff9fb227d620b4c35015a4cf564eac4d06d2b69d88e",
    ),
    Recipe(
        name="osm_roads",
        long_name="roads",
        kind="lines",
        service="https://download.geofabrik.de/{extract}-latest-free.shp.zip",
        licence="ODbL-1.0",
        citation="© OpenStreetMap contributors, extract of Geofabrik GmbH",
        resolution="mapped lines",
        units="1",
        nodata="unmapped roads are missing",
        resampling=_DISTANCES,
        member="gis_osm_roads_free_1.shp",
        classes=ROADS,
    ),
    Recipe(
        name="osm_rivers",
        long_name="rivers",
        kind="lines",
        service="https://download.geofabrik.de/{extract}-latest-free.shp.zip",
        licence="ODbL-1.0",
        citation="© OpenStreetMap contributors, extract of Geofabrik GmbH",
        resolution="mapped lines",
        units="1",
        nodata="unmapped rivers are missing",
        resampling=_DISTANCES,
        member="gis_osm_waterways_free_1.shp",
        classes=RIVERS,
    ),
    Recipe(
        name="gem_faults",
        long_name="active faults",
        kind="lines",
        service="https://raw.githubusercontent.com/GEMScienceTools/gem-global-active-faults/"
        "56816508ad92fd6846dad1163b1c8c01376a2cd1/geojson/gem_active_faults_harmonized.geojson",
        licence="CC-BY-SA-4.0",
        citation="Styron and Pagani (2020): The GEM Global Active Faults Database, Earthquake "
        "Spectra 36, 160-180, doi:10.1177/8755293020944182",
        resolution="mapped lines, about 1:1,000,000",
        units="1",
        nodata="unmapped faults are missing",
        resampling=_DISTANCES,
    ),
    Recipe(
        name="nasa_landslides",
        long_name="reported landslides",
        kind="inventory",
        service="https://data.nasa.gov/docs/legacy/Global_Landslide_Catalog_Export/"
        "Global_Landslide_Catalog_Export_rows.csv",
        licence="public domain (NASA)",
        citation="Kirschbaum et al. (2015): Spatial and temporal analysis of a global landslide "
        "catalog, Geomorphology 249, 4-15, doi:10.1016/j.geomorph.2015.03.016",
        resolution="points, of which those located to 1 km or better count",
        units="1",
        nodata="landslides that no news reported are missing",
        resampling="none",
    ),
)

RECIPES = {recipe.name: recipe for recipe in _TABLE}
"""Every recipe by name."""


def find_recipe(name: str) -> Recipe:
    """Find a recipe by its name.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}; choose from {', '.join(RECIPES)}")
    return RECIPES[name]


def list_tiles(recipe: Recipe, box: Sequence[float]) -> list[str]:
    """List the addresses of the tiles that a box touches, from south to north and west to east.

    Parameters
    ----------
    recipe
        Service of tiles.
    box
        West, south, east, north [degree].

    Examples
    --------
    >>> from landshift.acquire.recipes import find_recipe
    >>> list_tiles(find_recipe("esa_worldcover"), (7.9, -0.1, 8.1, 0.1))[0].rpartition("/")[2]
    'ESA_WorldCover_10m_2021_v200_S03E006_Map.tif'
    >>> len(list_tiles(find_recipe("copernicus_dem"), (7.9, -0.1, 8.1, 0.1)))
    4
    """
    corners = _list_corners(box, recipe.tile_degrees)
    return [recipe.service.format(name=_NAMES[recipe.name](*corner)) for corner in corners]


def _list_corners(box: Sequence[float], degrees: int) -> Iterator[tuple[int, int]]:
    west, south, east, north = (edge / degrees for edge in box)
    for row in range(math.floor(south), math.ceil(north)):
        for column in range(math.floor(west), math.ceil(east)):
            yield row * degrees, column * degrees


def _name_elevation(south: int, west: int) -> str:
    return f"Copernicus_DSM_COG_10_{_hemisphere(south, 'NS', 2)}_00_{_east(west)}_00_DEM"


def _name_land_cover(south: int, west: int) -> str:
    return f"ESA_WorldCover_10m_2021_v200_{_hemisphere(south, 'NS', 2)}{_east(west)}_Map"


def _east(west: int) -> str:
    # A box across the date line goes beyond 180 degrees, the names do not.
    return _hemisphere((west + 180) % 360 - 180, "EW", 3)


def _hemisphere(degrees: int, letters: str, digits: int) -> str:
    return f"{letters[degrees < 0]}{abs(degrees):0{digits}d}"


_NAMES = {"copernicus_dem": _name_elevation, "esa_worldcover": _name_land_cover}
