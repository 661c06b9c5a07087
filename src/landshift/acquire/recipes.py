"""Known services, read from the table ``recipes.toml``: what a layer is that names a recipe.

`docs/data.md`, the schema and the ledger take licences, citations and units from there.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

SENTINEL_BANDS = {"blue": "blue", "green": "green", "red": "red", "nir": "nir", "swir": "swir16"}
"""Asset of the Sentinel-2 collection by the layer's name: B02, B03, B04, B08 and B11."""

RAINFALL_YEARS = range(1991, 2021)
"""Years that the rainfall climatology is the mean of."""


@dataclass(frozen=True)
class Recipe:
    """One known service; the head of ``recipes.toml`` says what each attribute is."""

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
    fallback: str = ""
    fallback_resolution: str = ""
    member: str = ""
    classes: frozenset[str] = frozenset()
    sha256: str = ""
    version_of: str = ""
    protocol: str = ""
    part: str = ""
    where: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    uncertain: str = ""

    @property
    def product(self) -> str:
        """Name of its product, which all its versions share."""
        return self.version_of or self.name

    @property
    def legend(self) -> dict[int, str]:
        """Meaning of the codes; empty where there are none."""
        # imported here, so that what plans a study loads no arrays
        from landshift.factors.legends import LEGENDS

        return LEGENDS.get(self.name, {})

    @property
    def origin(self) -> dict[str, Any]:
        """What the ledger says of a layer of this service; the legend by code, as text."""
        legend = {str(code): name for code, name in self.legend.items()}
        stated = {"licence": self.licence, "citation": self.citation, "legend": legend}
        return {"recipe": self.name} | {key: value for key, value in stated.items() if value}


def _read_table() -> dict[str, Recipe]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Recipe(name, **stated | {"classes": frozenset(stated.get("classes", ()))})
        for name, stated in table.items()
    }


RECIPES = _read_table()
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


def list_tiles(recipe: Recipe, box: Sequence[float]) -> dict[str, str]:
    """List the addresses of the tiles that a box touches, from south to north and west to east.

    Parameters
    ----------
    recipe
        Service of tiles.
    box
        West, south, east, north [degree]; across the antimeridian west is more than east.

    Returns
    -------
    dict
        By the address of each tile that of the coarser one that stands in for it, if any.

    Examples
    --------
    >>> from landshift.acquire.recipes import find_recipe
    >>> [tile] = list_tiles(find_recipe("esa_worldcover"), (7.9, 0.1, 8.1, 0.2))
    >>> tile.rpartition("/")[2]
    'ESA_WorldCover_10m_2021_v200_N00E006_Map.tif'
    >>> len(list_tiles(find_recipe("copernicus_dem"), (7.9, -0.1, 8.1, 0.1)))
    4
    """
    corners = [_CORNERS[recipe.name](*each) for each in _list_corners(box, recipe.tile_degrees)]
    return {
        recipe.service.format(corner=corner): recipe.fallback.format(corner=corner)
        for corner in corners
    }


def list_rainfall(recipe: Recipe) -> list[str]:
    """List the addresses of the years, or of the months, of a rainfall climatology.

    Examples
    --------
    >>> from landshift.acquire.recipes import find_recipe
    >>> [len(list_rainfall(find_recipe(name))) for name in ("chirps_rainfall", "chirps3")]
    [30, 360]
    """
    months = range(1, 13) if "{month" in recipe.service else (0,)
    parts = product(RAINFALL_YEARS, months)
    return [recipe.service.format(year=year, month=month) for year, month in parts]


def _list_corners(box: Sequence[float], degrees: int) -> Iterator[tuple[int, int]]:
    west, south, east, north = (edge / degrees for edge in box)
    # beyond 180 degrees where the box lies across the antimeridian; the names of tiles are not
    east += 360 / degrees if west > east else 0
    for row in range(math.floor(south), math.ceil(north)):
        for column in range(math.floor(west), math.ceil(east)):
            yield row * degrees, column * degrees


def _name_elevation(south: int, west: int) -> str:
    return f"{_hemisphere(south, 'NS', 2)}_00_{_east(west)}_00"


def _name_land_cover(south: int, west: int) -> str:
    return f"{_hemisphere(south, 'NS', 2)}{_east(west)}"


def _east(west: int) -> str:
    return _hemisphere((west + 180) % 360 - 180, "EW", 3)


def _hemisphere(degrees: int, letters: str, digits: int) -> str:
    return f"{letters[degrees < 0]}{abs(degrees):0{digits}d}"


_CORNERS = {"copernicus_dem": _name_elevation, "esa_worldcover": _name_land_cover}
