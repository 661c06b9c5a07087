"""Names of the tiles that services cut the world into, by their south-west corner."""

import math
from collections.abc import Iterator, Sequence

from landshift.acquire.recipes import Recipe


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
